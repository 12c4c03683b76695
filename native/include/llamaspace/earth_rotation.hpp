// How the Earth is turned in space: daily Earth orientation parameters, and the rotations that they give.
#pragma once

#include "llamaspace/precession_nutation.hpp"
#include "llamaspace/vec3.hpp"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace llamaspace {

struct EarthOrientation {
    double ut1_minus_tai_s;
    double pole_x_rad, pole_y_rad; // of the pole in ITRF
    double dx_rad, dy_rad;         // observed less modelled celestial pole
    double lod_s;                  // length of day over 86400 s
};

// Daily values at 0 h UTC, interpolated by cubics; before and after the table its ends are held.
class EarthOrientationTable {
  public:
    // Throws Error(bad_value) with fewer than four days or a value that is not finite.
    EarthOrientationTable(double first_mjd_utc, std::span<const EarthOrientation> days);

    [[nodiscard]] EarthOrientation at(double t_tai_s) const;
    [[nodiscard]] double first_tai_s() const { return first_tai_s_; }
    [[nodiscard]] double last_tai_s() const;

  private:
    double first_tai_s_;
    std::vector<std::array<double, 6>> days_;
};

// Earth rotation angle of IAU 2000, rad in [0, 2 pi).
[[nodiscard]] double earth_rotation_angle_rad(double t_tai_s, double ut1_minus_tai_s);

// Greenwich mean sidereal time of 1982 at an instant, rad; the angle that TEME is defined with.
[[nodiscard]] double gmst82_at_rad(double t_tai_s, double ut1_minus_tai_s);

// Polar motion and TIO locator: ITRF from the terrestrial intermediate frame (also called PEF).
[[nodiscard]] Mat3 dcm_itrf_from_pef(double t_tai_s, const EarthOrientation& earth);

// Every rotation between GCRF and ITRF, for many instants of a span or for a single one.
class EarthRotation {
  public:
    // The pole is interpolated over start to end. The table must outlive this.
    EarthRotation(const EarthOrientationTable& table, double start_tai_s, double end_tai_s);
    // The whole series at every instant.
    explicit EarthRotation(const EarthOrientationTable& table) : table_(&table) {}

    [[nodiscard]] EarthOrientation orientation(double t_tai_s) const { return table_->at(t_tai_s); }
    [[nodiscard]] Mat3 dcm_cirs_from_gcrf(double t_tai_s) const;
    [[nodiscard]] Mat3 dcm_tod_from_gcrf(double t_tai_s) const;
    [[nodiscard]] Mat3 dcm_pef_from_gcrf(double t_tai_s) const;
    [[nodiscard]] Mat3 dcm_itrf_from_gcrf(double t_tai_s) const;
    [[nodiscard]] Mat3 dcm_gcrf_from_teme(double t_tai_s) const;
    [[nodiscard]] Mat3 dcm_pef_from_teme(double t_tai_s) const;  // no nutation: sidereal time only
    [[nodiscard]] Mat3 dcm_itrf_from_teme(double t_tai_s) const; // no nutation
    // Rate of ITRF relative to GCRF about the pole.
    [[nodiscard]] double rate_rad_s(double t_tai_s) const;

  private:
    [[nodiscard]] CelestialPole pole(double t_tai_s, const EarthOrientation& earth) const;

    const EarthOrientationTable* table_;
    std::optional<CelestialPoleSeries> poles_;
};

} // namespace llamaspace
