// Turns from one attitude to another, and the commanded attitude over a whole timeline.
#pragma once

#include "llamaspace/attitude_guidance.hpp"

#include <functional>
#include <vector>

namespace llamaspace {

// A turn about one axis: from rest to rest with a trapezoid of rate, or, `brakes`, from a rate to rest.
struct SlewLeg {
    Vec3 axis;             // body axes
    double angle_rad;      // turned from start to end
    double acceleration_rad_s2, rate_rad_s; // of the ramps, and the highest
    double duration_s;
    bool brakes;
    Quaternion end;        // attitude at the end, relative to what the slew leads to

    // Angle turned after a time in the leg.
    [[nodiscard]] double turned_rad(double since_s) const;
};

// What the wheels and the rate limit allow about an axis. A turn may take half of the wheels' momentum.
struct SlewCapability {
    double acceleration_rad_s2, rate_rad_s;
};
[[nodiscard]] SlewCapability capability_about(const AttitudeCraft& craft, const Vec3& axis);

// A turn in the frame of an attitude that may itself move: from an offset and a rate relative to it, to none.
struct Slew {
    std::vector<SlewLeg> legs;

    [[nodiscard]] double duration_s() const;
    // Attitude relative to the one led to, after a time; none once the slew is over.
    [[nodiscard]] Quaternion offset(double since_s) const;
};

// Least margin over all keep-out zones of an attitude relative to the one led to, at a time in the slew.
using MarginAt = std::function<double(const Quaternion& offset, double since_s)>;

// The direct turn about the eigenaxis or, where it would enter a forbidden cone, the fastest found by way of one other
// attitude. Cones entered at either end do not count beyond their depth there. Throws Error(no_path).
[[nodiscard]] Slew plan_slew(const AttitudeCraft& craft, const Quaternion& offset, const Vec3& rate_rad_s,
                             const MarginAt& margin_rad);

struct Command {
    Quaternion q_body_gcrf;
    Vec3 omega_rad_s, acceleration_rad_s2; // body axes
    bool slewing;
    std::size_t segment;
    double since_slew_s; // since the slew's end; negative before
};

// The attitude commanded over a timeline: each segment begins with the slew from what was commanded before.
class PointingProfile {
  public:
    // Segments in order of time; the first begins at or before the table. A slew without a way round the cones is flown
    // directly and counted.
    PointingProfile(const AttitudeCraft& craft, const SurroundingsTable& table, std::vector<PointingSegment> segments,
                    const Quaternion& q_start, const Vec3& omega_start_rad_s);

    [[nodiscard]] Command at(double t_s) const;
    [[nodiscard]] PointingMode mode(std::size_t segment) const { return segments_[segment].mode; }
    [[nodiscard]] Quaternion wanted(double t_s) const; // what the segment asks for, without the slew into it
    [[nodiscard]] double slew_s(std::size_t segment) const { return slews_[segment].duration_s(); }
    [[nodiscard]] int blocked_slews() const { return blocked_; }

  private:
    const AttitudeCraft* craft_;
    const SurroundingsTable* table_;
    std::vector<PointingSegment> segments_;
    std::vector<Slew> slews_;
    int blocked_{0};

    [[nodiscard]] std::size_t segment_at(double t_s) const;
    [[nodiscard]] Quaternion attitude(std::size_t segment, double t_s) const;
    [[nodiscard]] Slew slew_into(std::size_t segment, const Quaternion& q, const Vec3& omega_rad_s);
};

} // namespace llamaspace
