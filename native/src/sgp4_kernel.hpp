// SGP4 for as many epochs of one satellite as a vector register holds. Included once per instruction set.
//
// The same theory as Sgp4Satellite::propagate (AIAA 2006-6753), which stays the reference; lanes that fail or leave the
// usual ranges are handed to it. Where a small angle is added to one whose sine and cosine are known, these are turned
// by Taylor's series instead of being computed again.
#pragma once

#include "lane_math.hpp"
#include "sgp4_lanes.hpp"

#include <cstring>

namespace llamaspace::lanes {
namespace {

constexpr double xke = 0.07436691613317342; // 60 / sqrt(6378.135^3 / 398600.8), WGS 72
constexpr double j2 = 0.001082616, j3oj2 = -0.00000253881 / j2; // WGS 72
constexpr double earth_radius_m = 6378135.0;                    // WGS 72
constexpr double speed_m_s = earth_radius_m * xke / 60.0;

struct Elements {
    Lane em, inclm, argpm, nodem, mm, am, nm;
};

// Resonant orbits: the integrator's nodes carried on to each epoch.
LLAMASPACE_LANE void resonate(const Job& job, Lane t, Elements& w, Mask& unusual) {
    const DeepSpaceTerms& d = job.terms->deep_terms;
    Lane xli{}, xni{}, xldot{}, xndt{}, xnddt{}, ft{};
    for (std::size_t k = 0; k < lane_width; ++k) {
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
    for (std::size_t k = 0; k < lane_width; ++k) {
        out[3 * k] = x[k];
        out[3 * k + 1] = y[k];
        out[3 * k + 2] = z[k];
    }
}

// States at lane_width epochs; returns the lanes that the scalar code has to do.
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
    for (std::size_t first = 0; first < job.epochs; first += lane_width) {
        const std::size_t count = job.epochs - first < lane_width ? job.epochs - first : lane_width;
        Lane t{};
        for (std::size_t k = 0; k < lane_width; ++k) {
            t[k] = job.offset_min + job.minutes[first + (k < count ? k : count - 1)];
        }
        double last_r[3 * lane_width], last_v[3 * lane_width];
        const bool whole = count == lane_width;
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
