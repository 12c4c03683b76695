// BCH(63,56) parity a byte at a time, the seven-bit remainder in the upper bits of the register.
#include "llamaspace/cltu.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <array>

namespace llamaspace {
namespace {

constexpr std::size_t information_length = 7, block_length = 8;
constexpr std::array<std::uint8_t, 2> start_sequence{0xEB, 0x90};                                      // §5.2.2
constexpr std::array<std::uint8_t, 8> tail_sequence{0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79}; // §5.2.4
constexpr std::uint8_t fill = 0x55;                                                                   // §5.2.3
constexpr unsigned generator = 0b1000101; // x^7 + x^6 + x^2 + 1 without its leading term, §3.3

constexpr std::array<std::uint8_t, 256> remainder_table() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value << 1) ^ ((value & 0x80U) != 0 ? generator << 1 : 0U);
        }
        table[byte] = static_cast<std::uint8_t>(value & 0xFFU);
    }
    return table;
}

constexpr std::array<std::uint8_t, 256> table = remainder_table();

} // namespace

std::size_t cltu_length(std::size_t frame_length) {
    const std::size_t blocks = (frame_length + information_length - 1) / information_length;
    return start_sequence.size() + blocks * block_length + tail_sequence.size();
}

void encode_cltu(std::span<const std::uint8_t> frame, std::span<std::uint8_t> out) {
    if (frame.empty() || out.size() != cltu_length(frame.size())) {
        throw Error(ErrorCode::bad_shape, "a CLTU carries at least one octet, in a buffer of its own length");
    }
    auto place = std::copy(start_sequence.begin(), start_sequence.end(), out.begin());
    for (std::size_t begin = 0; begin < frame.size(); begin += information_length) {
        std::uint8_t remainder = 0;
        for (std::size_t k = begin; k < begin + information_length; ++k) {
            const std::uint8_t octet = k < frame.size() ? frame[k] : fill;
            remainder = table[remainder ^ octet];
            *place++ = octet;
        }
        *place++ = static_cast<std::uint8_t>(~remainder & 0xFE); // complemented parity and a filler bit of 0
    }
    std::copy(tail_sequence.begin(), tail_sequence.end(), place);
}

} // namespace llamaspace
