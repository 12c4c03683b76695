// Lambert's problem by Izzo's method. Names follow the paper: x is the free parameter, lambda the geometry, T the
// time of flight in units of sqrt(s^3 / 2 mu), y the other parameter; equation numbers are the paper's.
#include "llamaspace/two_body.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace llamaspace {
namespace {

constexpr double pi = std::numbers::pi;
constexpr int most_iterations = 80; // three or four are typical; bisection near nearly coincident ends takes more
constexpr double series_within = 0.05; // of the parabola, where the closed form cancels
constexpr double step_tolerance = 5.0e-5; // the next step of a fourth-order method lies at rounding

struct Geometry {
    Vec3 u1, u2, normal; // unit vectors; the normal is that of the motion
    double r1_m, r2_m, chord_m, s_m;
    double lambda, chord_ratio; // chord over s, which is 1 - lambda^2 without cancellation
    double sine, cosine;        // of half the angle between the positions
    double T;            // dimensionless time of flight
    LambertCode code;
};

bool finite(const Vec3& v) { return std::isfinite(v.x + v.y + v.z); }

Geometry geometry_of(const LambertProblem& p, bool retrograde, double mu) {
    Geometry g{};
    g.code = LambertCode::bad_input;
    if (!(finite(p.r1_m) && finite(p.r2_m) && p.time_of_flight_s > 0.0 && std::isfinite(p.time_of_flight_s))) {
        return g;
    }
    g.r1_m = norm(p.r1_m);
    g.r2_m = norm(p.r2_m);
    if (!(g.r1_m > 0.0 && g.r2_m > 0.0)) {
        return g;
    }
    g.u1 = (1.0 / g.r1_m) * p.r1_m;
    g.u2 = (1.0 / g.r2_m) * p.r2_m;
    const Vec3 across = cross(g.u1, g.u2);
    const double across_norm = norm(across);
    if (across_norm < 1.0e-11) { // an angle that rounding of the positions decides
        g.code = LambertCode::plane_undefined;
        return g;
    }
    const double sense = dot(g.u1, g.u2);
    // Half angles from the full one; whichever is small comes from the cross product, which keeps its digits.
    const double greater = std::sqrt(0.5 * (1.0 + std::abs(sense))), lesser = 0.5 * across_norm / greater;
    g.sine = sense > 0.0 ? lesser : greater;
    g.cosine = sense > 0.0 ? greater : lesser;
    const double apart = g.r1_m - g.r2_m;
    g.chord_m = std::sqrt(apart * apart + 4.0 * g.r1_m * g.r2_m * g.sine * g.sine);
    g.s_m = 0.5 * (g.r1_m + g.r2_m + g.chord_m);
    const bool turned = (across.z < 0.0) != retrograde; // the short way round would go against the wanted sense
    g.normal = ((turned ? -1.0 : 1.0) / across_norm) * across;
    g.lambda = (turned ? -1.0 : 1.0) * std::sqrt(g.r1_m * g.r2_m) * g.cosine / g.s_m;
    g.chord_ratio = g.chord_m / g.s_m;
    g.T = std::sqrt(2.0 * mu / (g.s_m * g.s_m * g.s_m)) * p.time_of_flight_s;
    g.code = LambertCode::ok;
    return g;
}

// Gauss's hypergeometric function F(3, 1; 5/2; z) by its series, for small z.
double hypergeometric(double z) {
    double sum = 1.0, term = 1.0;
    for (int j = 0; j < 60 && std::abs(term) > 1.0e-17 * std::abs(sum); ++j) {
        term *= (3.0 + j) * (1.0 + j) / (2.5 + j) * z / (j + 1.0);
        sum += term;
    }
    return sum;
}

// The curve T(x) of a geometry.
struct Curve {
    double lambda, chord_ratio; // the latter is 1 - lambda^2
    int revolutions;

    [[nodiscard]] double y(double x) const { return std::sqrt(chord_ratio + lambda * lambda * x * x); }

    // Equations 18 and 20.
    [[nodiscard]] double time(double x, double y) const {
        const double e = 1.0 - x * x, lx = lambda * x;
        const double eta = lx > 0.0 ? chord_ratio / (y + lx) : y - lx;
        if (std::abs(x - 1.0) < series_within) {
            const double q = 4.0 / 3.0 * hypergeometric(0.5 * (1.0 - lambda - x * eta));
            const double whole = revolutions == 0 ? 0.0 : revolutions * pi / (e * std::sqrt(e));
            return 0.5 * (eta * eta * eta * q + 4.0 * lambda * eta) + whole;
        }
        const double root = std::sqrt(std::abs(e)), f = root * eta, g = x * y + lambda * e;
        const double angle = x < 1.0 ? std::atan2(f, g) + revolutions * pi : std::log(f + g);
        return (angle / root - x + lambda * y) / e;
    }

    struct Derivatives {
        double first, second, third; // equation 22
    };
    [[nodiscard]] Derivatives derivatives(double x, double y, double T) const {
        const double l2 = lambda * lambda, l3 = l2 * lambda, y2 = y * y, k = 1.0 / (1.0 - x * x), per_y = 1.0 / y;
        const double per_y3 = per_y * per_y * per_y;
        Derivatives d{};
        d.first = k * (3.0 * T * x - 2.0 + 2.0 * l3 * x * per_y);
        d.second = k * (3.0 * T + 5.0 * x * d.first + 2.0 * chord_ratio * l3 * per_y3);
        d.third = k * (7.0 * x * d.second + 8.0 * d.first - 6.0 * chord_ratio * l2 * l3 * x * per_y3 / y2);
        return d;
    }
};

// Householder's third-order method on T(x) = T, kept between bounds that its residuals narrow: T falls all the way
// from low to high, or rises. Not a number where it does not converge.
double solve(const Curve& curve, double T, double x, double low, double high, bool falls) {
    for (int i = 0; i < most_iterations; ++i) {
        const double y = curve.y(x), found = curve.time(x, y);
        const Curve::Derivatives d = curve.derivatives(x, y, found);
        const double delta = found - T, first2 = d.first * d.first;
        ((delta > 0.0) == falls ? low : high) = x;
        const double step = delta * (first2 - 0.5 * delta * d.second) /
                            (d.first * (first2 - delta * d.second) + d.third * delta * delta / 6.0);
        if (std::abs(step) <= step_tolerance * std::min(std::abs(x), 1.0 + x) || std::abs(step) <= 1.0e-15) {
            return std::clamp(x - step, low, high);
        }
        const double next = x - step;
        x = next > low && next < high ? next : std::isfinite(high) ? 0.5 * (low + high) : 2.0 * x + 1.0;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

// Equation 30.
double first_guess(const Curve& curve, double T) {
    const double lambda = curve.lambda, root = std::sqrt(curve.chord_ratio);
    const double t0 = std::atan2(root, lambda) + lambda * root;
    const double l2 = lambda * lambda, short_of_one = lambda > 0.0 ? curve.chord_ratio / (1.0 + lambda) : 1.0 - lambda;
    const double t1 = 2.0 / 3.0 * short_of_one * (1.0 + lambda + l2);
    if (T >= t0) {
        return std::cbrt((t0 / T) * (t0 / T)) - 1.0;
    }
    if (T <= t1) {
        const double up_to_five = short_of_one * (1.0 + lambda + l2 + l2 * lambda + l2 * l2);
        return 2.5 * t1 * (t1 - T) / (T * up_to_five) + 1.0;
    }
    return std::exp2(std::log(T / t0) / std::log(t1 / t0)) - 1.0;
}

// Equation 31.
double first_guess(double T, int revolutions, LambertBranch branch) {
    const double whole = revolutions * pi;
    const double ratio = branch == LambertBranch::left ? (whole + pi) / (8.0 * T) : 8.0 * T / whole;
    const double k = std::cbrt(ratio * ratio);
    return (k - 1.0) / (k + 1.0);
}

// Least time for so many revolutions and where it lies, by Halley's method on T'(x) = 0.
struct Least {
    double x, T;
};
Least least_time(const Curve& curve) {
    double x = 0.0;
    for (int i = 0; i < most_iterations; ++i) {
        const double y = curve.y(x);
        const Curve::Derivatives d = curve.derivatives(x, y, curve.time(x, y));
        const double step = 2.0 * d.first * d.second / (2.0 * d.second * d.second - d.first * d.third);
        x = std::clamp(x - step, 0.5 * (x - 1.0), 0.5 * (x + 1.0));
        if (std::abs(step) < 1.0e-9) {
            break;
        }
    }
    return {x, curve.time(x, curve.y(x))};
}

double parameter_of(const Geometry& g, const LambertWay& way, LambertCode& code) {
    const Curve curve{g.lambda, g.chord_ratio, way.revolutions};
    if (way.revolutions == 0) {
        return solve(curve, g.T, first_guess(curve, g.T), -1.0, std::numeric_limits<double>::infinity(), true);
    }
    const Least least = least_time(curve);
    if (g.T < least.T) {
        code = LambertCode::no_transfer;
        return std::numeric_limits<double>::quiet_NaN();
    }
    const bool left = way.branch == LambertBranch::left;
    const double low = left ? -1.0 : least.x, high = left ? least.x : 1.0;
    double guess = first_guess(g.T, way.revolutions, way.branch);
    if (!(guess > low && guess < high)) { // beside a shallow least time: on the parabola that touches it there
        const double T2 = curve.derivatives(least.x, curve.y(least.x), least.T).second;
        const double beside = std::sqrt(2.0 * (g.T - least.T) / T2);
        guess = std::clamp(left ? least.x - beside : least.x + beside, 0.5 * (low + least.x), 0.5 * (high + least.x));
    }
    return solve(curve, g.T, guess, low, high, left);
}

} // namespace

LambertTransfer solve_lambert(const LambertProblem& problem, const LambertWay& way, double mu) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    LambertTransfer out{{nan, nan, nan}, {nan, nan, nan}, LambertCode::ok};
    const Geometry g = geometry_of(problem, way.retrograde, mu);
    out.code = g.code;
    if (g.code != LambertCode::ok) {
        return out;
    }
    const double x = parameter_of(g, way, out.code);
    if (std::isnan(x)) {
        out.code = out.code == LambertCode::ok ? LambertCode::not_converged : out.code;
        return out;
    }
    // Velocities, algorithm 1 of the paper.
    const double y = Curve{g.lambda, g.chord_ratio, 0}.y(x), gamma = std::sqrt(0.5 * mu * g.s_m), rho = (g.r1_m - g.r2_m) / g.chord_m;
    const double sigma = 2.0 * std::sqrt(g.r1_m * g.r2_m) * g.sine / g.chord_m;
    const double minus = g.lambda * y - x, plus = rho * (g.lambda * y + x);
    const double transverse = gamma * sigma * (y + g.lambda * x);
    out.v1_m_s = (gamma * (minus - plus) / g.r1_m) * g.u1 + (transverse / g.r1_m) * cross(g.normal, g.u1);
    out.v2_m_s = (-gamma * (minus + plus) / g.r2_m) * g.u2 + (transverse / g.r2_m) * cross(g.normal, g.u2);
    return out;
}

int most_revolutions(const LambertProblem& problem, bool retrograde, double mu) {
    const Geometry g = geometry_of(problem, retrograde, mu);
    if (g.code != LambertCode::ok) {
        return -1;
    }
    const double whole = std::floor(g.T / pi);
    if (!(whole < 1.0e6)) {
        return -1;
    }
    const int most = static_cast<int>(whole);
    return most > 0 && g.T < least_time({g.lambda, g.chord_ratio, most}).T ? most - 1 : most;
}

} // namespace llamaspace
