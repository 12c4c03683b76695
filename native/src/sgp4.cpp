// SGP4 for one satellite and for rows of epochs (AIAA 2006-6753, improved mode, WGS 72).
#include "llamaspace/sgp4.hpp"

#include "deep_space.hpp"
#include "llamaspace/error.hpp"
#include "sgp4_lanes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr double twopi = 2.0 * std::numbers::pi;
constexpr double mu_km3_s2 = 398600.8;       // WGS 72
constexpr double earth_radius_km = 6378.135; // WGS 72
constexpr double j2 = 0.001082616;           // WGS 72
constexpr double j3 = -0.00000253881;        // WGS 72
constexpr double j4 = -0.00000165597;        // WGS 72
constexpr double j3oj2 = j3 / j2;
constexpr double two_thirds = 2.0 / 3.0;
const double xke = 60.0 / std::sqrt(earth_radius_km * earth_radius_km * earth_radius_km / mu_km3_s2);

void require(bool good, const char* name, double value, const char* limit) {
    if (!good) {
        throw Error(ErrorCode::bad_value, std::string(name) + " " + std::to_string(value) + " is not " + limit);
    }
}

// Long-period coefficient; the guard keeps it finite at an inclination of 180 degrees.
double xlcof_of(double sini, double cosi) {
    const double divisor = std::abs(cosi + 1.0) > 1.5e-12 ? 1.0 + cosi : 1.5e-12;
    return -0.25 * j3oj2 * sini * (3.0 + 5.0 * cosi) / divisor;
}

} // namespace

double gmst82_rad(double ut1_days_since_j2000) {
    // IAU 1982; seconds of time, written as in AIAA 2006-6753 appendix C.
    const double tut1 = ut1_days_since_j2000 / 36525.0;
    const double seconds =
        ((-6.2e-6 * tut1 + 0.093104) * tut1 + (876600.0 * 3600.0 + 8640184.812866)) * tut1 + 67310.54841;
    const double angle = std::fmod(seconds * std::numbers::pi / 180.0 / 240.0, twopi);
    return angle < 0.0 ? angle + twopi : angle;
}

Sgp4Satellite::Sgp4Satellite(const MeanElements& elements) : elements_(elements) {
    const auto& el = elements_;
    require(std::isfinite(el.epoch_days_1950), "epoch", el.epoch_days_1950, "finite");
    require(std::isfinite(el.mean_motion_rad_min) && el.mean_motion_rad_min > 0.0, "mean motion",
            el.mean_motion_rad_min, "positive (rad/min)");
    require(el.eccentricity >= 0.0 && el.eccentricity < 1.0, "eccentricity", el.eccentricity, "in [0, 1)");
    require(el.inclination_rad >= 0.0 && el.inclination_rad <= std::numbers::pi, "inclination", el.inclination_rad,
            "in [0, pi] rad");
    require(std::isfinite(el.raan_rad), "right ascension of the node", el.raan_rad, "finite");
    require(std::isfinite(el.argument_of_perigee_rad), "argument of perigee", el.argument_of_perigee_rad, "finite");
    require(std::isfinite(el.mean_anomaly_rad), "mean anomaly", el.mean_anomaly_rad, "finite");
    require(std::isfinite(el.bstar_per_earth_radius), "BSTAR", el.bstar_per_earth_radius, "finite");
    init_near_earth();
}

void Sgp4Satellite::init_near_earth() {
    const auto& el = elements_;
    const double ecco = el.eccentricity, eccsq = ecco * ecco, omeosq = 1.0 - eccsq, rteosq = std::sqrt(omeosq);
    cosio_ = std::cos(el.inclination_rad);
    sinio_ = std::sin(el.inclination_rad);
    const double cosio2 = cosio_ * cosio_, cosio4 = cosio2 * cosio2;

    // Brouwer mean motion from Kozai's.
    const double ak = std::pow(xke / el.mean_motion_rad_min, two_thirds);
    const double d1 = 0.75 * j2 * (3.0 * cosio2 - 1.0) / (rteosq * omeosq);
    double del = d1 / (ak * ak);
    const double adel = ak * (1.0 - del * del - del * (1.0 / 3.0 + 134.0 * del * del / 81.0));
    del = d1 / (adel * adel);
    no_ = el.mean_motion_rad_min / (1.0 + del);
    const double ao = std::pow(xke / no_, two_thirds);
    const double po = ao * omeosq, con42 = 1.0 - 5.0 * cosio2, rp = ao * (1.0 - ecco);
    con41_ = -con42 - 2.0 * cosio2;
    x1mth2_ = 1.0 - cosio2;
    x7thm1_ = 7.0 * cosio2 - 1.0;
    gsto_ = gmst82_rad(el.epoch_days_1950 + 2433281.5 - 2451545.0);

    // Density function: below 156 km perigee its parameters change.
    isimp_ = rp < 220.0 / earth_radius_km + 1.0;
    const double perige_km = (rp - 1.0) * earth_radius_km;
    double s_km = 78.0;
    if (perige_km < 98.0) {
        s_km = 20.0;
    } else if (perige_km < 156.0) {
        s_km = perige_km - 78.0;
    }
    const double sfour = s_km / earth_radius_km + 1.0;
    const double qzms24 = std::pow((120.0 - s_km) / earth_radius_km, 4);
    const double pinvsq = 1.0 / (po * po), tsi = 1.0 / (ao - sfour);
    eta_ = ao * ecco * tsi;
    const double etasq = eta_ * eta_, eeta = ecco * eta_, psisq = std::abs(1.0 - etasq);
    const double coef = qzms24 * std::pow(tsi, 4), coef1 = coef / std::pow(psisq, 3.5);
    const double cc2 = coef1 * no_ *
                       (ao * (1.0 + 1.5 * etasq + eeta * (4.0 + etasq)) +
                        0.375 * j2 * tsi / psisq * con41_ * (8.0 + 3.0 * etasq * (8.0 + etasq)));
    const double bstar = el.bstar_per_earth_radius;
    cc1_ = bstar * cc2;
    const double cc3 = ecco > 1.0e-4 ? -2.0 * coef * tsi * j3oj2 * no_ * sinio_ / ecco : 0.0;
    cc4_ = 2.0 * no_ * coef1 * ao * omeosq *
           (eta_ * (2.0 + 0.5 * etasq) + ecco * (0.5 + 2.0 * etasq) -
            j2 * tsi / (ao * psisq) *
                (-3.0 * con41_ * (1.0 - 2.0 * eeta + etasq * (1.5 - 0.5 * eeta)) +
                 0.75 * x1mth2_ * (2.0 * etasq - eeta * (1.0 + etasq)) * std::cos(2.0 * el.argument_of_perigee_rad)));
    cc5_ = 2.0 * coef1 * ao * omeosq * (1.0 + 2.75 * (etasq + eeta) + eeta * etasq);

    // Secular rates.
    const double temp1 = 1.5 * j2 * pinvsq * no_, temp2 = 0.5 * temp1 * j2 * pinvsq;
    const double temp3 = -0.46875 * j4 * pinvsq * pinvsq * no_;
    mdot_ = no_ + 0.5 * temp1 * rteosq * con41_ + 0.0625 * temp2 * rteosq * (13.0 - 78.0 * cosio2 + 137.0 * cosio4);
    argpdot_ = -0.5 * temp1 * con42 + 0.0625 * temp2 * (7.0 - 114.0 * cosio2 + 395.0 * cosio4) +
               temp3 * (3.0 - 36.0 * cosio2 + 49.0 * cosio4);
    const double xhdot1 = -temp1 * cosio_;
    nodedot_ = xhdot1 + (0.5 * temp2 * (4.0 - 19.0 * cosio2) + 2.0 * temp3 * (3.0 - 7.0 * cosio2)) * cosio_;

    omgcof_ = bstar * cc3 * std::cos(el.argument_of_perigee_rad);
    xmcof_ = ecco > 1.0e-4 ? -two_thirds * coef * bstar / eeta : 0.0;
    nodecf_ = 3.5 * omeosq * xhdot1 * cc1_;
    t2cof_ = 1.5 * cc1_;
    xlcof_ = xlcof_of(sinio_, cosio_);
    aycof_ = -0.5 * j3oj2 * sinio_;
    delmo_ = std::pow(1.0 + eta_ * std::cos(el.mean_anomaly_rad), 3);
    sinmao_ = std::sin(el.mean_anomaly_rad);

    deep_ = twopi / no_ >= 225.0;
    if (deep_) {
        isimp_ = true;
        terms_ = deep_space::initialise(
            {elements_, no_, xke, gsto_, mdot_, argpdot_, nodedot_, sinio_, cosio_});
    }
    if (!isimp_) {
        const double cc1sq = cc1_ * cc1_;
        d2_ = 4.0 * ao * tsi * cc1sq;
        const double temp = d2_ * tsi * cc1_ / 3.0;
        d3_ = (17.0 * ao + sfour) * temp;
        d4_ = 0.5 * temp * ao * tsi * (221.0 * ao + 31.0 * sfour) * cc1_;
        t3cof_ = d2_ + 2.0 * cc1sq;
        t4cof_ = 0.25 * (3.0 * d3_ + cc1_ * (12.0 * d2_ + 10.0 * cc1sq));
        t5cof_ = 0.2 * (3.0 * d4_ + 12.0 * cc1_ * d3_ + 6.0 * d2_ * d2_ + 15.0 * cc1sq * (2.0 * d2_ + cc1sq));
    }
}

Sgp4State Sgp4Satellite::propagate(double t, ResonanceState& resonance) const {
    const auto& el = elements_;
    const auto failed = [](Sgp4Code code) {
        const double nan = std::nan("");
        return Sgp4State{{nan, nan, nan}, {nan, nan, nan}, code};
    };

    // Secular effects of gravity and drag.
    const double xmdf = el.mean_anomaly_rad + mdot_ * t, argpdf = el.argument_of_perigee_rad + argpdot_ * t;
    const double t2 = t * t;
    deep_space::Working w{.em = el.eccentricity,
                          .inclm = el.inclination_rad,
                          .argpm = argpdf,
                          .nodem = el.raan_rad + nodedot_ * t + nodecf_ * t2,
                          .mm = xmdf,
                          .nm = no_};
    double tempa = 1.0 - cc1_ * t, tempe = el.bstar_per_earth_radius * cc4_ * t, templ = t2cof_ * t2;
    if (!isimp_) {
        const double one_eta = 1.0 + eta_ * std::cos(xmdf);
        const double temp = omgcof_ * t + xmcof_ * (one_eta * one_eta * one_eta - delmo_);
        w.mm = xmdf + temp;
        w.argpm = argpdf - temp;
        const double t3 = t2 * t, t4 = t3 * t;
        tempa -= d2_ * t2 + d3_ * t3 + d4_ * t4;
        tempe += el.bstar_per_earth_radius * cc5_ * (std::sin(w.mm) - sinmao_);
        templ += t3cof_ * t3 + t4 * (t4cof_ + t * t5cof_);
    }
    if (deep_) {
        deep_space::add_secular(terms_, el, no_, argpdot_, gsto_, t, resonance, w);
    }
    if (!(w.nm > 0.0)) {
        return failed(Sgp4Code::mean_motion);
    }
    const double am = std::pow(xke / w.nm, two_thirds) * tempa * tempa;
    const double nm = xke / (am * std::sqrt(am));
    double ep = w.em - tempe;
    if (!(ep < 1.0 && ep >= -0.001)) {
        return failed(Sgp4Code::mean_eccentricity);
    }
    ep = std::max(ep, 1.0e-6);
    w.mm += no_ * templ;
    const double xlm = std::fmod(w.mm + w.argpm + w.nodem, twopi);
    double nodep = std::fmod(w.nodem, twopi), argpp = std::fmod(w.argpm, twopi);
    double mp = std::fmod(xlm - argpp - nodep, twopi), xincp = w.inclm;

    // Lunar and solar periodics.
    double sinip = sinio_, cosip = cosio_, aycof = aycof_, xlcof = xlcof_;
    double con41 = con41_, x1mth2 = x1mth2_, x7thm1 = x7thm1_;
    if (deep_) {
        deep_space::add_periodic(terms_, t, ep, xincp, nodep, argpp, mp);
        if (xincp < 0.0) {
            xincp = -xincp;
            nodep += std::numbers::pi;
            argpp -= std::numbers::pi;
        }
        if (!(ep >= 0.0 && ep <= 1.0)) {
            return failed(Sgp4Code::perturbed_eccentricity);
        }
        sinip = std::sin(xincp);
        cosip = std::cos(xincp);
        aycof = -0.5 * j3oj2 * sinip;
        xlcof = xlcof_of(sinip, cosip);
        const double cosisq = cosip * cosip;
        con41 = 3.0 * cosisq - 1.0;
        x1mth2 = 1.0 - cosisq;
        x7thm1 = 7.0 * cosisq - 1.0;
    }

    // Long-period periodics and Kepler's equation.
    const double axnl = ep * std::cos(argpp);
    const double inverse_p = 1.0 / (am * (1.0 - ep * ep));
    const double aynl = ep * std::sin(argpp) + inverse_p * aycof;
    const double xl = mp + argpp + nodep + inverse_p * xlcof * axnl;
    const double u = std::fmod(xl - nodep, twopi);
    double eo1 = u, sineo1 = 0.0, coseo1 = 1.0;
    for (int iteration = 0; iteration < 10; ++iteration) {
        sineo1 = std::sin(eo1);
        coseo1 = std::cos(eo1);
        double step = (u - aynl * coseo1 + axnl * sineo1 - eo1) / (1.0 - coseo1 * axnl - sineo1 * aynl);
        step = std::min(std::max(step, -0.95), 0.95);
        eo1 += step;
        if (std::abs(step) < 1.0e-12) {
            break;
        }
    }

    // Short-period periodics.
    const double ecose = axnl * coseo1 + aynl * sineo1, esine = axnl * sineo1 - aynl * coseo1;
    const double el2 = axnl * axnl + aynl * aynl, pl = am * (1.0 - el2);
    if (!(pl >= 0.0)) {
        return failed(Sgp4Code::semi_latus_rectum);
    }
    const double rl = am * (1.0 - ecose), rdotl = std::sqrt(am) * esine / rl, rvdotl = std::sqrt(pl) / rl;
    const double betal = std::sqrt(1.0 - el2), ratio = esine / (1.0 + betal);
    const double sinu = am / rl * (sineo1 - aynl - axnl * ratio), cosu = am / rl * (coseo1 - axnl + aynl * ratio);
    const double sin2u = 2.0 * cosu * sinu, cos2u = 1.0 - 2.0 * sinu * sinu;
    const double temp1 = 0.5 * j2 / pl, temp2 = temp1 / pl;
    const double mrt = rl * (1.0 - 1.5 * temp2 * betal * con41) + 0.5 * temp1 * x1mth2 * cos2u;
    const double su = std::atan2(sinu, cosu) - 0.25 * temp2 * x7thm1 * sin2u;
    const double xnode = nodep + 1.5 * temp2 * cosip * sin2u;
    const double xinc = xincp + 1.5 * temp2 * cosip * sinip * cos2u;
    const double mvt = rdotl - nm * temp1 * x1mth2 * sin2u / xke;
    const double rvdot = rvdotl + nm * temp1 * (x1mth2 * cos2u + 1.5 * con41) / xke;

    const double sinsu = std::sin(su), cossu = std::cos(su), snod = std::sin(xnode), cnod = std::cos(xnode);
    const double sini = std::sin(xinc), cosi = std::cos(xinc);
    const double xmx = -snod * cosi, xmy = cnod * cosi;
    const Vec3 radial{xmx * sinsu + cnod * cossu, xmy * sinsu + snod * cossu, sini * sinsu};
    const Vec3 transverse{xmx * cossu - cnod * sinsu, xmy * cossu - snod * sinsu, sini * cossu};
    const double speed_m_s = earth_radius_km * xke / 60.0 * 1000.0;
    return {.r_teme_m = (mrt * earth_radius_km * 1000.0) * radial,
            .v_teme_m_s = speed_m_s * (mvt * radial + rvdot * transverse),
            .code = mrt < 1.0 ? Sgp4Code::decayed : Sgp4Code::ok};
}

lanes::Terms Sgp4Satellite::lane_terms() const {
    const auto& el = elements_;
    return {.deep = deep_, .isimp = isimp_, .ecco = el.eccentricity, .inclo = el.inclination_rad, .nodeo = el.raan_rad,
            .argpo = el.argument_of_perigee_rad, .mo = el.mean_anomaly_rad, .bstar = el.bstar_per_earth_radius,
            .no = no_, .a0 = std::pow(xke / no_, two_thirds), .gsto = gsto_, .cc1 = cc1_, .cc4 = cc4_, .cc5 = cc5_,
            .d2 = d2_, .d3 = d3_, .d4 = d4_, .delmo = delmo_, .eta = eta_, .sinmao = sinmao_, .argpdot = argpdot_,
            .mdot = mdot_, .nodedot = nodedot_, .nodecf = nodecf_, .omgcof = omgcof_, .xmcof = xmcof_, .t2cof = t2cof_,
            .t3cof = t3cof_, .t4cof = t4cof_, .t5cof = t5cof_, .aycof = aycof_, .xlcof = xlcof_, .con41 = con41_,
            .x1mth2 = x1mth2_, .x7thm1 = x7thm1_, .sinio = sinio_, .cosio = cosio_, .deep_terms = terms_};
}

void propagate_rows(std::span<const Sgp4Satellite> satellites, std::size_t epochs, std::span<const double> minutes,
                    std::span<double> r_teme_m, std::span<double> v_teme_m_s, std::span<std::uint8_t> codes) {
    const std::size_t states = satellites.size() * epochs;
    if (minutes.size() != states || r_teme_m.size() != 3 * states || v_teme_m_s.size() != 3 * states ||
        codes.size() != states) {
        throw Error(ErrorCode::bad_shape, "propagate_rows needs one minute, code and pair of vectors per state");
    }
    for (const double minute : minutes) {
        require(std::abs(minute) <= longest_minutes, "a time since the epoch", minute, "within 1e9 minutes");
    }
    for (std::size_t row = 0; row < satellites.size(); ++row) {
        ResonanceState resonance{};
        for (std::size_t column = 0; column < epochs; ++column) {
            const std::size_t k = row * epochs + column;
            const Sgp4State s = satellites[row].propagate(minutes[k], resonance);
            r_teme_m[3 * k] = s.r_teme_m.x;
            r_teme_m[3 * k + 1] = s.r_teme_m.y;
            r_teme_m[3 * k + 2] = s.r_teme_m.z;
            v_teme_m_s[3 * k] = s.v_teme_m_s.x;
            v_teme_m_s[3 * k + 1] = s.v_teme_m_s.y;
            v_teme_m_s[3 * k + 2] = s.v_teme_m_s.z;
            codes[k] = static_cast<std::uint8_t>(s.code);
        }
    }
}

} // namespace llamaspace
