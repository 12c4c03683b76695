// Lambert's problem below one revolution, for as many problems as a vector register holds. Included once per instruction set.
//
// The method, the names and the equation numbers of solve_lambert, which stays the reference: problems that are refused
// there, or whose iteration leaves the usual path, are handed to it.
#pragma once

#include "lambert_lanes.hpp"
#include "lane_math.hpp"

namespace llamaspace::lanes {
namespace {

constexpr int lambert_iterations = 8; // three or four are typical
constexpr double series_within = 0.05, step_tolerance = 5.0e-5; // as in the scalar code

struct Lane3 {
    Lane x, y, z;
};
LLAMASPACE_LANE Lane3 operator*(Lane a, const Lane3& b) { return {a * b.x, a * b.y, a * b.z}; }
LLAMASPACE_LANE Lane3 operator+(const Lane3& a, const Lane3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
LLAMASPACE_LANE Lane dot(const Lane3& a, const Lane3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
LLAMASPACE_LANE Lane3 cross(const Lane3& a, const Lane3& b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
LLAMASPACE_LANE Lane3 load(const double* from, std::size_t last) {
    Lane3 v{};
    for (std::size_t k = 0; k < lane_width; ++k) {
        const double* at = from + 3 * (k < last ? k : last);
        v.x[k] = at[0];
        v.y[k] = at[1];
        v.z[k] = at[2];
    }
    return v;
}
LLAMASPACE_LANE void store(const Lane3& v, double* to, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) {
        to[3 * k] = v.x[k];
        to[3 * k + 1] = v.y[k];
        to[3 * k + 2] = v.z[k];
    }
}

struct LaneGeometry {
    Lane3 u1, u2, normal;
    Lane r1, r2, chord, s, lambda, chord_ratio, sine, T;
};

LLAMASPACE_LANE LaneGeometry geometry_of(const Lane3& r1_m, const Lane3& r2_m, Lane t_s, const LambertJob& job, Mask& unusual) {
    LaneGeometry g{};
    g.r1 = root(dot(r1_m, r1_m));
    g.r2 = root(dot(r2_m, r2_m));
    g.u1 = (1.0 / g.r1) * r1_m;
    g.u2 = (1.0 / g.r2) * r2_m;
    const Lane3 across = cross(g.u1, g.u2);
    const Lane across_norm = root(dot(across, across)), sense = dot(g.u1, g.u2);
    const Lane greater = root(0.5 * (1.0 + magnitude(sense))), lesser = 0.5 * across_norm / greater;
    g.sine = choose(sense > 0.0, lesser, greater);
    const Lane cosine = choose(sense > 0.0, greater, lesser), product = g.r1 * g.r2, apart = g.r1 - g.r2;
    g.chord = root(apart * apart + 4.0 * product * g.sine * g.sine);
    g.s = 0.5 * (g.r1 + g.r2 + g.chord);
    const Mask turned_round = job.retrograde ? across.z >= 0.0 : across.z < 0.0;
    const Lane sign = choose(turned_round, all(-1.0), all(1.0));
    g.normal = (sign / across_norm) * across;
    g.lambda = sign * root(product) * cosine / g.s;
    g.chord_ratio = g.chord / g.s;
    g.T = root(2.0 * job.mu_m3_s2 / (g.s * g.s * g.s)) * t_s;
    // Comparisons with what is not a number are false.
    unusual |= ~((across_norm >= 1.0e-10) & (g.r1 > 1.0e-100) & (g.r2 > 1.0e-100) & (g.T > 1.0e-100) & (g.T < 1.0e100));
    return g;
}

// Gauss's hypergeometric function F(3, 1; 5/2; z) for |z| <= 0.11, by eighteen terms of its series.
LLAMASPACE_LANE Lane hypergeometric(Lane z) {
    Lane sum = all(1.0);
    for (int j = 17; j >= 0; --j) {
        sum = 1.0 + sum * z * ((3.0 + j) / (2.5 + j));
    }
    return sum;
}

// Equations 18 and 20.
LLAMASPACE_LANE Lane time_of(const LaneGeometry& g, Lane x, Lane y) {
    const Lane e = 1.0 - x * x, lx = g.lambda * x;
    const Lane eta = choose(lx > 0.0, g.chord_ratio / (y + lx), y - lx);
    const Lane edge = root(magnitude(e)), f = edge * eta, h = x * y + g.lambda * e;
    const Mask bound = x < 1.0;
    Lane angle = angle_of(f, h);
    if (any(~bound)) {
        angle = choose(bound, angle, logarithm(f + h));
    }
    Lane time = (angle / edge - x + g.lambda * y) / e;
    const Mask parabolic = magnitude(x - 1.0) < series_within;
    if (any(parabolic)) {
        const Lane q = 4.0 / 3.0 * hypergeometric(0.5 * (1.0 - g.lambda - x * eta));
        time = choose(parabolic, 0.5 * (eta * eta * eta * q + 4.0 * g.lambda * eta), time);
    }
    return time;
}

// Equation 30.
LLAMASPACE_LANE Lane first_guess(const LaneGeometry& g) {
    const Lane edge = root(g.chord_ratio), l2 = g.lambda * g.lambda;
    const Lane t0 = angle_of(edge, g.lambda) + g.lambda * edge;
    const Lane short_of_one = choose(g.lambda > 0.0, g.chord_ratio / (1.0 + g.lambda), 1.0 - g.lambda);
    const Lane t1 = 2.0 / 3.0 * short_of_one * (1.0 + g.lambda + l2);
    const Lane up_to_five = short_of_one * (1.0 + g.lambda + l2 + l2 * g.lambda + l2 * l2);
    const Lane fast = 2.5 * t1 * (t1 - g.T) / (g.T * up_to_five) + 1.0;
    const Lane later = logarithm(g.T / t0);
    const Lane power = choose(g.T >= t0, later * (-2.0 / 3.0 * 1.4426950408889634), later / logarithm(t1 / t0));
    return choose(g.T <= t1, fast, about_two_to(power) - 1.0);
}

// Householder's third-order method on T(x) = T (equation 22 gives the derivatives). Lanes that are done stay where they are.
LLAMASPACE_LANE Lane parameter_of(const LaneGeometry& g, Mask& unusual) {
    const Lane l3 = g.lambda * g.lambda * g.lambda, l5 = l3 * g.lambda * g.lambda;
    Lane x = first_guess(g);
    Mask open = ~unusual;
    for (int i = 0; i < lambert_iterations; ++i) {
        const Lane y = root(g.chord_ratio + g.lambda * g.lambda * x * x), found = time_of(g, x, y);
        const Lane k = 1.0 / (1.0 - x * x), per_y = 1.0 / y, per_y2 = per_y * per_y, per_y3 = per_y * per_y2;
        const Lane first = k * (3.0 * found * x - 2.0 + 2.0 * l3 * x * per_y);
        const Lane second = k * (3.0 * found + 5.0 * x * first + 2.0 * g.chord_ratio * l3 * per_y3);
        const Lane third = k * (7.0 * x * second + 8.0 * first - 6.0 * g.chord_ratio * l5 * x * per_y3 * per_y2);
        const Lane delta = found - g.T, first2 = first * first;
        const Lane step = delta * (first2 - 0.5 * delta * second) /
                          (first * (first2 - delta * second) + third * delta * delta * (1.0 / 6.0));
        const Lane next = x - step, size = magnitude(step);
        const Lane near = choose(magnitude(x) < 1.0 + x, magnitude(x), 1.0 + x);
        const Mask astray = ~((next > -1.0) & (next < 1.0e100)) & open;
        unusual |= astray;
        x = choose(open & ~astray, next, x);
        open &= ~astray & ~((size <= step_tolerance * near) | (size <= 1.0e-15));
        if (!any(open)) {
            return x;
        }
    }
    unusual |= open;
    return x;
}

LLAMASPACE_LANE void solve_lambert_lanes(const LambertJob& job) {
    for (std::size_t first = 0; first < job.problems; first += lane_width) {
        const std::size_t left = job.problems - first, count = left < lane_width ? left : lane_width;
        Lane t_s{};
        for (std::size_t k = 0; k < lane_width; ++k) {
            t_s[k] = job.time_of_flight_s[first + (k < count ? k : count - 1)];
        }
        Mask unusual{};
        const LaneGeometry g =
            geometry_of(load(job.r1_m + 3 * first, count - 1), load(job.r2_m + 3 * first, count - 1), t_s, job, unusual);
        const Lane x = parameter_of(g, unusual);
        // Velocities, algorithm 1 of the paper.
        const Lane y = root(g.chord_ratio + g.lambda * g.lambda * x * x), gamma = root(0.5 * job.mu_m3_s2 * g.s);
        const Lane rho = (g.r1 - g.r2) / g.chord, sigma = 2.0 * root(g.r1 * g.r2) * g.sine / g.chord;
        const Lane minus = g.lambda * y - x, plus = rho * (g.lambda * y + x);
        const Lane transverse = gamma * sigma * (y + g.lambda * x);
        store((gamma * (minus - plus) / g.r1) * g.u1 + (transverse / g.r1) * cross(g.normal, g.u1), job.v1_m_s + 3 * first,
              count);
        store((-gamma * (minus + plus) / g.r2) * g.u2 + (transverse / g.r2) * cross(g.normal, g.u2),
              job.v2_m_s + 3 * first, count);
        for (std::size_t k = 0; k < count; ++k) {
            job.codes[first + k] = static_cast<std::uint8_t>(unusual[k] & lambert_ask_scalar);
        }
    }
}

} // namespace
} // namespace llamaspace::lanes
