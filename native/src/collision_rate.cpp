// Expected number of collisions along curved orbits.
#include "llamaspace/collision.hpp"

#include "equinoctial.hpp"
#include "llamaspace/error.hpp"
#include "quadrature.hpp"

#include <algorithm>
#include <limits>
#include <numbers>
#include <vector>

namespace llamaspace {
namespace {

constexpr double pi = std::numbers::pi;
constexpr int most_rounds = 40;         // of the search for the most likely collision at a time
constexpr double largest_change = 0.02; // of an element in one round, relative for the mean motion
constexpr double negligible = 1.0e-26;  // of the greatest density of coincidence
constexpr double tolerance = 3.0e-5;    // relative, of the integral over time
constexpr std::size_t most_panels = 300;

using Slopes = Matrix<6, 6>;

struct Body {
    EquinoctialOrbit orbit;
    Slopes covariance; // of the elements
};

Body body_of(const UncertainState& s, double mu) {
    const EquinoctialOrbit orbit(s.r_m, s.v_m_s, mu);
    Slopes inverse, given;
    given.m = s.covariance;
    if (!invert(orbit.slopes(orbit.elements(), 0.0), inverse)) {
        throw Error(ErrorCode::bad_value, "the state does not determine an orbit");
    }
    return {orbit, inverse * given * transposed(inverse)};
}

// The relative state at a time, as a normal distribution linearised about the most likely coincidence then.
struct Relative {
    Column<6> mean;
    Slopes covariance;
    Matrix<3, 3> inverse; // of the position's covariance
    double log_density;   // of coincidence
    double log_scale;     // the same without the distance
};

double determinant(const Matrix<3, 3>& a) {
    return a(0, 0) * (a(1, 1) * a(2, 2) - a(1, 2) * a(2, 1)) - a(0, 1) * (a(1, 0) * a(2, 2) - a(1, 2) * a(2, 0)) +
           a(0, 2) * (a(1, 0) * a(2, 1) - a(1, 1) * a(2, 0));
}

// Standard deviations, the least first, and their axes; by Jacobi's rotations.
struct PrincipalAxes {
    std::array<double, 3> sigma_m;
    std::array<Vec3, 3> axis;
};
PrincipalAxes principal_axes(Matrix<3, 3> a) {
    Matrix<3, 3> axes{{1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int sweep = 0; sweep < 30; ++sweep) {
        for (std::size_t p = 0; p < 2; ++p) {
            for (std::size_t q = p + 1; q < 3; ++q) {
                const double angle = 0.5 * std::atan2(2.0 * a(p, q), a(q, q) - a(p, p));
                Matrix<3, 3> turn{{1, 0, 0, 0, 1, 0, 0, 0, 1}};
                turn(p, p) = turn(q, q) = std::cos(angle);
                turn(p, q) = std::sin(angle);
                turn(q, p) = -std::sin(angle);
                a = transposed(turn) * a * turn;
                axes = axes * turn;
            }
        }
        const double off = std::abs(a(0, 1)) + std::abs(a(0, 2)) + std::abs(a(1, 2));
        if (off <= 1.0e-14 * (a(0, 0) + a(1, 1) + a(2, 2))) {
            break;
        }
    }
    std::array<std::size_t, 3> order{0, 1, 2};
    std::ranges::sort(order, {}, [&](std::size_t i) { return a(i, i); });
    PrincipalAxes out{};
    for (std::size_t k = 0; k < 3; ++k) {
        const std::size_t i = order[k];
        out.sigma_m[k] = std::sqrt(std::max(a(i, i), 0.0));
        out.axis[k] = {axes(0, i), axes(1, i), axes(2, i)};
    }
    return out;
}

class Encounter {
  public:
    Encounter(const UncertainState& own, const UncertainState& other, double radius_m, double mu)
        : bodies_{body_of(own, mu), body_of(other, mu)}, radius_m_(radius_m),
          half_s_(pi / std::max(bodies_[0].orbit.elements()[0], bodies_[1].orbit.elements()[0])) {}

    [[nodiscard]] double half_s() const { return half_s_; }
    [[nodiscard]] double log_density(double t_s) const { return relative(t_s).log_density; }

    // Rate at which the other enters the sphere about the own one, 1/s.
    [[nodiscard]] double rate(double t_s, double greatest_log) const {
        const Relative r = relative(t_s);
        const PrincipalAxes axes = principal_axes(block<3, 3>(r.covariance, 0, 0));
        // The nearest point of the sphere may lie so many standard deviations nearer than its centre.
        const double apart = std::sqrt(std::max(-2.0 * (r.log_density - r.log_scale), 0.0));
        const double nearest = std::max(apart - radius_m_ / axes.sigma_m[0], 0.0);
        const bool counts = r.log_scale - 0.5 * nearest * nearest > greatest_log + std::log(negligible);
        return counts ? through_sphere(r, axes) : 0.0;
    }

  private:
    // Moves the elements towards the likeliest that coincide; never by so much at once that ellipses break.
    void give_way(std::array<Equinoctial, 2>& at, const std::array<Slopes, 2>& spread, const Column<3>& pull) const {
        for (std::size_t b = 0; b < 2; ++b) {
            const Equinoctial& mean = bodies_[b].orbit.elements();
            Equinoctial change{};
            double share = 1.0;
            for (std::size_t i = 0; i < 6; ++i) {
                double step = 0.0;
                for (std::size_t j = 0; j < 3; ++j) {
                    step += spread[b](j, i) * pull[j];
                }
                change[i] = mean[i] + (b == 0 ? step : -step) - at[b][i];
                const double allowed = i == 0 ? largest_change * mean[0] : largest_change;
                share = std::min(share, allowed / std::max(std::abs(change[i]), 1.0e-300));
            }
            const auto eccentricity = [&](double k) {
                return std::hypot(at[b][1] + k * change[1], at[b][2] + k * change[2]);
            };
            while (share > 1.0e-6 && eccentricity(share) > std::max(0.95, eccentricity(0.0))) {
                share *= 0.5;
            }
            for (std::size_t i = 0; i < 6; ++i) {
                at[b][i] += share * change[i];
            }
        }
    }

    // Projection onto coincidence, repeated about its own result: both orbits give way by their shares of the error.
    [[nodiscard]] Relative relative(double t_s) const {
        std::array<Equinoctial, 2> at{bodies_[0].orbit.elements(), bodies_[1].orbit.elements()};
        Relative out{};
        double before = std::numeric_limits<double>::infinity();
        for (int round = 0; round < most_rounds; ++round) {
            std::array<Slopes, 2> spread;
            out.mean = {};
            out.covariance = {};
            for (std::size_t b = 0; b < 2; ++b) {
                const Body& body = bodies_[b];
                const Slopes slopes = body.orbit.slopes(at[b], t_s);
                Column<6> back{};
                for (std::size_t i = 0; i < 6; ++i) {
                    back[i] = body.orbit.elements()[i] - at[b][i];
                }
                const Column<6> state = body.orbit.state(at[b], t_s), moved = slopes * back;
                for (std::size_t i = 0; i < 6; ++i) {
                    out.mean[i] += (b == 1 ? 1.0 : -1.0) * (state[i] + moved[i]);
                }
                spread[b] = slopes * body.covariance;
                out.covariance = out.covariance + spread[b] * transposed(slopes);
            }
            const auto place = block<3, 3>(out.covariance, 0, 0);
            const double volume = determinant(place);
            if (!(volume > 0.0) || !invert(place, out.inverse)) {
                throw Error(ErrorCode::bad_value, "the errors of both positions together have no volume");
            }
            const Column<3> pull = out.inverse * Column<3>{out.mean[0], out.mean[1], out.mean[2]};
            const double distance = out.mean[0] * pull[0] + out.mean[1] * pull[1] + out.mean[2] * pull[2];
            if (!std::isfinite(distance)) {
                throw Error(ErrorCode::bad_value, "the errors are too wide for orbits: a collision is nowhere likely");
            }
            out.log_scale = -0.5 * std::log(volume) - 1.5 * std::log(2.0 * pi);
            out.log_density = out.log_scale - 0.5 * distance;
            if (std::abs(distance - before) <= 1.0e-7 * (1.0 + std::abs(distance))) {
                break;
            }
            before = distance;
            give_way(at, spread, pull);
        }
        return out;
    }

    // Flow of the distribution into the sphere: density on it times mean inward speed, given the place.
    [[nodiscard]] double through_sphere(const Relative& r, const PrincipalAxes& principal) const {
        const auto cross_part = block<3, 3>(r.covariance, 3, 0);
        const auto gain = cross_part * r.inverse;
        const auto shared = gain * transposed(cross_part);
        auto left = block<3, 3>(r.covariance, 3, 3);
        for (std::size_t i = 0; i < 9; ++i) {
            left.m[i] -= shared.m[i];
        }
        const Vec3 mean{r.mean[0], r.mean[1], r.mean[2]}, speed{r.mean[3], r.mean[4], r.mean[5]};
        const Column<3> back = gain * Column<3>{mean.x, mean.y, mean.z};
        const Vec3 typical{speed.x - back[0], speed.y - back[1], speed.z - back[2]};
        const auto place = block<3, 3>(r.covariance, 0, 0);
        double sum = 0.0;
        const auto add = [&](const Vec3& u, double weight) {
            const Column<3> apart{radius_m_ * u.x - mean.x, radius_m_ * u.y - mean.y, radius_m_ * u.z - mean.z};
            const Column<3> pull = r.inverse * apart, turn = gain * apart;
            const double distance = apart[0] * pull[0] + apart[1] * pull[1] + apart[2] * pull[2];
            const double inward = -(u.x * (speed.x + turn[0]) + u.y * (speed.y + turn[1]) + u.z * (speed.z + turn[2]));
            const Column<3> toward = left * Column<3>{u.x, u.y, u.z};
            const double variance = std::max(u.x * toward[0] + u.y * toward[1] + u.z * toward[2], 1.0e-24);
            const double spread = std::sqrt(variance), ratio = inward / spread;
            const double flow = spread * std::exp(-0.5 * ratio * ratio) / std::sqrt(2.0 * pi) +
                                0.5 * inward * std::erfc(-ratio / std::numbers::sqrt2);
            sum += weight * std::exp(-0.5 * distance) * flow;
        };
        if (radius_m_ < 0.7 * principal.sigma_m[0]) {
            over_hemispheres(typical, add);
        } else {
            over_ellipsoid(principal, mean, add);
        }
        const double norm_factor = std::sqrt(8.0 * pi * pi * pi * determinant(place));
        return radius_m_ * radius_m_ * sum / norm_factor;
    }

    // Directions with their solid angles where the errors are wider than the sphere: each hemisphere about the axis
    // of motion by Gauss's rule in height, for the flow has a kink between the two.
    template <typename Work> static void over_hemispheres(const Vec3& motion, Work work) {
        constexpr std::size_t heights = 10, around = 20;
        const QuadratureRule& rule = gauss_legendre(heights);
        const double size = norm(motion);
        const Vec3 axis = size > 0.0 ? (-1.0 / size) * motion : Vec3{0.0, 0.0, 1.0};
        const Vec3 other = std::abs(axis.x) < 0.6 ? Vec3{1.0, 0.0, 0.0} : Vec3{0.0, 1.0, 0.0};
        const Vec3 side = cross(axis, other), first = (1.0 / norm(side)) * side, second = cross(axis, first);
        for (const double hemisphere : {0.5, -0.5}) {
            for (std::size_t i = 0; i < heights; ++i) {
                const double height = hemisphere * (1.0 + rule.nodes[i]), ring = std::sqrt(1.0 - height * height);
                const double weight = 0.5 * rule.weights[i] * 2.0 * pi / static_cast<double>(around);
                for (std::size_t j = 0; j < around; ++j) {
                    const double angle = 2.0 * pi * (static_cast<double>(j) + 0.5) / static_cast<double>(around);
                    work(height * axis + (ring * std::cos(angle)) * first + (ring * std::sin(angle)) * second, weight);
                }
            }
        }
    }

    // Where an error is narrower than the sphere: only the part of it that the narrow errors reach, in latitude from
    // the narrowest axis' equator and in longitude about the widest axis, on both of its sides.
    template <typename Work> void over_ellipsoid(const PrincipalAxes& axes, const Vec3& mean, Work work) const {
        constexpr std::size_t order = 40;
        constexpr double sigmas = 8.0;
        const QuadratureRule& rule = gauss_legendre(order);
        const auto angle_of = [&](double sine) { return std::asin(std::clamp(sine, -1.0, 1.0)); };
        const double y = dot(axes.axis[0], mean), z = dot(axes.axis[1], mean);
        const double low = angle_of((y - sigmas * axes.sigma_m[0]) / radius_m_);
        const double high = angle_of((y + sigmas * axes.sigma_m[0]) / radius_m_);
        for (std::size_t i = 0; i < order; ++i) {
            const double latitude = 0.5 * (low + high) + 0.5 * (high - low) * rule.nodes[i];
            const double ring = std::cos(latitude), ring_m = radius_m_ * ring;
            const double from = angle_of((z - sigmas * axes.sigma_m[1]) / ring_m);
            const double to = angle_of((z + sigmas * axes.sigma_m[1]) / ring_m);
            const double weight = 0.25 * (high - low) * (to - from) * rule.weights[i] * ring;
            for (std::size_t j = 0; j < order && weight > 0.0; ++j) {
                const double longitude = 0.5 * (from + to) + 0.5 * (to - from) * rule.nodes[j];
                const Vec3 part = std::sin(latitude) * axes.axis[0] + (ring * std::sin(longitude)) * axes.axis[1];
                const Vec3 wide = (ring * std::cos(longitude)) * axes.axis[2];
                work(part + wide, weight * rule.weights[j]);
                work(part - wide, weight * rule.weights[j]);
            }
        }
    }

    std::array<Body, 2> bodies_;
    double radius_m_, half_s_;
};

struct Peak {
    double t_s, width_s, log_density;
};

// Zooms in on the most likely time of coincidence, from half a revolution about the epoch inward.
Peak peak_of(const Encounter& encounter) {
    constexpr std::size_t samples = 9;
    double centre = 0.0, step = 0.5 * encounter.half_s();
    Peak peak{0.0, step, encounter.log_density(0.0)};
    for (int round = 0; round < 60; ++round) {
        std::array<double, samples> t{}, value{};
        for (std::size_t i = 0; i < samples; ++i) {
            t[i] = std::clamp(centre + step * (0.25 * static_cast<double>(i) - 1.0), -encounter.half_s(),
                              encounter.half_s());
            value[i] = encounter.log_density(t[i]);
        }
        const auto k = static_cast<std::size_t>(std::ranges::max_element(value) - value.begin());
        centre = t[k];
        peak = {centre, 0.25 * step, value[k]};
        if (k > 0 && k + 1 < samples && t[k - 1] < t[k] && t[k] < t[k + 1]) {
            const double bend = (value[k - 1] - 2.0 * value[k] + value[k + 1]) / (t[k + 1] - t[k]) / (t[k + 1] - t[k]);
            if (bend < 0.0 && value[k] - std::min(value[k - 1], value[k + 1]) < 1.0) {
                peak.width_s = 1.0 / std::sqrt(-bend);
                return peak;
            }
        }
        step *= 0.5;
    }
    return peak;
}

// Edges of panels about the peak as fine as it, growing out to half a revolution.
std::vector<double> edges_of(const Peak& peak, double half_s) {
    std::vector<double> edges{std::clamp(peak.t_s, -half_s, half_s), half_s, -half_s};
    for (double width = 2.0 * peak.width_s, reach = width; reach < 4.0 * half_s; width *= 1.7, reach += width) {
        edges.push_back(std::min(peak.t_s + reach, half_s));
        edges.push_back(std::max(peak.t_s - reach, -half_s));
    }
    std::ranges::sort(edges);
    return edges;
}

} // namespace

CollisionRate expected_collisions(const UncertainState& own, const UncertainState& other, double radius_m, double mu) {
    if (!(radius_m > 0.0 && std::isfinite(radius_m))) {
        throw Error(ErrorCode::bad_value, "the hard-body radius must be above 0");
    }
    const Encounter encounter(own, other, radius_m, mu);
    const Peak peak = peak_of(encounter);
    auto integral = integrate_adaptively([&](double t_s) { return encounter.rate(t_s, peak.log_density); },
                                         edges_of(peak, encounter.half_s()), tolerance, most_panels);
    if (!integral.settled) {
        throw Error(ErrorCode::bad_value, "the rate of collisions over time is too rough to integrate");
    }
    const double total = integral.value;
    std::vector<IntegralPanel>& done = integral.panels;
    // The shortest run of time outside which less than a thousandth happens.
    std::ranges::sort(done, {}, &IntegralPanel::start);
    double cut = 0.0005 * total, from = done.front().start, to = done.back().end, sum = 0.0;
    for (const IntegralPanel& one : done) {
        from = sum <= cut ? one.start : from;
        sum += one.value;
        to = sum <= total - cut ? one.end : to;
    }
    return {total, peak.t_s, std::max(to - from, 0.0)};
}

} // namespace llamaspace
