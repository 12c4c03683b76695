// SGP4 for as many epochs of one satellite as a vector register holds. Included once per instruction set.
//
// The same theory as Sgp4Satellite::propagate (AIAA 2006-6753), which stays the reference; lanes that fail or leave the
// usual ranges are handed to it. Where a small angle is added to one whose sine and cosine are known, these are turned
// by Taylor's series instead of being computed again.
#pragma once

#include "sgp4_lanes.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi" // no vector crosses a call: every function here is inlined

namespace llamaspace::lanes {
namespace {

#define LLAMASPACE_LANE __attribute__((always_inline)) inline

typedef double Lane __attribute__((vector_size(sgp4_width * sizeof(double)))); // sgp4_width: set by the including file
typedef std::int64_t Mask __attribute__((vector_size(sgp4_width * sizeof(double))));

constexpr double twopi = 6.283185307179586;
constexpr double xke = 0.07436691613317342; // 60 / sqrt(6378.135^3 / 398600.8), WGS 72
constexpr double j2 = 0.001082616, j3oj2 = -0.00000253881 / j2; // WGS 72
constexpr double earth_radius_m = 6378135.0;                    // WGS 72
constexpr double speed_m_s = earth_radius_m * xke / 60.0;
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
    for (std::size_t k = 0; k < sgp4_width; ++k) {
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
    for (std::size_t k = 0; k < sgp4_width; ++k) {
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

struct Elements {
    Lane em, inclm, argpm, nodem, mm, am, nm;
};

// Resonant orbits: the integrator's nodes carried on to each epoch.
LLAMASPACE_LANE void resonate(const Job& job, Lane t, Elements& w, Mask& unusual) {
    const DeepSpaceTerms& d = job.terms->deep_terms;
    Lane xli{}, xni{}, xldot{}, xndt{}, xnddt{}, ft{};
    for (std::size_t k = 0; k < sgp4_width; ++k) {
        const double steps = t[k] / node_step_min;
        const auto node = static_cast<std::ptrdiff_t>(steps);
        const ResonanceNode& from = steps > 0.0 ? job.forwards[node] : job.backwards[-node];
        xli[k] = from.xli;
        xni[k] = from.xni;
        xldot[k] = from.xldot;
        xndt[k] = from.xndt;
        xnddt[k] = from.xnddt;
        ft[k] = t[k] - static_cast<double>(node) * node_step_min;
    }
    w.nm = xni + xndt * ft + xnddt * ft * ft * 0.5;
    const Lane xl = xli + xldot * ft + xndt * ft * ft * 0.5;
    const Lane theta = turn(job.terms->gsto + t * 4.37526908801129966e-3);
    w.mm = d.irez == 1 ? xl - w.nodem - w.argpm + theta : xl - 2.0 * w.nodem + 2.0 * theta;
    // The cube root of (xke / nm)^2 by Newton's method from the epoch's, a thousandth away at most.
    unusual |= ~(magnitude(w.nm - job.terms->no) < 0.05 * job.terms->no);
    const Lane cube = (xke * xke) / (w.nm * w.nm);
    Lane a = all(job.terms->a0);
    for (int step = 0; step < 4; ++step) {
        a -= (a * a * a - cube) / (3.0 * a * a);
    }
    w.am = a;
}

struct Disturbance {
    Lane e, i, l, gh, h;
};

LLAMASPACE_LANE Disturbance disturbed_by(const DeepSpaceTerms::Periodic& p, Lane zm, double ze) {
    const Lane zf = zm + 2.0 * ze * sin_cos(zm).s;
    const auto [sinzf, coszf] = sin_cos(zf);
    const Lane f2 = 0.5 * sinzf * sinzf - 0.25, f3 = -0.5 * sinzf * coszf;
    return {p.e2 * f2 + p.e3 * f3, p.i2 * f2 + p.i3 * f3, p.l2 * f2 + p.l3 * f3 + p.l4 * sinzf,
            p.gh2 * f2 + p.gh3 * f3 + p.gh4 * sinzf, p.h2 * f2 + p.h3 * f3};
}

struct Perturbed {
    Lane ep, inclp, nodep, argpp, mp;
    SinCos incl, node;
};

LLAMASPACE_LANE void add_periodic(const DeepSpaceTerms& d, Lane t, Perturbed& w) {
    const Disturbance s = disturbed_by(d.solar, d.zmos + 1.19459e-5 * t, 0.01675);
    const Disturbance m = disturbed_by(d.lunar, d.zmol + 1.5835218e-4 * t, 0.05490);
    const Lane pinc = s.i + m.i, pl = s.l + m.l, pgh = s.gh + m.gh, ph = s.h + m.h;
    w.inclp += pinc;
    w.ep += s.e + m.e;
    w.incl = sin_cos(w.inclp);
    const Lane sinip = w.incl.s, cosip = w.incl.c;
    const Mask steep = w.inclp >= 0.2;
    const Lane direct = ph / sinip;
    const SinCos before = sin_cos(w.nodep);
    if (!any(~steep)) {
        w.argpp += pgh - cosip * direct;
        w.nodep += direct;
        w.mp += pl;
        w.node = sin_cos(w.nodep);
        return;
    }
    // Lyddane's form, regular at small inclinations.
    const Lane alfdp = sinip * before.s + ph * before.c + pinc * cosip * before.s;
    const Lane betdp = sinip * before.c - ph * before.s + pinc * cosip * before.c;
    const Lane xnoh = turn(w.nodep);
    const Lane xls = w.mp + w.argpp + cosip * xnoh + pl + pgh - pinc * xnoh * sinip;
    Lane node = angle_of(alfdp, betdp);
    const Mask far = magnitude(xnoh - node) > twopi / 2.0;
    node = choose(far, choose(node < xnoh, node + twopi, node - twopi), node);
    w.mp += pl;
    w.argpp = choose(steep, w.argpp + (pgh - cosip * direct), xls - w.mp - cosip * node);
    w.nodep = choose(steep, w.nodep + direct, node);
    w.node = sin_cos(w.nodep);
}

// The eccentric longitude less the node, by Newton's method; sine and cosine follow its steps.
LLAMASPACE_LANE SinCos kepler(Lane u, Lane axnl, Lane aynl, Mask& unusual) {
    SinCos e = sin_cos(u);
    Lane eo1 = u;
    for (int iteration = 0; iteration < 10; ++iteration) {
        Lane step = (u - aynl * e.c + axnl * e.s - eo1) / (1.0 - e.c * axnl - e.s * aynl);
        step = choose(step > 0.95, all(0.95), choose(step < -0.95, all(-0.95), step));
        const Lane size = magnitude(step);
        step = choose(size < 1.0e-12, Lane{}, step); // the reference leaves such a step out
        eo1 += step;
        e = any(~(size < 0.1)) ? sin_cos(eo1) : turned(e, step);
        if (!any(~(size < 1.0e-7))) { // the next step would be of the order of its square
            return e;
        }
    }
    unusual |= Mask{} - 1;
    return e;
}

LLAMASPACE_LANE void store(Lane x, Lane y, Lane z, double* out) {
    for (std::size_t k = 0; k < sgp4_width; ++k) {
        out[3 * k] = x[k];
        out[3 * k + 1] = y[k];
        out[3 * k + 2] = z[k];
    }
}

// States at sgp4_width epochs; returns the lanes that the scalar code has to do.
template <bool Deep> LLAMASPACE_LANE Mask states(const Job& job, Lane t, double* r, double* v) {
    const Terms& c = *job.terms;
    const Lane t2 = t * t;
    const Lane xmdf = c.mo + c.mdot * t;
    Elements w{.em = all(c.ecco),
               .inclm = all(c.inclo),
               .argpm = c.argpo + c.argpdot * t,
               .nodem = c.nodeo + c.nodedot * t + c.nodecf * t2,
               .mm = xmdf,
               .am = all(c.a0),
               .nm = all(c.no)};
    Mask unusual = ~((magnitude(xmdf) < largest_angle_rad) & (magnitude(w.argpm) < largest_angle_rad));
    Lane tempa = 1.0 - c.cc1 * t, tempe = c.bstar * c.cc4 * t, templ = c.t2cof * t2;
    if (!Deep && !c.isimp) {
        const Lane one_eta = 1.0 + c.eta * sin_cos(xmdf).c;
        const Lane temp = c.omgcof * t + c.xmcof * (one_eta * one_eta * one_eta - c.delmo);
        const Lane t3 = t2 * t, t4 = t3 * t;
        w.mm = xmdf + temp;
        w.argpm -= temp;
        tempa -= c.d2 * t2 + c.d3 * t3 + c.d4 * t4;
        tempe += c.bstar * c.cc5 * (sin_cos(w.mm).s - c.sinmao);
        templ += c.t3cof * t3 + t4 * (c.t4cof + t * c.t5cof);
        unusual |= ~((magnitude(w.mm) < largest_angle_rad) & (magnitude(w.argpm) < largest_angle_rad));
    }
    if (Deep) {
        const DeepSpaceTerms& d = c.deep_terms;
        w.em += d.dedt * t;
        w.inclm += d.didt * t;
        w.argpm += d.domdt * t;
        w.nodem += d.dnodt * t;
        w.mm += d.dmdt * t;
        if (d.irez != 0) {
            resonate(job, t, w, unusual);
        }
    }
    const Lane am = w.am * tempa * tempa, root_am = root(am), nm = xke / (am * root_am);
    Lane ep = w.em - tempe;
    unusual |= ~((ep < 1.0) & (ep >= -0.001) & (am > 0.0));
    ep = choose(ep < 1.0e-6, all(1.0e-6), ep);
    w.mm += c.no * templ;
    const Lane xlm = turn(w.mm + w.argpm + w.nodem);
    Perturbed p{.ep = ep, .inclp = w.inclm, .nodep = turn(w.nodem), .argpp = turn(w.argpm), .mp = {}, .incl = {}, .node = {}};
    p.mp = turn(xlm - p.argpp - p.nodep);
    Lane aycof = all(c.aycof), xlcof = all(c.xlcof), con41 = all(c.con41), x1mth2 = all(c.x1mth2), x7thm1 = all(c.x7thm1);
    if (Deep) {
        add_periodic(c.deep_terms, t, p);
        const Lane cosisq = p.incl.c * p.incl.c;
        unusual |= ~((p.inclp >= 0.0) & (p.ep >= 0.0) & (p.ep < 1.0) & (1.0 + p.incl.c > 1.0e-6));
        aycof = -0.5 * j3oj2 * p.incl.s;
        xlcof = -0.25 * j3oj2 * p.incl.s * (3.0 + 5.0 * p.incl.c) / (1.0 + p.incl.c);
        con41 = 3.0 * cosisq - 1.0;
        x1mth2 = 1.0 - cosisq;
        x7thm1 = 7.0 * cosisq - 1.0;
    } else {
        p.incl = {all(c.sinio), all(c.cosio)};
        p.node = sin_cos(p.nodep);
    }

    // Long-period periodics and Kepler's equation.
    const SinCos perigee = sin_cos(p.argpp);
    const Lane axnl = p.ep * perigee.c, inverse_p = 1.0 / (am * (1.0 - p.ep * p.ep));
    const Lane aynl = p.ep * perigee.s + inverse_p * aycof;
    const SinCos e = kepler(turn(p.mp + p.argpp + inverse_p * xlcof * axnl), axnl, aynl, unusual);

    // Short-period periodics.
    const Lane ecose = axnl * e.c + aynl * e.s, esine = axnl * e.s - aynl * e.c;
    const Lane el2 = axnl * axnl + aynl * aynl, left = 1.0 - el2, pl = am * left;
    unusual |= ~(pl > 0.2);
    const Lane rl = am * (1.0 - ecose), inverse_rl = 1.0 / rl, betal = root(left);
    const Lane rdotl = root_am * esine * inverse_rl, rvdotl = root_am * betal * inverse_rl;
    const Lane ratio = esine / (1.0 + betal), am_rl = am * inverse_rl;
    const SinCos u{am_rl * (e.s - aynl - axnl * ratio), am_rl * (e.c - axnl + aynl * ratio)};
    const Lane sin2u = 2.0 * u.c * u.s, cos2u = 1.0 - 2.0 * u.s * u.s;
    const Lane inverse_pl = 1.0 / pl, temp1 = 0.5 * j2 * inverse_pl, temp2 = temp1 * inverse_pl;
    const Lane mrt = rl * (1.0 - 1.5 * temp2 * betal * con41) + 0.5 * temp1 * x1mth2 * cos2u;
    const SinCos su = turned(u, -0.25 * temp2 * x7thm1 * sin2u);
    const SinCos node = turned(p.node, 1.5 * temp2 * p.incl.c * sin2u);
    const SinCos incl = turned(p.incl, 1.5 * temp2 * p.incl.c * p.incl.s * cos2u);
    const Lane mvt = rdotl - nm * temp1 * x1mth2 * sin2u * (1.0 / xke);
    const Lane rvdot = rvdotl + nm * temp1 * (x1mth2 * cos2u + 1.5 * con41) * (1.0 / xke);
    unusual |= ~(mrt >= 1.0);

    const Lane xmx = -node.s * incl.c, xmy = node.c * incl.c;
    const Lane ux = xmx * su.s + node.c * su.c, uy = xmy * su.s + node.s * su.c, uz = incl.s * su.s;
    const Lane vx = xmx * su.c - node.c * su.s, vy = xmy * su.c - node.s * su.s, vz = incl.s * su.c;
    const Lane scale = mrt * earth_radius_m, radial = speed_m_s * mvt, transverse = speed_m_s * rvdot;
    store(scale * ux, scale * uy, scale * uz, r);
    store(radial * ux + transverse * vx, radial * uy + transverse * vy, radial * uz + transverse * vz, v);
    return unusual;
}

template <bool Deep> LLAMASPACE_LANE void rows(const Job& job) {
    for (std::size_t first = 0; first < job.epochs; first += sgp4_width) {
        const std::size_t count = job.epochs - first < sgp4_width ? job.epochs - first : sgp4_width;
        Lane t{};
        for (std::size_t k = 0; k < sgp4_width; ++k) {
            t[k] = job.offset_min + job.minutes[first + (k < count ? k : count - 1)];
        }
        double last_r[3 * sgp4_width], last_v[3 * sgp4_width];
        const bool whole = count == sgp4_width;
        double* r = whole ? job.r_teme_m + 3 * first : last_r;
        double* v = whole ? job.v_teme_m_s + 3 * first : last_v;
        const Mask unusual = states<Deep>(job, t, r, v);
        if (!whole) {
            std::memcpy(job.r_teme_m + 3 * first, last_r, 3 * count * sizeof(double));
            std::memcpy(job.v_teme_m_s + 3 * first, last_v, 3 * count * sizeof(double));
        }
        for (std::size_t k = 0; k < count; ++k) {
            job.codes[first + k] = static_cast<std::uint8_t>(unusual[k] & ask_scalar);
        }
    }
}

LLAMASPACE_LANE void propagate(const Job& job) {
    if (job.terms->deep) {
        rows<true>(job);
    } else {
        rows<false>(job);
    }
}

} // namespace
} // namespace llamaspace::lanes
