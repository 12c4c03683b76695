// Two-body motion by universal variables (Vallado, Fundamentals of Astrodynamics and Applications, algorithm 8), with
// Laguerre's iteration as Conway proposed (Celest. Mech. 39, 1986, 199): it converges from any start.
#include "llamaspace/error.hpp"
#include "llamaspace/two_body.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace llamaspace {
namespace {

constexpr int most_iterations = 60;

// Stumpff functions c0 to c3 of psi, by halving the argument until a short series holds.
struct Stumpff {
    double c0, c1, c2, c3;
};
Stumpff stumpff(double psi) {
    int halvings = 0;
    while (std::abs(psi) > 0.1 && halvings < 60) {
        psi *= 0.25;
        ++halvings;
    }
    Stumpff c{};
    const double far_3 = 1.0 - psi / 72.0 * (1.0 - psi / 110.0 * (1.0 - psi / 156.0));
    const double far_2 = 1.0 - psi / 56.0 * (1.0 - psi / 90.0 * (1.0 - psi / 132.0));
    c.c3 = (1.0 - psi / 20.0 * (1.0 - psi / 42.0 * far_3)) / 6.0;
    c.c2 = (1.0 - psi / 12.0 * (1.0 - psi / 30.0 * far_2)) / 2.0;
    c.c1 = 1.0 - psi * c.c3;
    c.c0 = 1.0 - psi * c.c2;
    for (; halvings > 0; --halvings) { // Danby, Fundamentals of Celestial Mechanics, 2nd ed., equation 6.9.17
        c.c3 = 0.25 * (c.c2 + c.c0 * c.c3);
        c.c2 = 0.5 * c.c1 * c.c1;
        c.c1 = c.c0 * c.c1;
        c.c0 = 2.0 * c.c0 * c.c0 - 1.0;
    }
    return c;
}

// Kepler's equation in the universal variable chi: time(chi) is sqrt(mu) t, grows steadily, and its slope is r.
struct Orbit {
    double r0, radial, alpha;

    [[nodiscard]] double time(double chi, const Stumpff& c) const {
        return chi * (r0 * c.c1 + chi * (radial * c.c2 + chi * c.c3));
    }
    [[nodiscard]] double radius(double chi, const Stumpff& c) const {
        return r0 * c.c0 + chi * (radial * c.c1 + chi * c.c2);
    }
    [[nodiscard]] double radius_slope(double chi, const Stumpff& c) const {
        return radial * c.c0 + chi * (1.0 - r0 * alpha) * c.c1;
    }
    [[nodiscard]] double guess(double target) const {
        if (alpha * r0 > -1.0e-3) {
            return alpha > 0.0 ? alpha * target : target / r0;
        }
        // Hyperbola: e sinh H - H = N, nearly e sinh H = N far out.
        const double k = std::sqrt(-alpha), e_cosh = 1.0 - r0 * alpha, e_sinh = radial * k;
        const double e = std::sqrt(std::max(e_cosh * e_cosh - e_sinh * e_sinh, 1.0));
        const double h0 = std::asinh(e_sinh / e), n = e_sinh - h0 - alpha * k * target;
        return (std::asinh(n / e) - h0) / k;
    }
};

// Laguerre's iteration, kept between the bounds that the signs of its residuals set.
double solve(const Orbit& orbit, double target) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double low = target > 0.0 ? 0.0 : -infinity, high = target > 0.0 ? infinity : 0.0;
    double chi = orbit.guess(target);
    for (int i = 0; i < most_iterations; ++i) {
        const Stumpff c = stumpff(orbit.alpha * chi * chi);
        const double f = orbit.time(chi, c) - target;
        const bool beyond = std::isfinite(f) ? f > 0.0 : chi > 0.0; // far out on a hyperbola the time overflows
        (beyond ? high : low) = chi;
        const double r = orbit.radius(chi, c);
        const double root = std::sqrt(std::abs(16.0 * r * r - 20.0 * f * orbit.radius_slope(chi, c))); // degree 5
        double next = chi - 5.0 * f / (r + root);
        if (!(next >= low && next <= high)) {
            next = std::isfinite(low + high) ? 0.5 * (low + high) : 2.0 * chi;
        }
        const double step = std::abs(next - chi);
        chi = next;
        // Of third order: after a small step the next lies at rounding, as does a step of so little of the radius.
        if (step <= 1.0e-6 * std::abs(chi) || step <= 1.0e-16 * std::sqrt(orbit.r0)) {
            return chi;
        }
    }
    throw Error(ErrorCode::bad_value, "Kepler's equation did not converge; the state is not that of a real orbit");
}

} // namespace

StateVector propagate_kepler(const StateVector& state, double t_s, double mu) {
    const double r0 = norm(state.r_m), radial = dot(state.r_m, state.v_m_s) / std::sqrt(mu);
    const double alpha = 2.0 / r0 - dot(state.v_m_s, state.v_m_s) / mu; // inverse of the semi-major axis
    if (!(r0 > 0.0) || !std::isfinite(alpha) || !std::isfinite(t_s)) {
        throw Error(ErrorCode::bad_value, "a state to propagate must be finite and away from the centre");
    }
    if (alpha > 0.0) { // whole periods bring the state back: leave them out
        const double period_s = 2.0 * std::numbers::pi / (alpha * std::sqrt(mu * alpha));
        t_s -= period_s * std::nearbyint(t_s / period_s);
    }
    const Orbit orbit{r0, radial, alpha};
    const double chi = solve(orbit, std::sqrt(mu) * t_s);
    const Stumpff c = stumpff(alpha * chi * chi);
    const double r = orbit.radius(chi, c);
    const double root_mu = std::sqrt(mu);
    const double f = 1.0 - chi * chi / r0 * c.c2;
    const double g = (r0 * chi * c.c1 + radial * chi * chi * c.c2) / root_mu;
    const double f_rate = -root_mu / (r * r0) * chi * c.c1, g_rate = 1.0 - chi * chi / r * c.c2;
    return {f * state.r_m + g * state.v_m_s, f_rate * state.r_m + g_rate * state.v_m_s};
}

} // namespace llamaspace
