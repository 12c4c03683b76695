// What a flight of resources may start from.
#pragma once

#include "llamaspace/resources.hpp"

#include <span>

namespace llamaspace {

// Throws Error(bad_value) or Error(bad_interval), naming the field first, where a timeline, a start state or a member's
// factors are impossible.
void check_resources(const ResourceDesign& design, const ResourceTimeline& timeline, const ResourceStart& start,
                     std::span<const double> factors);

} // namespace llamaspace
