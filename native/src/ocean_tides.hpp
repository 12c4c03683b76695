// What the tides of the ocean change in the Earth's gravity field.
#pragma once

#include "llamaspace/forces.hpp"
#include "llamaspace/gravity.hpp"

namespace llamaspace {

// Writes the sum of all waves at an instant into a model of degree and order 8. `earth_angle_rad` is the Earth rotation
// angle. IERS Conventions 2010, eq. 6.15.
void store_ocean_tides(const OceanTideTable& table, double t_tai_s, double earth_angle_rad, GravityModel& model);

} // namespace llamaspace
