// Where a continuous function of time is positive: samples, hidden peaks and dips, then edges by Brent's method.
#pragma once

#include "llamaspace/events.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace llamaspace::intervals {

inline constexpr double edge_tolerance_s = 1.0e-4;

struct Interval {
    double start, end;
    bool open_start, open_end; // cut by the span, not by the function
};

struct Peak {
    double t, value;
};

// Root of f between a and b, whose values fa and fb differ in sign (Brent, Algorithms for Minimization, 1973, ch. 4).
template <class F> double root(F&& f, double a, double fa, double b, double fb) {
    double c = a, fc = fa, d = b - a, e = d;
    for (int iteration = 0; iteration < 100; ++iteration) {
        if ((fb > 0.0) == (fc > 0.0)) {
            c = a;
            fc = fa;
            d = e = b - a;
        }
        if (std::abs(fc) < std::abs(fb)) {
            a = std::exchange(b, c);
            c = a;
            fa = std::exchange(fb, fc);
            fc = fa;
        }
        const double half = 0.5 * (c - b);
        if (std::abs(half) <= 0.5 * edge_tolerance_s || fb == 0.0) {
            break;
        }
        const double bisect_when = 0.25 * edge_tolerance_s;
        if (std::abs(e) < bisect_when || std::abs(fa) <= std::abs(fb)) {
            d = e = half;
        } else {
            const double s = fb / fa;
            double p, q;
            if (a == c) {
                p = 2.0 * half * s;
                q = 1.0 - s;
            } else {
                const double u = fa / fc, v = fb / fc;
                p = s * (2.0 * half * u * (u - v) - (b - a) * (v - 1.0));
                q = (u - 1.0) * (v - 1.0) * (s - 1.0);
            }
            q = p > 0.0 ? -q : q;
            p = std::abs(p);
            if (2.0 * p < std::min(3.0 * half * q - std::abs(bisect_when * q), std::abs(e * q))) {
                e = std::exchange(d, p / q);
            } else {
                d = e = half;
            }
        }
        a = b;
        fa = fb;
        b += std::abs(d) > bisect_when ? d : std::copysign(bisect_when, half);
        fb = f(b);
    }
    return b;
}

// Largest value of f, unimodal between a and b, by golden section.
template <class F> Peak peak(F&& f, double a, double b) {
    constexpr double ratio = 0.6180339887498949;
    double x1 = b - ratio * (b - a), x2 = a + ratio * (b - a), f1 = f(x1), f2 = f(x2);
    while (b - a > 1.0e-3) { // a peak is flat: a millisecond leaves its value exact
        if (f1 > f2) {
            b = std::exchange(x2, x1);
            f2 = f1;
            x1 = b - ratio * (b - a);
            f1 = f(x1);
        } else {
            a = std::exchange(x1, x2);
            f1 = f2;
            x2 = a + ratio * (b - a);
            f2 = f(x2);
        }
    }
    return f1 > f2 ? Peak{x1, f1} : Peak{x2, f2};
}

// Evenly spaced samples over the span, no further apart than step, both ends included.
template <class F> std::vector<Peak> sample(F&& f, Span span, double step_s) {
    const double length = span.end_tai_s - span.start_tai_s;
    const auto count = static_cast<std::size_t>(std::max(2.0, std::ceil(length / step_s)));
    std::vector<Peak> out;
    out.reserve(count + 1);
    for (std::size_t k = 0; k <= count; ++k) {
        const double t =
            k == count ? span.end_tai_s : span.start_tai_s + length * static_cast<double>(k) / static_cast<double>(count);
        out.push_back({t, f(t)});
    }
    return out;
}

// Adds the peak below zero, or the dip above zero, that lies between the neighbours of a sampled extremum.
template <class F> std::vector<Peak> with_hidden_extrema(F&& f, const std::vector<Peak>& samples) {
    std::vector<Peak> out;
    out.reserve(samples.size() + 16);
    for (std::size_t k = 0; k < samples.size(); ++k) {
        const Peak& here = samples[k];
        const Peak& before = samples[k == 0 ? 0 : k - 1];
        const Peak& after = samples[std::min(k + 1, samples.size() - 1)];
        const bool top = here.value <= 0.0 && here.value >= before.value && here.value >= after.value;
        const bool bottom = here.value > 0.0 && here.value <= before.value && here.value <= after.value;
        Peak extremum = here;
        if (top) {
            extremum = peak(f, before.t, after.t);
        } else if (bottom) {
            const Peak dip = peak([&f](double t) { return -f(t); }, before.t, after.t);
            extremum = {dip.t, -dip.value};
        }
        const bool crosses = (extremum.value > 0.0) != (here.value > 0.0);
        if (crosses && extremum.t < here.t) {
            out.push_back(extremum);
        }
        out.push_back(here);
        if (crosses && extremum.t > here.t) {
            out.push_back(extremum);
        }
    }
    return out;
}

// Intervals of the span where f > 0, from samples of it at both ends and between.
template <class F> std::vector<Interval> positive(F&& f, Span span, const std::vector<Peak>& samples) {
    const std::vector<Peak> points = with_hidden_extrema(f, samples);
    std::vector<Interval> out;
    bool inside = points.front().value > 0.0;
    Interval current{span.start_tai_s, span.end_tai_s, true, true};
    for (std::size_t k = 1; k < points.size(); ++k) {
        const Peak &a = points[k - 1], &b = points[k];
        if ((a.value > 0.0) == (b.value > 0.0)) {
            continue;
        }
        const double edge = root(f, a.t, a.value, b.t, b.value);
        if (inside) {
            current.end = edge;
            current.open_end = false;
            out.push_back(current);
        } else {
            current = {edge, span.end_tai_s, false, true};
        }
        inside = !inside;
    }
    if (inside) {
        out.push_back(current);
    }
    return out;
}

template <class F> std::vector<Interval> positive(F&& f, Span span, double step_s) {
    return positive(f, span, sample(f, span, step_s));
}

// Largest value of f over an interval in which it may have several peaks.
template <class F> Peak highest(F&& f, double start, double end, double step_s) {
    const std::vector<Peak> points = sample(f, {start, end}, std::min(step_s, (end - start) / 8.0));
    std::size_t best = 0;
    for (std::size_t k = 1; k < points.size(); ++k) {
        best = points[k].value > points[best].value ? k : best;
    }
    const Peak refined =
        peak(f, points[best == 0 ? 0 : best - 1].t, points[std::min(best + 1, points.size() - 1)].t);
    return refined.value > points[best].value ? refined : points[best];
}

} // namespace llamaspace::intervals
