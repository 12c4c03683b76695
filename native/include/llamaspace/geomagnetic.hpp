// The Earth's main magnetic field: spherical harmonics whose coefficients change linearly between epochs.
#pragma once

#include "llamaspace/gravity.hpp"
#include "llamaspace/vec3.hpp"

#include <span>
#include <vector>

namespace llamaspace {

// Schmidt semi-normalised g and h of one degree and order at each epoch, nT.
struct GeomagneticTerm {
    int degree, order;
    std::vector<double> g_nt, h_nt;
};

class GeomagneticModel {
  public:
    // Epochs in decimal years, increasing. Throws Error(bad_shape, bad_value) for tables that do not fit together.
    GeomagneticModel(std::span<const double> epochs_year, std::span<const GeomagneticTerm> terms);

    [[nodiscard]] double first_year() const { return epochs_year_.front(); }
    [[nodiscard]] double last_year() const { return epochs_year_.back(); }

    // Magnetic flux density in ITRF, T. Throws Error(no_data) for a year outside the model.
    [[nodiscard]] Vec3 field_itrf_t(const Vec3& r_itrf_m, double year) const;

  private:
    std::vector<double> epochs_year_;
    std::vector<GravityModel> at_epochs_;
};

} // namespace llamaspace
