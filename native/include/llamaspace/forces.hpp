// The accelerations of an Earth satellite in GCRF, and their partial derivatives for the variational equations.
#pragma once

#include "llamaspace/atmosphere.hpp"
#include "llamaspace/gravity.hpp"
#include "llamaspace/spacecraft_axes.hpp"
#include "llamaspace/sky_track.hpp"
#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace llamaspace {

enum class DragModel : int { none = 0, exponential = 1, harris_priester = 2, nrlmsise00 = 3 };
enum class TideSystem : int { tide_free = 0, zero_tide = 1 };

// An acceleration of unknown cause in radial, transverse and normal axes, m/s2: constant, and once per revolution with
// the cosine and the sine of the argument of latitude (from the ascending node on the equator of GCRF).
struct EmpiricalAcceleration {
    Vec3 constant, cosine, sine;
};

// Waves of an ocean tide model up to degree and order 8, by the multipliers of Doodson's arguments; terms by wave.
inline constexpr int ocean_degree = 8;
struct OceanTideTerm {
    int wave, degree, order;
    double c_plus, s_plus, c_minus, s_minus; // of normalised coefficients
};
struct OceanTideTable {
    std::vector<std::array<double, 6>> waves;
    std::vector<OceanTideTerm> terms;
};

struct ForceSettings {
    std::shared_ptr<const GravityModel> gravity;
    std::shared_ptr<const SkyTrack> sky;
    bool sun{true}, moon{true};
    bool solid_tides{true};
    TideSystem tide_system{TideSystem::tide_free};
    bool radiation{true}, moon_shadow{true};
    bool earth_radiation{false}; // sunlight that the Earth scatters, and its own heat
    bool relativity{true};
    DragModel drag{DragModel::none};
    double harris_priester_exponent{4.0};
    std::shared_ptr<const SpaceWeather> weather; // for NRLMSISE-00
    double tai_minus_utc_s{0.0};
    std::optional<EmpiricalAcceleration> empirical{};
    std::shared_ptr<const OceanTideTable> ocean{}; // null: no ocean tides
};

// A flat face of the spacecraft. Its normal is fixed in RTN axes, or, for arrays that track the Sun, turns about them.
struct Panel {
    Vec3 normal_rtn;
    double area_m2;
    double diffuse, specular; // shares of the light that are scattered and mirrored; the rest is absorbed
    bool tracks_sun;          // the normal then points at the Sun, and both sides count
};

struct SpacecraftShape {
    double drag_area_m2{}, drag_coefficient{};
    double radiation_area_m2{}, radiation_coefficient{};
    std::vector<Panel> panels; // where there are any they replace the two areas
};

// Thrust between two instants with a steady direction in its axes.
struct Burn {
    double start_tai_s, end_tai_s;
    double thrust_n, mass_flow_kg_s;
    Vec3 direction;
    Axes axes;
};

// Derivatives of the acceleration, row-major.
struct ForcePartials {
    std::array<double, 9> by_position{}, by_velocity{};
    Vec3 by_drag_coefficient, by_radiation_coefficient;
};

// Over what time, and within what arc, the steps of light and weather are smoothed.
struct Smoothing {
    double seconds{0.0};
    double from_tai_s{}, to_tai_s{}; // in order of time
};

// One propagation's forces: it keeps what repeats between calls, so each thread needs its own.
class Forces {
  public:
    // Throws Error(bad_value) where a model lacks the data that it needs.
    Forces(ForceSettings settings, SpacecraftShape shape);

    [[nodiscard]] Vec3 acceleration_m_s2(double t_tai_s, const Vec3& r_gcrf_m, const Vec3& v_gcrf_m_s, double mass_kg);
    [[nodiscard]] Vec3 acceleration_m_s2(double t_tai_s, const Vec3& r_gcrf_m, const Vec3& v_gcrf_m_s, double mass_kg,
                                         ForcePartials& partials);

    // The point mass and J2: nearly all of the gravity that a small change of position changes.
    [[nodiscard]] Vec3 dominant_m_s2(double t_tai_s, const Vec3& r_gcrf_m);

    // Burns act from the start of one integration arc to its end.
    void set_burn(const std::optional<Burn>& burn) { burn_ = burn; }
    [[nodiscard]] bool has_burn() const { return burn_.has_value(); }
    [[nodiscard]] double mass_flow_kg_s() const { return burn_ ? burn_->mass_flow_kg_s : 0.0; }

    // The edges of the shadow and the 3-hour steps of space weather are smoothed over this time: for a fixed step, which
    // cannot stop at them.
    void set_smoothing(const Smoothing& smoothing) { smoothing_ = smoothing; }

    [[nodiscard]] bool has_shadow() const;
    // Angles by which the satellite is inside the penumbra and the umbra of the Earth, rad.
    [[nodiscard]] double shadow_depth(double t_tai_s, const Vec3& r_gcrf_m, bool umbra);
    // Share of the Sun's disc that is seen past the Earth, and the Moon where it counts.
    [[nodiscard]] double light(double t_tai_s, const Vec3& r_gcrf_m);

    [[nodiscard]] const Sky& sky(double t_tai_s);
    [[nodiscard]] const ForceSettings& settings() const { return settings_; }
    [[nodiscard]] std::size_t evaluations() const { return evaluations_; }

  private:
    ForceSettings settings_;
    SpacecraftShape shape_;
    std::optional<Burn> burn_;
    Smoothing smoothing_;
    Sky sky_{};
    std::optional<Nrlmsise00InTime> air_;
    GravityModel tides_, ocean_;
    double tides_t_{0.0}, ocean_t_{0.0};
    bool sky_known_{false}, tides_known_{false}, ocean_known_{false};
    double j2_;
    std::size_t evaluations_{0};

    [[nodiscard]] Vec3 gravity_gcrf(const Sky& sky, const Vec3& r, Gradient* gradient_itrf);
    void update_tides(const Sky& sky);
    void update_ocean(const Sky& sky);
    void add_perturbation(const GravityModel& model, const Vec3& r_itrf, Vec3& a_itrf, Gradient* gradient) const;
    [[nodiscard]] bool blends_weather(double t_tai_s) const;
    [[nodiscard]] double density(const Sky& sky, const Vec3& r_gcrf);
    [[nodiscard]] Vec3 drag(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* partials);
    [[nodiscard]] Vec3 radiation(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* partials);
    [[nodiscard]] double smoothed_light(const Sky& sky, const Vec3& r, const Vec3& v);
    [[nodiscard]] Vec3 earth_radiation(const Sky& sky, const Vec3& r, const Vec3& v, double mass, ForcePartials* partials);
    [[nodiscard]] Vec3 thrust(const Vec3& r, const Vec3& v, double mass, ForcePartials* partials) const;
    [[nodiscard]] Vec3 all(double t, const Vec3& r, const Vec3& v, double mass, ForcePartials* partials);
};

// Height over the WGS 84 ellipsoid and geodetic latitude and longitude, to 1e-9 rad and 0.1 mm below 50,000 km.
struct GeodeticPlace {
    double latitude_rad, longitude_rad, height_m;
};
[[nodiscard]] GeodeticPlace geodetic_place(const Vec3& r_itrf_m);

} // namespace llamaspace
