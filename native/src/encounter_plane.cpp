// The probability that a normal distribution puts into a disk, by five methods that check each other.
#include "llamaspace/collision.hpp"

#include "llamaspace/error.hpp"
#include "quadrature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace llamaspace {
namespace {

constexpr double pi = std::numbers::pi;

// The plane turned into the principal axes of the errors; x along the wide one, both means not negative.
struct Principal {
    double x_m, y_m, wide_m, narrow_m, radius_m;
};

Principal principal_of(const EncounterPlane& plane) {
    const double mean = 0.5 * (plane.variance_x + plane.variance_y), half = 0.5 * (plane.variance_x - plane.variance_y);
    const double apart = std::hypot(half, plane.covariance);
    const double wide = mean + apart;
    // The product of the eigenvalues keeps the small one exact where the difference would cancel.
    const double narrow = (plane.variance_x * plane.variance_y - plane.covariance * plane.covariance) / wide;
    if (!(narrow > 0.0) || !std::isfinite(wide + plane.x_m + plane.y_m)) {
        throw Error(ErrorCode::bad_value, "the covariance in the encounter plane is not positive definite");
    }
    if (!(plane.radius_m > 0.0 && std::isfinite(plane.radius_m))) {
        throw Error(ErrorCode::bad_value, "the hard-body radius must be above 0");
    }
    const double angle = 0.5 * std::atan2(plane.covariance, half), c = std::cos(angle), s = std::sin(angle);
    return {std::abs(c * plane.x_m + s * plane.y_m), std::abs(c * plane.y_m - s * plane.x_m), std::sqrt(wide),
            std::sqrt(narrow), plane.radius_m};
}

// Probability of a standard normal between two bounds, exact far out in the tail.
double between(double low, double high) {
    return 0.5 * (std::erfc(low / std::numbers::sqrt2) - std::erfc(high / std::numbers::sqrt2));
}

// Angles between which the integrand is smooth: around its peak, and where the rim crosses the narrow error.
std::vector<double> cuts_of(const Principal& p) {
    std::vector<double> angles{0.0, pi};
    const auto cut = [&](double place_m) {
        if (std::abs(place_m) < p.radius_m) {
            angles.push_back(std::acos(-place_m / p.radius_m));
        }
    };
    for (const double k : {-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0}) {
        cut(p.x_m + k * p.wide_m);
    }
    for (const double k : {-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0}) {
        const double height_m = p.y_m + k * p.narrow_m;
        if (std::abs(height_m) < p.radius_m) {
            const double reach_m = std::sqrt(p.radius_m * p.radius_m - height_m * height_m);
            cut(reach_m);
            cut(-reach_m);
        }
    }
    // Where the disk does not reach the error, all comes from its nearest point, the sharper the farther out it is.
    const double away = std::max(1.0, (std::abs(p.y_m) - p.radius_m) / p.narrow_m);
    const double width = std::sqrt(2.0 * p.narrow_m / (p.radius_m * away));
    for (const double k : {1.0, 2.0, 4.0, 8.0}) {
        if (k * width < 0.5 * pi) {
            angles.push_back(0.5 * pi - k * width);
            angles.push_back(0.5 * pi + k * width);
        }
    }
    std::ranges::sort(angles);
    return angles;
}

double alfano(const Principal& p) {
    const QuadratureRule& rule = gauss_legendre(24);
    const std::vector<double> cuts = cuts_of(p);
    double total = 0.0;
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
        const double half = 0.5 * (cuts[k + 1] - cuts[k]), middle = 0.5 * (cuts[k + 1] + cuts[k]);
        for (std::size_t i = 0; half > 0.0 && i < rule.nodes.size(); ++i) {
            // x = -radius cos(angle): the half chord's square root at the rim becomes a smooth sine.
            const double angle = middle + half * rule.nodes[i], chord_m = p.radius_m * std::sin(angle);
            const double along = (-p.radius_m * std::cos(angle) - p.x_m) / p.wide_m;
            total += half * rule.weights[i] * chord_m * std::exp(-0.5 * along * along) *
                     between((p.y_m - chord_m) / p.narrow_m, (p.y_m + chord_m) / p.narrow_m);
        }
    }
    return total / (std::sqrt(2.0 * pi) * p.wide_m);
}

double foster(const Principal& p) {
    // Rings and spokes as many as the sharpest feature asks for.
    const double sharp = p.radius_m / p.narrow_m * (1.0 + p.y_m / (p.radius_m + p.y_m));
    const auto rings = static_cast<std::size_t>(std::clamp(24.0 + 6.0 * sharp, 24.0, 400.0));
    const std::size_t spokes = 4 * rings;
    const QuadratureRule& rule = gauss_legendre(rings);
    double total = 0.0;
    for (std::size_t i = 0; i < rings; ++i) {
        const double r = 0.5 * p.radius_m * (1.0 + rule.nodes[i]);
        double ring = 0.0;
        for (std::size_t j = 0; j < spokes; ++j) {
            const double angle = 2.0 * pi * (static_cast<double>(j) + 0.5) / static_cast<double>(spokes);
            const double x = (r * std::cos(angle) - p.x_m) / p.wide_m, y = (r * std::sin(angle) - p.y_m) / p.narrow_m;
            ring += std::exp(-0.5 * (x * x + y * y));
        }
        total += 0.5 * p.radius_m * rule.weights[i] * r * ring / static_cast<double>(spokes);
    }
    return total / (p.wide_m * p.narrow_m);
}

double chan(const Principal& p) {
    const double u = 0.5 * p.radius_m * p.radius_m / (p.wide_m * p.narrow_m);
    const double v = 0.5 * (p.x_m * p.x_m / (p.wide_m * p.wide_m) + p.y_m * p.y_m / (p.narrow_m * p.narrow_m));
    // Poisson weights of v times the chance that a Poisson number of mean u exceeds m.
    double total = 0.0;
    const double last = std::max(u, v) + 12.0 * std::sqrt(std::max(u, v)) + 60.0;
    for (double m = 0.0; m < last; m += 1.0) {
        const double power = v > 0.0 ? m * std::log(v) : (m > 0.0 ? -1.0e300 : 0.0);
        const double weight = std::exp(-v + power - std::lgamma(m + 1.0));
        double tail = 0.0, term = std::exp(-u + (m + 1.0) * std::log(u) - std::lgamma(m + 2.0));
        for (double k = m + 1.0; term > 1.0e-18 * tail && k < last + 400.0; k += 1.0) {
            tail += term;
            term *= u / (k + 1.0);
        }
        total += weight * tail;
    }
    return total;
}

double patera(const Principal& p) {
    // The trapezoidal rule on a periodic function: exponentially convergent once the sharpest feature is resolved.
    const double sharp = (p.radius_m + std::hypot(p.x_m, p.y_m)) / p.narrow_m;
    const auto points = static_cast<std::size_t>(std::clamp(200.0 + 40.0 * sharp, 200.0, 40000.0));
    std::vector<double> swept(points), r2(points);
    for (std::size_t i = 0; i < points; ++i) {
        const double angle = 2.0 * pi * (static_cast<double>(i) + 0.5) / static_cast<double>(points);
        const double c = std::cos(angle), s = std::sin(angle);
        const double x = (p.x_m + p.radius_m * c) / p.wide_m, y = (p.y_m + p.radius_m * s) / p.narrow_m;
        swept[i] = p.radius_m * (x * c / p.narrow_m + y * s / p.wide_m);
        r2[i] = x * x + y * y;
    }
    // A closed path that leaves out the centre sweeps nothing: there the exponential alone keeps its digits far out. Near
    // the centre its quotient is as good as singular, and that of the whole is smooth.
    const bool far_out = std::hypot(p.x_m, p.y_m) > p.radius_m && std::ranges::min(r2) > 1.0;
    double total = 0.0;
    for (std::size_t i = 0; i < points; ++i) {
        const double part = far_out ? -std::exp(-0.5 * r2[i]) : -std::expm1(-0.5 * r2[i]);
        total += swept[i] * (r2[i] > 1.0e-12 ? part / r2[i] : 0.5);
    }
    return total / static_cast<double>(points);
}

double series(const Principal& p) {
    const double ratio = p.narrow_m / p.wide_m, r2 = p.radius_m * p.radius_m;
    const double q = 0.5 / (p.narrow_m * p.narrow_m), f = 1.0 - ratio * ratio;
    if (q * r2 > 600.0) {
        throw Error(ErrorCode::bad_value, "the disk is too large for the errors: the power series would overflow");
    }
    const double wx = p.x_m * p.x_m / (4.0 * std::pow(p.wide_m, 4));
    const double wy = p.y_m * p.y_m / (4.0 * std::pow(p.narrow_m, 4));
    const double mahalanobis = p.x_m * p.x_m / (p.wide_m * p.wide_m) + p.y_m * p.y_m / (p.narrow_m * p.narrow_m);
    const double a0 = std::exp(-0.5 * mahalanobis - q * r2) / (2.0 * p.wide_m * p.narrow_m);
    const double a = q * (0.5 * f + 1.0) + wx + wy, b = q * q * (0.5 * f * f + 1.0) + 2.0 * q * f * wx;
    const double c = q * q * q * (0.5 * f * f * f + 1.0) + 3.0 * q * q * f * f * wx;
    std::array<double, 4> last{a0 * r2, 0.5 * a0 * r2 * r2 * a, a0 * r2 * r2 * r2 / 12.0 * (a * a + b),
                               a0 * r2 * r2 * r2 * r2 / 144.0 * (a * a * a + 3.0 * a * b + 2.0 * c)};
    double total = last[0] + last[1] + last[2] + last[3];
    for (double k = 0.0; k < 20000.0; k += 1.0) {
        const double k2 = k + 2.0, k3 = k + 3.0, k4 = k + 4.0, k5 = k + 5.0;
        const double next =
            -r2 * r2 * r2 * r2 * q * q * q * f * f * wy / (k2 * k3 * k4 * k4 * k5) * last[0] +
            r2 * r2 * r2 * q * q * f * (q * f * (k + 2.5) + 2.0 * wy * (0.5 * f + 1.0)) / (k3 * k4 * k4 * k5) *
                last[1] -
            r2 * r2 * q * (q * f * (0.5 * f + 1.0) * (2.0 * k + 5.0) + f * (2.0 * wy + 1.5 * q) + wx + wy) /
                (k4 * k4 * k5) * last[2] +
            r2 * (q * (2.0 * f + 1.0) * k3 + q * (0.5 * f + 1.0) + wx + wy) / (k4 * k5) * last[3];
        last = {last[1], last[2], last[3], next};
        total += next;
        if (k > 2.0 * q * r2 && std::abs(next) <= 1.0e-17 * total) {
            break;
        }
    }
    return total;
}

} // namespace

double plane_probability(const EncounterPlane& plane, PlaneMethod method) {
    const Principal p = principal_of(plane);
    double found = 0.0;
    switch (method) {
    case PlaneMethod::alfano: found = alfano(p); break;
    case PlaneMethod::foster: found = foster(p); break;
    case PlaneMethod::chan: found = chan(p); break;
    case PlaneMethod::patera: found = patera(p); break;
    case PlaneMethod::series: found = series(p); break;
    }
    return std::clamp(found, 0.0, 1.0);
}

} // namespace llamaspace
