// Arithmetic on as many doubles as a vector register holds. Included once per instruction set, after lane_width is set.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi" // no vector crosses a call: every function here is inlined

namespace llamaspace::lanes {
namespace {

#define LLAMASPACE_LANE __attribute__((always_inline)) inline

typedef double Lane __attribute__((vector_size(lane_width * sizeof(double)))); // lane_width: set by the including file
typedef std::int64_t Mask __attribute__((vector_size(lane_width * sizeof(double))));

constexpr double twopi = 6.283185307179586;
constexpr double rounder = 6755399441055744.0; // 1.5 * 2^52: adding it leaves the nearest integer in the low bits

LLAMASPACE_LANE Lane all(double x) { return Lane{} + x; }
LLAMASPACE_LANE Mask bits(Lane x) { Mask m; std::memcpy(&m, &x, sizeof m); return m; }
LLAMASPACE_LANE Lane value(Mask m) { Lane x; std::memcpy(&x, &m, sizeof x); return x; }
LLAMASPACE_LANE Lane choose(Mask m, Lane yes, Lane no) { return value((bits(yes) & m) | (bits(no) & ~m)); }
LLAMASPACE_LANE Lane magnitude(Lane x) { return value(bits(x) & (Mask{} + std::int64_t{0x7fffffffffffffff})); }
LLAMASPACE_LANE bool any(Mask m) {
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(m), reinterpret_cast<__m512i>(m)) != 0;
#elif defined(__AVX2__)
    return _mm256_testz_si256(reinterpret_cast<__m256i>(m), reinterpret_cast<__m256i>(m)) == 0;
#else
    std::int64_t found = 0;
    for (std::size_t k = 0; k < lane_width; ++k) {
        found |= m[k];
    }
    return found != 0;
#endif
}
LLAMASPACE_LANE Lane root(Lane x) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_pd(0xff, x); // not _mm512_sqrt_pd: GCC 12 warns about its header
#elif defined(__AVX2__)
    return _mm256_sqrt_pd(x);
#elif defined(__x86_64__)
    return _mm_sqrt_pd(x);
#else
    for (std::size_t k = 0; k < lane_width; ++k) {
        x[k] = __builtin_sqrt(x[k]);
    }
    return x;
#endif
}
LLAMASPACE_LANE Lane nearest(Lane x) { return (x + rounder) - rounder; }
LLAMASPACE_LANE Lane towards_zero(Lane x) {
    const Lane n = nearest(x);
    const Lane one = value((bits(x) & (Mask{} + std::int64_t(0x8000000000000000ULL))) | bits(all(1.0)));
    return choose(magnitude(n) > magnitude(x), n - one, n);
}

// fmod(x, twopi) as the C library defines it: with the float64 nearest to 2 pi, the sign of x.
LLAMASPACE_LANE Lane turn(Lane x) {
    constexpr double high = 6.2831853069365025; // the first 33 bits: products with a count of turns are exact
    constexpr double low = twopi - high;
    const Lane n = towards_zero(x * (1.0 / twopi));
    return (x - n * high) - n * low;
}

struct SinCos {
    Lane s, c;
};

// Sine and cosine within about one unit of the last place to `largest_angle_rad`: reduction by parts of pi / 2 (Cody and
// Waite 1980), then the polynomials of fdlibm (Sun Microsystems 1993) on [-pi/4, pi/4].
LLAMASPACE_LANE SinCos sin_cos(Lane x) {
    const Lane shifted = x * 0.63661977236758134308 + rounder;
    const Mask quadrant = bits(shifted);
    const Lane n = shifted - rounder;
    const Lane r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21;
    const Lane z = r * r;
    const Lane s =
        r + r * z * (-1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 +
            z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
    const Lane c =
        1.0 - (0.5 * z - z * z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 +
            z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 - z * 1.13596475577881948265e-11))))));
    const Mask odd = -(quadrant & 1);                        // sine and cosine change places
    const Mask sine_sign = (quadrant & 2) << 62;             // of the second half turn
    const Mask cosine_sign = ((quadrant + 1) & 2) << 62;     // of the second and third quarter
    return {value(bits(choose(odd, c, s)) ^ sine_sign), value(bits(choose(odd, s, c)) ^ cosine_sign)};
}

// Sine and cosine of an angle greater by d, |d| <= 0.1: Taylor's series to 1e-17.
LLAMASPACE_LANE SinCos turned(const SinCos& a, Lane d) {
    const Lane z = d * d;
    const Lane s = d * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z * (1.0 / 362880.0)))));
    const Lane less = z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40320.0 - z * (1.0 / 3628800.0)))));
    return {a.s + (a.c * s - a.s * less), a.c - (a.s * s + a.c * less)};
}

// Angle of a point in [-pi, pi]: rational approximation of Cephes (Moshier 1989) after two reductions.
LLAMASPACE_LANE Lane angle_of(Lane y, Lane x) {
    const Lane ay = magnitude(y), ax = magnitude(x);
    const Mask steep = ay > ax;
    const Lane ratio = choose(steep, ax, ay) / choose(steep, ay, ax); // in [0, 1]
    const Mask large = ratio > 0.66;
    const Lane q = choose(large, (ratio - 1.0) / (ratio + 1.0), ratio), z = q * q;
    const Lane p = (((-8.750608600031904122785e-1 * z - 1.615753718733365076637e1) * z - 7.500855792314704667340e1) * z -
                    1.228866684490136173410e2) * z - 6.485021904942025371773e1;
    const Lane d = ((((z + 2.485846490142306297962e1) * z + 1.650270098316988542046e2) * z + 4.328810604912902668951e2) * z +
                    4.853903996359136964868e2) * z + 1.945506571482613964425e2;
    Lane angle = q + q * (z * p / d);
    angle = choose(large, angle + twopi / 8.0, angle);
    angle = choose(steep, twopi / 4.0 - angle, angle);
    angle = choose(x < 0.0, twopi / 2.0 - angle, angle);
    return choose(y < 0.0, -angle, angle);
}

// Natural logarithm of positive normal numbers, within about one unit of the last place: the argument over the nearest
// power of two, then the series of the inverse hyperbolic tangent.
LLAMASPACE_LANE Lane logarithm(Lane x) {
    constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10; // fdlibm's parts of log 2
    constexpr std::int64_t root_half = 0x3fe6a09e667f3bcd;                                        // bits of sqrt(1/2)
    const Mask pattern = bits(magnitude(x)); // of what is not positive something comes out, and nothing overflows
    const Mask exponent = (pattern - root_half) >> 52;
    const Lane n = value(bits(all(rounder)) + exponent) - rounder;
    const Lane m = value(pattern - (exponent << 52)); // in [sqrt(1/2), sqrt(2))
    const Lane s = (m - 1.0) / (m + 1.0), z = s * s;
    const Lane p = 2.0 / 3.0 + z * (2.0 / 5.0 + z * (2.0 / 7.0 + z * (2.0 / 9.0 + z * (2.0 / 11.0 + z * (2.0 / 13.0 +
                   z * (2.0 / 15.0 + z * (2.0 / 17.0 + z * (2.0 / 19.0 + z * (2.0 / 21.0)))))))));
    return n * ln2_high + (2.0 * s + (s * z * p + n * ln2_low));
}

// Two to a power, within 1e-6 of it: for first guesses.
LLAMASPACE_LANE Lane about_two_to(Lane power) {
    const Lane below = choose(power <= 1000.0, power, all(1000.0)); // what is not a number too
    const Lane within = choose(below >= -1000.0, below, all(-1000.0));
    const Lane shifted = within + rounder, r = (within - (shifted - rounder)) * 0.69314718055994530942;
    const Lane part = 1.0 + r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    return value(bits(part) + ((bits(shifted) - bits(all(rounder))) << 52));
}

} // namespace
} // namespace llamaspace::lanes
