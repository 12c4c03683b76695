// The acceleration of a satellite: gravity, tides, Sun and Moon, relativity, air, light and thrust.
#include "llamaspace/forces.hpp"

#include "earth_radiation.hpp"
#include "force_partials.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/frames.hpp"
#include "occultation.hpp"
#include "ocean_tides.hpp"
#include "panels.hpp"
#include "solid_tides.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace llamaspace {
namespace {

constexpr double light_m_s = 299792458.0;              // CGPM 1983
constexpr double sun_mu_m3_s2 = 1.32712440041279419e20;  // DE440 (Park et al. 2021), TDB
constexpr double moon_mu_m3_s2 = 4.902800118e12;       // DE440 (Park et al. 2021)
constexpr double moon_radius_m = 1737400.0;            // IAU 2015 WG on cartographic coordinates
constexpr double highest_air_m = 2.5e6; // above, drag is below 1e-13 m/s2 for 1 m2/kg
constexpr double sunlight_w_m2 = 1361.0; // at 1 au; IAU 2015 Resolution B3
constexpr double sunlight_n_m2 = sunlight_w_m2 / light_m_s;
constexpr double earth_rate_rad_s = 7.292115146706979e-5; // IERS Conventions 2010, eq. 5.15
constexpr double earth_spin_m2_s = 9.8e8;              // angular momentum per mass; IERS Conventions 2010, section 10.3

// Acceleration by a third body relative to the Earth, without the loss of significance of the difference of two large
// attractions (Battin, An Introduction to the Mathematics and Methods of Astrodynamics, section 8.4).
Vec3 third_body(const Vec3& r, const Vec3& s, double mu, ForcePartials* out) {
    const Vec3 d = r - s;
    const double s2 = dot(s, s), q = dot(r, r - 2.0 * s) / s2, root = std::sqrt(1.0 + q);
    const double f = q * (3.0 + 3.0 * q + q * q) / (1.0 + (1.0 + q) * root);
    const double distance = norm(d), k = mu / (distance * distance * distance);
    if (out != nullptr) {
        partials::add_point_mass_gradient(out->by_position, d, mu);
    }
    return -k * (r + f * s);
}

// Schwarzschild and Lense-Thirring (IERS Conventions 2010, eq. 10.12); geodesic precession, millimetres a day, is left out.
Vec3 relativity(const Sky& sky, const Vec3& r, const Vec3& v, double mu) {
    constexpr double c2 = light_m_s * light_m_s;
    const double r1 = norm(r), r3 = r1 * r1 * r1;
    const Vec3 schwarzschild = (mu / (c2 * r3)) * ((4.0 * mu / r1 - dot(v, v)) * r + (4.0 * dot(r, v)) * v);
    const auto& m = sky.dcm_itrf_from_gcrf.m;
    const Vec3 spin = earth_spin_m2_s * Vec3{m[6], m[7], m[8]};
    const Vec3 dragging = (2.0 * mu / (c2 * r3)) * ((3.0 / (r1 * r1) * dot(r, spin)) * cross(r, v) + cross(v, spin));
    return schwarzschild + dragging;
}

Vec3 empirical(const EmpiricalAcceleration& e, const Vec3& r, const Vec3& v) {
    const Vec3 h = cross(r, v), node{-h.y, h.x, 0.0}, ahead = (1.0 / norm(h)) * cross(h, node);
    const double x = dot(r, node), y = dot(r, ahead), length = std::hypot(x, y);
    const double cosine = length > 0.0 ? x / length : 1.0, sine = length > 0.0 ? y / length : 0.0;
    return triad(Axes::rtn, r, v) * (e.constant + cosine * e.cosine + sine * e.sine);
}

} // namespace

Forces::Forces(ForceSettings settings, SpacecraftShape shape)
    : settings_(std::move(settings)), shape_(std::move(shape)),
      tides_(settings_.gravity ? settings_.gravity->mu_m3_s2() : 1.0,
             settings_.gravity ? settings_.gravity->radius_m() : 1.0, 4, 3, {}),
      ocean_(tides_.mu_m3_s2(), tides_.radius_m(), ocean_degree, ocean_degree, {}),
      j2_(1.0826e-3) { // only the part that a correction of position carries
    if (!settings_.gravity || !settings_.sky) {
        throw Error(ErrorCode::bad_value, "forces need a gravity model and a sky track");
    }
    if (settings_.drag == DragModel::nrlmsise00) {
        if (!settings_.weather) {
            throw Error(ErrorCode::bad_value, "NRLMSISE-00 needs space weather");
        }
        air_.emplace(settings_.weather, settings_.tai_minus_utc_s);
    }
}

const Sky& Forces::sky(double t) {
    if (!sky_known_ || sky_.t_tai_s != t) {
        sky_ = settings_.sky->at(t);
        sky_known_ = true;
    }
    return sky_;
}

Vec3 Forces::dominant_m_s2(double t, const Vec3& r) {
    const auto& m = sky(t).dcm_itrf_from_gcrf.m;
    const Vec3 pole{m[6], m[7], m[8]};
    const double r2 = dot(r, r), r1 = std::sqrt(r2), u = dot(r, pole) / r1;
    const double mu = settings_.gravity->mu_m3_s2(), radius = settings_.gravity->radius_m();
    const double k = 1.5 * j2_ * radius * radius / r2;
    return (-mu / (r2 * r1)) * ((1.0 + k * (1.0 - 5.0 * u * u)) * r + (2.0 * k * u * r1) * pole);
}

void Forces::update_tides(const Sky& sky) {
    if (tides_known_ && tides_t_ == sky.t_tai_s) {
        return;
    }
    tides_known_ = true;
    tides_t_ = sky.t_tai_s;
    const double mu = settings_.gravity->mu_m3_s2(), radius = settings_.gravity->radius_m();
    SolidTides tides;
    tides.add(sky.dcm_itrf_from_gcrf * sky.r_sun_gcrf_m, sun_mu_m3_s2 / mu, radius);
    tides.add(sky.dcm_itrf_from_gcrf * sky.r_moon_gcrf_m, moon_mu_m3_s2 / mu, radius);
    if (settings_.tide_system == TideSystem::zero_tide) {
        tides.remove_permanent();
    }
    tides.store(tides_);
}

void Forces::update_ocean(const Sky& sky) {
    if (ocean_known_ && ocean_t_ == sky.t_tai_s) {
        return;
    }
    ocean_known_ = true;
    ocean_t_ = sky.t_tai_s;
    // The first axis of ITRF turns by the Earth rotation angle from that of GCRF, but for the pole's motion.
    const auto& m = sky.dcm_itrf_from_gcrf.m;
    store_ocean_tides(*settings_.ocean, sky.t_tai_s, std::atan2(m[1], m[0]), ocean_);
}

void Forces::add_perturbation(const GravityModel& model, const Vec3& r_itrf, Vec3& a_itrf, Gradient* gradient) const {
    if (gradient != nullptr) {
        const FieldDerivatives field = model.perturbation_derivatives(r_itrf);
        a_itrf = a_itrf + field.acceleration_m_s2;
        *gradient = *gradient + field.gradient_s2;
    } else {
        a_itrf = a_itrf + model.perturbation_m_s2(r_itrf);
    }
}

Vec3 Forces::gravity_gcrf(const Sky& sky, const Vec3& r, Gradient* gradient) {
    const Vec3 r_itrf = sky.dcm_itrf_from_gcrf * r;
    Vec3 a_itrf;
    if (gradient != nullptr) {
        const FieldDerivatives field = settings_.gravity->derivatives(r_itrf);
        a_itrf = field.acceleration_m_s2;
        *gradient = field.gradient_s2;
    } else {
        a_itrf = settings_.gravity->acceleration_m_s2(r_itrf);
    }
    if (settings_.solid_tides) {
        update_tides(sky);
        add_perturbation(tides_, r_itrf, a_itrf, gradient);
    }
    if (settings_.ocean) {
        update_ocean(sky);
        add_perturbation(ocean_, r_itrf, a_itrf, gradient);
    }
    return transpose(sky.dcm_itrf_from_gcrf) * a_itrf;
}

bool Forces::blends_weather(double t) const {
    if (smoothing_.seconds <= 0.0) {
        return false;
    }
    // Half a blend at an end of the arc would not add up to the step that it stands for.
    constexpr double slot_s = 10800.0, noon_s = 43200.0; // J2000 is at noon
    const double offset = settings_.tai_minus_utc_s - noon_s, half = 0.5 * smoothing_.seconds;
    const double border = std::round((t - offset) / slot_s) * slot_s + offset;
    return border - half >= smoothing_.from_tai_s && border + half <= smoothing_.to_tai_s;
}

double Forces::density(const Sky& sky, const Vec3& r_gcrf) {
    GeodeticPlace place = geodetic_place(sky.dcm_itrf_from_gcrf * r_gcrf);
    if (place.height_m > highest_air_m) {
        return 0.0;
    }
    place.height_m = std::max(place.height_m, 0.0); // the stages of a step that is then refused may dip into the ground
    switch (settings_.drag) {
    case DragModel::exponential:
        return exponential_density_kg_m3(place.height_m);
    case DragModel::harris_priester:
        return harris_priester_density_kg_m3(place.height_m, r_gcrf, sky.r_sun_gcrf_m, settings_.harris_priester_exponent);
    case DragModel::nrlmsise00:
        return blends_weather(sky.t_tai_s)
                   ? air_->blended_density_kg_m3(sky.t_tai_s, place.latitude_rad, place.longitude_rad, place.height_m,
                                                 smoothing_.seconds)
                   : air_->density_kg_m3(sky.t_tai_s, place.latitude_rad, place.longitude_rad, place.height_m);
    case DragModel::none:
        break;
    }
    return 0.0;
}

Vec3 Forces::drag(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* out) {
    const auto& m = sky.dcm_itrf_from_gcrf.m;
    const Vec3 spin = earth_rate_rad_s * Vec3{m[6], m[7], m[8]};
    const Vec3 wind = v - cross(spin, r); // the air turns with the Earth
    const double speed = norm(wind), rho = density(sky, r);
    double area = shape_.drag_area_m2;
    if (!shape_.panels.empty()) {
        area = panels::across_m2(shape_.panels, triad(Axes::rtn, r, v), (1.0 / speed) * wind,
                                        unit(sky.r_sun_gcrf_m - r));
    }
    const double per_coefficient = 0.5 * area / mass, k = per_coefficient * shape_.drag_coefficient;
    if (out != nullptr) {
        const auto by_velocity = partials::diagonal_and_outer(-k * rho * speed, -k * rho / speed, wind);
        partials::add(out->by_velocity, by_velocity);
        partials::add(out->by_position, partials::times_cross(by_velocity, -1.0 * spin));
        // Change of density over 1 m: its scale height is tens of kilometres.
        const std::array<Vec3, 3> metre{{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}};
        for (std::size_t j = 0; j < 3; ++j) {
            const Vec3 column = (-k * speed * (density(sky, r + metre[j]) - rho)) * wind;
            partials::add_column(out->by_position, j, column);
        }
        out->by_drag_coefficient = (-per_coefficient * rho * speed) * wind;
    }
    return (-k * rho * speed) * wind;
}

Vec3 Forces::thrust(const Vec3& r, const Vec3& v, double mass, ForcePartials* out) const {
    const double a = burn_->thrust_n / mass;
    if (out != nullptr && burn_->axes != Axes::inertial) {
        partials::add_turning(out->by_position, out->by_velocity, burn_->axes, a * burn_->direction, r, v);
    }
    return triad(burn_->axes, r, v) * (a * burn_->direction);
}

bool Forces::has_shadow() const {
    return settings_.radiation && (shape_.radiation_area_m2 * shape_.radiation_coefficient > 0.0 || !shape_.panels.empty());
}

double Forces::shadow_depth(double t, const Vec3& r, bool umbra) { return shadow_depth_rad(r, sky(t).r_sun_gcrf_m, umbra); }

double Forces::light(double t, const Vec3& r) {
    const Sky& now = sky(t);
    double share = 1.0;
    const Vec3 sun = now.r_sun_gcrf_m;
    // Before the plane through the Earth's centre across the Sun there is no shadow.
    const double ahead = dot(r, sun);
    if (ahead < 0.0) {
        const double r2 = dot(r, r), across2 = r2 - ahead * ahead / dot(sun, sun);
        constexpr double reach_m = 1.0e-2; // the penumbra widens by less than this per metre behind the Earth
        const double edge = wgs84_radius_m + reach_m * std::sqrt(r2);
        share = across2 < edge * edge ? uncovered_share(sun - r, sun_radius_m, -1.0 * r, wgs84_radius_m) : 1.0;
    }
    if (settings_.moon_shadow && share > 0.0) {
        const Vec3 to_moon = now.r_moon_gcrf_m - r, to_sun = sun - r;
        const double facing = dot(to_moon, to_sun);
        // Within 0.02 rad of each other the discs can meet.
        if (facing > 0.0 && facing * facing > 0.9996 * dot(to_moon, to_moon) * dot(to_sun, to_sun)) {
            share *= uncovered_share(to_sun, sun_radius_m, to_moon, moon_radius_m);
        }
    }
    return share;
}

double Forces::smoothed_light(const Sky& sky, const Vec3& r, const Vec3& v) {
    // Far from the edge nothing changes within the time of the average.
    const double half_s = 0.5 * smoothing_.seconds, r1 = norm(r), reach_m = norm(v) * half_s + 1.0e-2 * r1;
    const double ahead = dot(r, unit(sky.r_sun_gcrf_m)), across = std::sqrt(std::max(0.0, r1 * r1 - ahead * ahead));
    if (ahead > reach_m || std::abs(across - wgs84_radius_m) > reach_m) {
        return light(sky.t_tai_s, r);
    }
    // A bell that is even in time keeps the impulse of the light and its first moment, so the orbit behind the edge is
    // the same, while the multistep formula meets a smooth force.
    constexpr int samples = 32;
    const Vec3 fall = (-0.5 * settings_.gravity->mu_m3_s2() / (r1 * r1 * r1)) * r;
    double sum = 0.0;
    for (int k = 0; k < samples; ++k) {
        const double x = (2.0 * k + 1.0) / samples - 1.0, dt = half_s * x; // from -1 to 1
        sum += (1.0 + std::cos(std::numbers::pi * x)) * light(sky.t_tai_s, r + dt * (v + dt * fall));
    }
    return sum / samples;
}

Vec3 Forces::radiation(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* out) {
    const double share = smoothing_.seconds > 0.0 ? smoothed_light(sky, r, v) : light(sky.t_tai_s, r);
    if (share <= 0.0) {
        return {};
    }
    const Vec3 from_sun = r - sky.r_sun_gcrf_m;
    const double d2 = dot(from_sun, from_sun), d = std::sqrt(d2);
    const double pressure = share * sunlight_n_m2 * (astronomical_unit_m * astronomical_unit_m) / d2;
    if (!shape_.panels.empty()) {
        return (pressure / mass) * panels::light_m2(shape_.panels, triad(Axes::rtn, r, v), (-1.0 / d) * from_sun, (-1.0 / d) * from_sun);
    }
    const Vec3 per_coefficient = (pressure * shape_.radiation_area_m2 / (mass * d)) * from_sun;
    if (out != nullptr) {
        out->by_radiation_coefficient = per_coefficient;
        // The push falls with the square of the distance, as an attraction of opposite sign does.
        const double mu = -shape_.radiation_coefficient * norm(per_coefficient) * d2;
        partials::add_point_mass_gradient(out->by_position, from_sun, mu);
    }
    return shape_.radiation_coefficient * per_coefficient;
}

Vec3 Forces::earth_radiation(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* out) {
    const auto& m = sky.dcm_itrf_from_gcrf.m;
    const double sun_w_m2 =
        sunlight_w_m2 * astronomical_unit_m * astronomical_unit_m / dot(sky.r_sun_gcrf_m, sky.r_sun_gcrf_m);
    const auto facets = earth_facets_seen(r, sky.r_sun_gcrf_m, {m[6], m[7], m[8]}, sun_w_m2, ZonalShares::of_season(sky.t_tai_s));
    Vec3 sum{};
    if (!shape_.panels.empty()) {
        const Triad rtn = triad(Axes::rtn, r, v);
        const Vec3 to_sun = unit(sky.r_sun_gcrf_m - r);
        for (const EarthFacet& facet : facets) {
            sum = sum + (facet.irradiance_w_m2 / light_m_s) * panels::light_m2(shape_.panels, rtn, facet.to_facet, to_sun);
        }
        return (1.0 / mass) * sum;
    }
    for (const EarthFacet& facet : facets) {
        sum = sum - facet.irradiance_w_m2 * facet.to_facet;
    }
    const Vec3 per_coefficient = (shape_.radiation_area_m2 / (mass * light_m_s)) * sum;
    if (out != nullptr) {
        out->by_radiation_coefficient = out->by_radiation_coefficient + per_coefficient;
    }
    return shape_.radiation_coefficient * per_coefficient;
}

Vec3 Forces::all(double t, const Vec3& r, const Vec3& v, double mass, ForcePartials* out) {
    ++evaluations_;
    const Sky& now = sky(t);
    Gradient gradient;
    Vec3 a = gravity_gcrf(now, r, out != nullptr ? &gradient : nullptr);
    if (out != nullptr) {
        *out = {};
        partials::add_rotated(out->by_position, gradient, now.dcm_itrf_from_gcrf);
    }
    if (settings_.sun) {
        a = a + third_body(r, now.r_sun_gcrf_m, sun_mu_m3_s2, out);
    }
    if (settings_.moon) {
        a = a + third_body(r, now.r_moon_gcrf_m, moon_mu_m3_s2, out);
    }
    if (settings_.relativity) {
        a = a + relativity(now, r, v, settings_.gravity->mu_m3_s2());
    }
    if (settings_.drag != DragModel::none) {
        a = a + drag(now, r, v, mass, out);
    }
    if (settings_.radiation) {
        a = a + radiation(now, r, v, mass, out);
    }
    if (settings_.earth_radiation) {
        a = a + earth_radiation(now, r, v, mass, out);
    }
    if (settings_.empirical) { // how it turns with the orbit is below 1e-8 of gravity's gradient
        a = a + empirical(*settings_.empirical, r, v);
    }
    if (burn_) {
        a = a + thrust(r, v, mass, out);
    }
    return a;
}

Vec3 Forces::acceleration_m_s2(double t, const Vec3& r, const Vec3& v, double mass) { return all(t, r, v, mass, nullptr); }

Vec3 Forces::acceleration_m_s2(double t, const Vec3& r, const Vec3& v, double mass, ForcePartials& out) {
    return all(t, r, v, mass, &out);
}

} // namespace llamaspace
