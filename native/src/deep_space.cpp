// Lunar, solar and resonance terms of SDP4 (Spacetrack Report No. 3, section 7; AIAA 2006-6753, appendix B).
#include "deep_space.hpp"

#include <cmath>
#include <numbers>

namespace llamaspace::deep_space {
namespace {

constexpr double twopi = 2.0 * std::numbers::pi;
constexpr double zns = 1.19459e-5;    // mean motion of the Sun, rad/min
constexpr double zes = 0.01675;       // eccentricity of the Sun's orbit
constexpr double znl = 1.5835218e-4;  // mean motion of the Moon, rad/min
constexpr double zel = 0.05490;       // eccentricity of the Moon's orbit
constexpr double c1ss = 2.9864797e-6; // solar perturbation coefficient, rad/min
constexpr double c1l = 4.7968065e-7;  // lunar perturbation coefficient, rad/min
constexpr double rptim = 4.37526908801129966e-3; // Earth's rotation, rad/min

// Orientation of the disturbing body's orbit relative to the satellite's node.
struct Body {
    double zcosg, zsing, zcosi, zsini, zcosh, zsinh, cc, ze;
};

// The sums of one disturbing body.
struct Sums {
    double s1, s2, s3, s4, s5, s6, s7;
    double z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33;
};

struct Orbit {
    double em, emsq, sinim, cosim, sinomm, cosomm, xnoi;
};

Sums sums_of(const Body& b, const Orbit& o) {
    const double a1 = b.zcosg * b.zcosh + b.zsing * b.zcosi * b.zsinh;
    const double a3 = -b.zsing * b.zcosh + b.zcosg * b.zcosi * b.zsinh;
    const double a7 = -b.zcosg * b.zsinh + b.zsing * b.zcosi * b.zcosh;
    const double a8 = b.zsing * b.zsini;
    const double a9 = b.zsing * b.zsinh + b.zcosg * b.zcosi * b.zcosh;
    const double a10 = b.zcosg * b.zsini;
    const double a2 = o.cosim * a7 + o.sinim * a8, a4 = o.cosim * a9 + o.sinim * a10;
    const double a5 = -o.sinim * a7 + o.cosim * a8, a6 = -o.sinim * a9 + o.cosim * a10;
    const double x1 = a1 * o.cosomm + a2 * o.sinomm, x2 = a3 * o.cosomm + a4 * o.sinomm;
    const double x3 = -a1 * o.sinomm + a2 * o.cosomm, x4 = -a3 * o.sinomm + a4 * o.cosomm;
    const double x5 = a5 * o.sinomm, x6 = a6 * o.sinomm, x7 = a5 * o.cosomm, x8 = a6 * o.cosomm;
    const double emsq = o.emsq, betasq = 1.0 - emsq, rtemsq = std::sqrt(betasq);
    Sums s{};
    s.z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3;
    s.z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4;
    s.z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4;
    s.z1 = 2.0 * (3.0 * (a1 * a1 + a2 * a2) + s.z31 * emsq) + betasq * s.z31;
    s.z2 = 2.0 * (6.0 * (a1 * a3 + a2 * a4) + s.z32 * emsq) + betasq * s.z32;
    s.z3 = 2.0 * (3.0 * (a3 * a3 + a4 * a4) + s.z33 * emsq) + betasq * s.z33;
    s.z11 = -6.0 * a1 * a5 + emsq * (-24.0 * x1 * x7 - 6.0 * x3 * x5);
    s.z12 = -6.0 * (a1 * a6 + a3 * a5) + emsq * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5));
    s.z13 = -6.0 * a3 * a6 + emsq * (-24.0 * x2 * x8 - 6.0 * x4 * x6);
    s.z21 = 6.0 * a2 * a5 + emsq * (24.0 * x1 * x5 - 6.0 * x3 * x7);
    s.z22 = 6.0 * (a4 * a5 + a2 * a6) + emsq * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8));
    s.z23 = 6.0 * a4 * a6 + emsq * (24.0 * x2 * x6 - 6.0 * x4 * x8);
    s.s3 = b.cc * o.xnoi;
    s.s2 = -0.5 * s.s3 / rtemsq;
    s.s4 = s.s3 * rtemsq;
    s.s1 = -15.0 * o.em * s.s4;
    s.s5 = x1 * x3 + x2 * x4;
    s.s6 = x2 * x3 + x1 * x4;
    s.s7 = x2 * x4 - x1 * x3;
    return s;
}

DeepSpaceTerms::Periodic periodic_of(const Sums& s, double emsq, double ze) {
    return {.e2 = 2.0 * s.s1 * s.s6,
            .e3 = 2.0 * s.s1 * s.s7,
            .i2 = 2.0 * s.s2 * s.z12,
            .i3 = 2.0 * s.s2 * (s.z13 - s.z11),
            .l2 = -2.0 * s.s3 * s.z2,
            .l3 = -2.0 * s.s3 * (s.z3 - s.z1),
            .l4 = -2.0 * s.s3 * (-21.0 - 9.0 * emsq) * ze,
            .gh2 = 2.0 * s.s4 * s.z32,
            .gh3 = 2.0 * s.s4 * (s.z33 - s.z31),
            .gh4 = -18.0 * s.s4 * ze,
            .h2 = -2.0 * s.s2 * s.z22,
            .h3 = -2.0 * s.s2 * (s.z23 - s.z21)};
}

struct Secular {
    double e, i, l, gh, h;
};

Secular secular_of(const Sums& s, double zn, double emsq, double inclm) {
    // Near the equator and its retrograde image the node's rate is set to zero, as the report does.
    const bool flat = inclm < 5.2359877e-2 || inclm > std::numbers::pi - 5.2359877e-2;
    return {.e = s.s1 * zn * s.s5,
            .i = s.s2 * zn * (s.z11 + s.z13),
            .l = -zn * s.s3 * (s.z1 + s.z3 - 14.0 - 6.0 * emsq),
            .gh = s.s4 * zn * (s.z31 + s.z33 - 6.0),
            .h = flat ? 0.0 : -zn * s.s2 * (s.z21 + s.z23)};
}

// Tesseral resonance of half-day orbits (AIAA 2006-6753 appendix B, DSINIT).
void half_day_terms(const Inputs& in, DeepSpaceTerms& d, double theta, double aonv) {
    constexpr double root22 = 1.7891679e-6, root32 = 3.7393792e-7, root44 = 7.3636953e-9;
    constexpr double root52 = 1.1428639e-7, root54 = 2.1765803e-9;
    const double e = in.elements.eccentricity, e2 = e * e, e3 = e * e2;
    const auto cubic = [=](double c0, double c1, double c2, double c3) { return c0 + c1 * e + c2 * e2 + c3 * e3; };
    const double g201 = -0.306 - (e - 0.64) * 0.440;
    double g211, g310, g322, g410, g422, g520, g521, g532, g533;
    if (e <= 0.65) {
        g211 = cubic(3.616, -13.2470, 16.2900, 0.0);
        g310 = cubic(-19.302, 117.3900, -228.4190, 156.5910);
        g322 = cubic(-18.9068, 109.7927, -214.6334, 146.5816);
        g410 = cubic(-41.122, 242.6940, -471.0940, 313.9530);
        g422 = cubic(-146.407, 841.8800, -1629.014, 1083.4350);
        g520 = cubic(-532.114, 3017.977, -5740.032, 3708.2760);
    } else {
        g211 = cubic(-72.099, 331.819, -508.738, 266.724);
        g310 = cubic(-346.844, 1582.851, -2415.925, 1246.113);
        g322 = cubic(-342.585, 1554.908, -2366.899, 1215.972);
        g410 = cubic(-1052.797, 4758.686, -7193.992, 3651.957);
        g422 = cubic(-3581.690, 16178.110, -24462.770, 12422.520);
        g520 = e > 0.715 ? cubic(-5149.66, 29936.92, -54087.36, 31324.56) : cubic(1464.74, -4664.75, 3763.64, 0.0);
    }
    if (e < 0.7) {
        g533 = cubic(-919.22770, 4988.6100, -9064.7700, 5542.21);
        g521 = cubic(-822.71072, 4568.6173, -8491.4146, 5337.524);
        g532 = cubic(-853.66600, 4690.2500, -8624.7700, 5341.4);
    } else {
        g533 = cubic(-37995.780, 161616.52, -229838.20, 109377.94);
        g521 = cubic(-51752.104, 218913.95, -309468.16, 146349.42);
        g532 = cubic(-40023.880, 170470.89, -242699.48, 115605.82);
    }
    const double s = in.sinio, c = in.cosio, s2 = s * s, c2 = c * c;
    const double f220 = 0.75 * (1.0 + 2.0 * c + c2), f221 = 1.5 * s2;
    const double f321 = 1.875 * s * (1.0 - 2.0 * c - 3.0 * c2), f322 = -1.875 * s * (1.0 + 2.0 * c - 3.0 * c2);
    const double f441 = 35.0 * s2 * f220, f442 = 39.3750 * s2 * s2;
    const double f522 =
        9.84375 * s * (s2 * (1.0 - 2.0 * c - 5.0 * c2) + 0.33333333 * (-2.0 + 4.0 * c + 6.0 * c2));
    const double f523 =
        s * (4.92187512 * s2 * (-2.0 - 4.0 * c + 10.0 * c2) + 6.56250012 * (1.0 + 2.0 * c - 3.0 * c2));
    const double f542 = 29.53125 * s * (2.0 - 8.0 * c + c2 * (-12.0 + 8.0 * c + 10.0 * c2));
    const double f543 = 29.53125 * s * (-2.0 - 8.0 * c + c2 * (12.0 + 8.0 * c - 10.0 * c2));
    const double base2 = 3.0 * in.no * in.no * aonv * aonv;
    const double base3 = base2 * aonv, base4 = base3 * aonv, base5 = base4 * aonv;
    d.d2201 = base2 * root22 * f220 * g201;
    d.d2211 = base2 * root22 * f221 * g211;
    d.d3210 = base3 * root32 * f321 * g310;
    d.d3222 = base3 * root32 * f322 * g322;
    d.d4410 = 2.0 * base4 * root44 * f441 * g410;
    d.d4422 = 2.0 * base4 * root44 * f442 * g422;
    d.d5220 = base5 * root52 * f522 * g520;
    d.d5232 = base5 * root52 * f523 * g532;
    d.d5421 = 2.0 * base5 * root54 * f542 * g521;
    d.d5433 = 2.0 * base5 * root54 * f543 * g533;
    const auto& el = in.elements;
    d.xlamo = std::fmod(el.mean_anomaly_rad + 2.0 * el.raan_rad - 2.0 * theta, twopi);
    d.xfact = in.mdot + d.dmdt + 2.0 * (in.nodedot + d.dnodt - rptim) - in.no;
}

// Tesseral resonance of one-day orbits (the same appendix).
void one_day_terms(const Inputs& in, DeepSpaceTerms& d, double theta, double aonv) {
    constexpr double q22 = 1.7891679e-6, q31 = 2.1460748e-6, q33 = 2.2123015e-7;
    const double emsq = in.elements.eccentricity * in.elements.eccentricity;
    const double g200 = 1.0 + emsq * (-2.5 + 0.8125 * emsq);
    const double g310 = 1.0 + 2.0 * emsq;
    const double g300 = 1.0 + emsq * (-6.0 + 6.60937 * emsq);
    const double c1 = 1.0 + in.cosio;
    const double f220 = 0.75 * c1 * c1;
    const double f311 = 0.9375 * in.sinio * in.sinio * (1.0 + 3.0 * in.cosio) - 0.75 * c1;
    const double f330 = 1.875 * c1 * c1 * c1;
    const double base = 3.0 * in.no * in.no * aonv * aonv;
    d.del2 = 2.0 * base * f220 * g200 * q22;
    d.del3 = 3.0 * base * f330 * g300 * q33 * aonv;
    d.del1 = base * f311 * g310 * q31 * aonv;
    const auto& el = in.elements;
    d.xlamo = std::fmod(el.mean_anomaly_rad + el.raan_rad + el.argument_of_perigee_rad - theta, twopi);
    d.xfact = in.mdot + in.argpdot + in.nodedot - rptim + d.dmdt + d.domdt + d.dnodt - in.no;
}

struct Rates {
    double xndt, xldot, xnddt;
};

Rates resonance_rates(const DeepSpaceTerms& d, double argpo, double argpdot, const ResonanceState& s) {
    Rates out{};
    out.xldot = s.xni + d.xfact;
    const auto add = [&out](double amplitude, double angle, double multiple) {
        out.xndt += amplitude * std::sin(angle);
        out.xnddt += multiple * amplitude * std::cos(angle);
    };
    if (d.irez == 1) {
        constexpr double fasx2 = 0.13130908, fasx4 = 2.8843198, fasx6 = 0.37448087;
        add(d.del1, s.xli - fasx2, 1.0);
        add(d.del2, 2.0 * (s.xli - fasx4), 2.0);
        add(d.del3, 3.0 * (s.xli - fasx6), 3.0);
    } else {
        constexpr double g22 = 5.7686396, g32 = 0.95240898, g44 = 1.8014998, g52 = 1.0508330, g54 = 4.4108898;
        const double xomi = argpo + argpdot * s.atime_min, x2omi = 2.0 * xomi, x2li = 2.0 * s.xli;
        add(d.d2201, x2omi + s.xli - g22, 1.0);
        add(d.d2211, s.xli - g22, 1.0);
        add(d.d3210, xomi + s.xli - g32, 1.0);
        add(d.d3222, -xomi + s.xli - g32, 1.0);
        add(d.d4410, x2omi + x2li - g44, 2.0);
        add(d.d4422, x2li - g44, 2.0);
        add(d.d5220, xomi + s.xli - g52, 1.0);
        add(d.d5232, -xomi + s.xli - g52, 1.0);
        add(d.d5421, xomi + x2li - g54, 2.0);
        add(d.d5433, -xomi + x2li - g54, 2.0);
    }
    out.xnddt *= out.xldot;
    return out;
}

struct Disturbance {
    double e, i, l, gh, h;
};

Disturbance periodic_at(const DeepSpaceTerms::Periodic& p, double zm, double ze) {
    const double zf = zm + 2.0 * ze * std::sin(zm);
    const double sinzf = std::sin(zf);
    const double f2 = 0.5 * sinzf * sinzf - 0.25;
    const double f3 = -0.5 * sinzf * std::cos(zf);
    return {.e = p.e2 * f2 + p.e3 * f3,
            .i = p.i2 * f2 + p.i3 * f3,
            .l = p.l2 * f2 + p.l3 * f3 + p.l4 * sinzf,
            .gh = p.gh2 * f2 + p.gh3 * f3 + p.gh4 * sinzf,
            .h = p.h2 * f2 + p.h3 * f3};
}

} // namespace

DeepSpaceTerms initialise(const Inputs& in) {
    constexpr double zsinis = 0.39785416, zcosis = 0.91744867; // obliquity of the ecliptic
    constexpr double zcosgs = 0.1945905, zsings = -0.98088458; // argument of the Sun's perigee
    const auto& el = in.elements;
    const double snodm = std::sin(el.raan_rad), cnodm = std::cos(el.raan_rad);
    const double emsq = el.eccentricity * el.eccentricity;
    const Orbit orbit{.em = el.eccentricity,
                      .emsq = emsq,
                      .sinim = in.sinio,
                      .cosim = in.cosio,
                      .sinomm = std::sin(el.argument_of_perigee_rad),
                      .cosomm = std::cos(el.argument_of_perigee_rad),
                      .xnoi = 1.0 / in.no};
    const double day = el.epoch_days_1950 + 18261.5;
    const double xnodce = std::fmod(4.5236020 - 9.2422029e-4 * day, twopi);
    const double stem = std::sin(xnodce), ctem = std::cos(xnodce);
    const double zcosil = 0.91375164 - 0.03568096 * ctem, zsinil = std::sqrt(1.0 - zcosil * zcosil);
    const double zsinhl = 0.089683511 * stem / zsinil, zcoshl = std::sqrt(1.0 - zsinhl * zsinhl);
    const double gam = 5.8351514 + 0.0019443680 * day;
    const double zx =
        gam + std::atan2(0.39785416 * stem / zsinil, zcoshl * ctem + 0.91744867 * zsinhl * stem) - xnodce;
    const Sums sun = sums_of({zcosgs, zsings, zcosis, zsinis, cnodm, snodm, c1ss, zes}, orbit);
    const Sums moon = sums_of({std::cos(zx), std::sin(zx), zcosil, zsinil, zcoshl * cnodm + zsinhl * snodm,
                               snodm * zcoshl - cnodm * zsinhl, c1l, zel},
                              orbit);
    DeepSpaceTerms d{};
    d.zmol = std::fmod(4.7199672 + 0.22997150 * day - gam, twopi);
    d.zmos = std::fmod(6.2565837 + 0.017201977 * day, twopi);
    d.solar = periodic_of(sun, emsq, zes);
    d.lunar = periodic_of(moon, emsq, zel);

    const Secular ss = secular_of(sun, zns, emsq, el.inclination_rad);
    const Secular sl = secular_of(moon, znl, emsq, el.inclination_rad);
    const double shs = in.sinio != 0.0 ? ss.h / in.sinio : ss.h;
    d.dedt = ss.e + sl.e;
    d.didt = ss.i + sl.i;
    d.dmdt = ss.l + sl.l;
    d.domdt = ss.gh - in.cosio * shs + sl.gh;
    d.dnodt = shs;
    if (in.sinio != 0.0) {
        const double shl = sl.h / in.sinio; // divided first: at a tiny inclination sl.h is zero and 1 / sinio infinite
        d.domdt -= in.cosio * shl;
        d.dnodt += shl;
    }
    if (in.no < 0.0052359877 && in.no > 0.0034906585) {
        d.irez = 1;
    } else if (in.no >= 8.26e-3 && in.no <= 9.24e-3 && el.eccentricity >= 0.5) {
        d.irez = 2;
    }
    const double theta = std::fmod(in.gsto, twopi);
    const double aonv = std::pow(in.no / in.xke, 2.0 / 3.0);
    if (d.irez == 2) {
        half_day_terms(in, d, theta, aonv);
    } else if (d.irez == 1) {
        one_day_terms(in, d, theta, aonv);
    }
    return d;
}

void add_secular(const DeepSpaceTerms& d, const MeanElements& el, double no, double argpdot, double gsto, double t,
                 ResonanceState& s, Working& w) {
    constexpr double step = 720.0, step2 = 259200.0; // min, and half its square
    w.em += d.dedt * t;
    w.inclm += d.didt * t;
    w.argpm += d.domdt * t;
    w.nodem += d.dnodt * t;
    w.mm += d.dmdt * t;
    if (d.irez == 0) {
        return;
    }
    // Start anew at the epoch unless the last step lies between it and t: the result then never depends on the order.
    if (s.atime_min == 0.0 || t * s.atime_min <= 0.0 || std::abs(t) < std::abs(s.atime_min)) {
        s = {.atime_min = 0.0, .xli = d.xlamo, .xni = no};
    }
    const double delt = t > 0.0 ? step : -step;
    Rates rates = resonance_rates(d, el.argument_of_perigee_rad, argpdot, s);
    while (std::abs(t - s.atime_min) >= step) {
        s.xli += rates.xldot * delt + rates.xndt * step2;
        s.xni += rates.xndt * delt + rates.xnddt * step2;
        s.atime_min += delt;
        rates = resonance_rates(d, el.argument_of_perigee_rad, argpdot, s);
    }
    const double ft = t - s.atime_min;
    w.nm = s.xni + rates.xndt * ft + rates.xnddt * ft * ft * 0.5;
    const double xl = s.xli + rates.xldot * ft + rates.xndt * ft * ft * 0.5;
    const double theta = std::fmod(gsto + t * rptim, twopi);
    w.mm = d.irez == 1 ? xl - w.nodem - w.argpm + theta : xl - 2.0 * w.nodem + 2.0 * theta;
}

std::vector<lanes::ResonanceNode> resonance_nodes(const DeepSpaceTerms& d, const MeanElements& el, double no,
                                                  double argpdot, double until_min) {
    constexpr double step = lanes::node_step_min, step2 = 0.5 * step * step;
    const double delt = until_min < 0.0 ? -step : step;
    ResonanceState s{.atime_min = 0.0, .xli = d.xlamo, .xni = no};
    std::vector<lanes::ResonanceNode> nodes;
    for (;;) {
        const Rates rates = resonance_rates(d, el.argument_of_perigee_rad, argpdot, s);
        nodes.push_back({s.xli, s.xni, rates.xldot, rates.xndt, rates.xnddt});
        if (std::abs(s.atime_min) > std::abs(until_min)) {
            return nodes;
        }
        s.xli += rates.xldot * delt + rates.xndt * step2;
        s.xni += rates.xndt * delt + rates.xnddt * step2;
        s.atime_min += delt;
    }
}

void add_periodic(const DeepSpaceTerms& d, double t, double& ep, double& inclp, double& nodep, double& argpp,
                  double& mp) {
    const Disturbance s = periodic_at(d.solar, d.zmos + zns * t, zes);
    const Disturbance m = periodic_at(d.lunar, d.zmol + znl * t, zel);
    const double pinc = s.i + m.i, pl = s.l + m.l;
    double pgh = s.gh + m.gh, ph = s.h + m.h;
    inclp += pinc;
    ep += s.e + m.e;
    const double sinip = std::sin(inclp), cosip = std::cos(inclp);
    if (inclp >= 0.2) {
        ph /= sinip;
        argpp += pgh - cosip * ph;
        nodep += ph;
        mp += pl;
        return;
    }
    // Lyddane's form, regular at small inclinations.
    const double sinop = std::sin(nodep), cosop = std::cos(nodep);
    const double alfdp = sinip * sinop + ph * cosop + pinc * cosip * sinop;
    const double betdp = sinip * cosop - ph * sinop + pinc * cosip * cosop;
    nodep = std::fmod(nodep, twopi);
    const double xls = mp + argpp + cosip * nodep + pl + pgh - pinc * nodep * sinip;
    const double xnoh = nodep;
    nodep = std::atan2(alfdp, betdp);
    if (std::abs(xnoh - nodep) > std::numbers::pi) {
        nodep += nodep < xnoh ? twopi : -twopi;
    }
    mp += pl;
    argpp = xls - mp - cosip * nodep;
}

} // namespace llamaspace::deep_space
