// Communications link transmission units with the BCH(63,56) code (CCSDS 231.0-B-4 §3, §5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace llamaspace {

// Octets of the transmission unit of a frame: start sequence, code blocks of 8 for every 7, tail sequence.
[[nodiscard]] std::size_t cltu_length(std::size_t frame_length);

// Write the unit of a frame; `out` has cltu_length(frame.size()) octets. Throws Error(bad_shape) for an empty frame.
void encode_cltu(std::span<const std::uint8_t> frame, std::span<std::uint8_t> out);

} // namespace llamaspace
