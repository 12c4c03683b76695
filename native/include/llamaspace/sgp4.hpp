// SGP4 and SDP4: mean elements of a catalogue to position and velocity in TEME.
//
// Source: Hoots and Roehrich, Spacetrack Report No. 3 (1980); Vallado, Crawford, Hujsak and Kelso,
// "Revisiting Spacetrack Report #3", AIAA 2006-6753 (improved mode, WGS 72). Symbols are those of the reports.
#pragma once

#include "llamaspace/lanes.hpp"
#include "llamaspace/vec3.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

// Codes of AIAA 2006-6753; zero is success.
enum class Sgp4Code : std::uint8_t {
    ok = 0,
    mean_eccentricity = 1,   // mean eccentricity outside [-0.001, 1)
    mean_motion = 2,         // mean motion not positive
    perturbed_eccentricity = 3, // eccentricity outside [0, 1] after lunar and solar terms
    semi_latus_rectum = 4,   // negative
    decayed = 6,             // below the Earth's surface
};

struct MeanElements {
    double epoch_days_1950;      // UTC days since 1949-12-31T00:00:00
    double mean_motion_rad_min;  // Kozai, as published
    double eccentricity;
    double inclination_rad;
    double raan_rad;
    double argument_of_perigee_rad;
    double mean_anomaly_rad;
    double bstar_per_earth_radius;
};

struct Sgp4State {
    Vec3 r_teme_m;
    Vec3 v_teme_m_s;
    Sgp4Code code;
};

// Where the resonance integrator last stood; passed along a series of epochs so that each continues the one before.
struct ResonanceState {
    double atime_min{};
    double xli{};
    double xni{};
};

// Lunar and solar terms, secular and periodic, of one satellite with a period of 225 minutes or more.
struct DeepSpaceTerms {
    struct Periodic {
        double e2, e3, i2, i3, l2, l3, l4, gh2, gh3, gh4, h2, h3;
    };
    Periodic solar, lunar;
    double zmos, zmol;
    double dedt, didt, dmdt, domdt, dnodt;
    int irez; // 0: none, 1: one day, 2: half a day
    double del1, del2, del3;
    double d2201, d2211, d3210, d3222, d4410, d4422, d5220, d5232, d5421, d5433;
    double xlamo, xfact;
};

namespace lanes {
struct Terms; // what the side-by-side code copies out of a satellite
}

class Sgp4Satellite {
  public:
    // Throws Error(bad_value) where an element is not finite or outside its range.
    explicit Sgp4Satellite(const MeanElements& elements);

    // State at minutes since epoch; deterministic whatever the state of `resonance`.
    [[nodiscard]] Sgp4State propagate(double tsince_min, ResonanceState& resonance) const;

    [[nodiscard]] const MeanElements& elements() const { return elements_; }
    [[nodiscard]] bool is_deep_space() const { return deep_; }
    [[nodiscard]] double mean_motion_rad_min() const { return no_; } // Brouwer
    [[nodiscard]] double nodedot_rad_min() const { return nodedot_; }
    [[nodiscard]] lanes::Terms lane_terms() const;
    [[nodiscard]] const DeepSpaceTerms& deep_space_terms() const { return terms_; }
    [[nodiscard]] double argpdot_rad_min() const { return argpdot_; }

  private:
    void init_near_earth();

    MeanElements elements_;
    bool deep_{}, isimp_{};
    double no_{}, gsto_{};
    double cc1_{}, cc4_{}, cc5_{}, d2_{}, d3_{}, d4_{}, delmo_{}, eta_{}, sinmao_{};
    double argpdot_{}, mdot_{}, nodedot_{}, nodecf_{}, omgcof_{}, xmcof_{};
    double t2cof_{}, t3cof_{}, t4cof_{}, t5cof_{}, aycof_{}, xlcof_{};
    double con41_{}, x1mth2_{}, x7thm1_{}, sinio_{}, cosio_{};
    DeepSpaceTerms terms_{};
};

// Longest time from an epoch, about 1,900 years: beyond, the resonance integrator would never arrive.
inline constexpr double longest_minutes = 1.0e9;

// One row of minutes per satellite (minutes.size() == satellites.size() * epochs); r and v hold 3 numbers per state.
void propagate_rows(std::span<const Sgp4Satellite> satellites, std::size_t epochs, std::span<const double> minutes,
                    std::span<double> r_teme_m, std::span<double> v_teme_m_s, std::span<std::uint8_t> codes);

// Every satellite at the same grid of minutes, counted from each one's own epoch plus its offset. Output as
// propagate_rows, which it agrees with to 1e-5 m; several epochs of a satellite are flown side by side.
// Throws Error(bad_value) where the processor lacks the instructions, Error(bad_shape) where sizes differ.
void propagate_grid(std::span<const Sgp4Satellite> satellites, std::span<const double> offsets_min,
                    std::span<const double> minutes, std::span<double> r_teme_m, std::span<double> v_teme_m_s,
                    std::span<std::uint8_t> codes, Lanes lanes = Lanes::automatic, unsigned threads = 1);

// Greenwich mean sidereal time of 1982, the angle that TEME is defined with.
double gmst82_rad(double jd_ut1_days_since_j2000);

} // namespace llamaspace
