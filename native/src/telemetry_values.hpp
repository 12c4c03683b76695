// One value out of bits; the same rules as core/mdb/bits.py and core/mdb/float_forms.py, which are the readable reference.
#pragma once

#include "llamaspace/telemetry.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace llamaspace::telemetry {

inline std::uint64_t big_endian(const std::uint8_t* octets) {
    std::uint64_t word;
    std::memcpy(&word, octets, sizeof word);
    if constexpr (std::endian::native == std::endian::little) {
        word = __builtin_bswap64(word);
    }
    return word;
}

// Bits `offset` to `offset + size` (at most 64) from an address; `readable` octets may be read from there.
inline std::uint64_t bits_at(const std::uint8_t* octets, std::size_t readable, std::uint32_t offset, std::uint32_t size) {
    const std::size_t first = offset >> 3U;
    const std::uint32_t skip = offset & 7U;
    std::uint64_t word;
    if (first + 8 <= readable) [[likely]] {
        word = big_endian(octets + first);
    } else {
        std::uint8_t copy[8] = {};
        std::memcpy(copy, octets + first, readable - first);
        word = big_endian(copy);
    }
    if (skip + size <= 64) [[likely]] {
        return (word << skip) >> (64U - size);
    }
    const std::uint32_t rest = skip + size - 64; // bits in the ninth octet
    return ((word << skip) >> (64U - size)) | static_cast<std::uint64_t>(octets[first + 8] >> (8U - rest));
}

inline std::uint64_t in_order(std::uint64_t word, const Field& field) {
    if (!field.byte_order.empty()) {
        std::uint64_t ordered = 0;
        const std::size_t count = field.byte_order.size();
        for (std::size_t k = 0; k < count; ++k) {
            const std::uint64_t octet = word >> (8 * (count - 1 - k)) & 0xFFU;
            ordered |= octet << (8U * field.byte_order[k]);
        }
        word = ordered;
    }
    if (field.bits_reversed) {
        std::uint64_t reversed = 0;
        for (std::uint32_t k = 0; k < field.size_bits; ++k) {
            reversed |= (word >> k & 1U) << (field.size_bits - 1 - k);
        }
        word = reversed;
    }
    return word;
}

inline std::int64_t sign_extended(std::uint64_t word, std::uint32_t size) {
    const std::uint32_t unused = 64U - size;
    return static_cast<std::int64_t>(word << unused) >> unused;
}

struct Decimal {
    std::int64_t number;
    bool valid;
};

inline Decimal decimal(std::uint64_t word, std::uint32_t size, std::uint32_t width) {
    std::int64_t number = 0;
    for (std::uint32_t shift = size; shift != 0;) {
        shift -= width;
        const std::uint64_t digit = word >> shift & ((1ULL << width) - 1);
        if (digit > 9) {
            return {static_cast<std::int64_t>(word), false};
        }
        number = 10 * number + static_cast<std::int64_t>(digit);
    }
    return {number, true};
}

inline Decimal integer_of(std::uint64_t word, RawForm form, std::uint32_t size) {
    switch (form) {
    case RawForm::twos_complement:
        return {sign_extended(word, size), true};
    case RawForm::ones_complement: {
        const std::int64_t number = sign_extended(word, size);
        return {number < 0 ? number + 1 : number, true};
    }
    case RawForm::sign_magnitude: {
        const std::uint64_t top = 1ULL << (size - 1);
        const auto magnitude = static_cast<std::int64_t>(word & (top - 1));
        return {(word & top) != 0 ? -magnitude : magnitude, true};
    }
    case RawForm::bcd:
        return decimal(word, size, 8);
    case RawForm::packed_bcd:
        return decimal(word, size, 4);
    default:
        return {static_cast<std::int64_t>(word), true};
    }
}

inline double half(std::uint64_t word) {
    const int exponent = static_cast<int>(word >> 10U & 0x1FU);
    const double fraction = static_cast<double>(word & 0x3FFU);
    double value;
    if (exponent == 31) {
        value = fraction == 0.0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    } else {
        value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024.0, exponent - 25);
    }
    return (word >> 15U) != 0 ? -value : value;
}

inline double ieee754(std::uint64_t word, std::uint32_t size) {
    if (size == 32) {
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(word)));
    }
    return size == 64 ? std::bit_cast<double>(word) : half(word);
}

inline double mil_std_1750a(std::uint64_t word, std::uint32_t size) {
    if (size == 32) {
        return std::ldexp(static_cast<double>(sign_extended(word >> 8U, 24)),
                          static_cast<int>(sign_extended(word & 0xFFU, 8)) - 23);
    }
    const std::uint64_t fraction = (word >> 24U) << 16U | (word & 0xFFFFU);
    return std::ldexp(static_cast<double>(sign_extended(fraction, 40)),
                      static_cast<int>(sign_extended(word >> 16U & 0xFFU, 8)) - 39);
}

inline double dec(std::uint64_t word) {
    const std::uint64_t first = (word >> 24U & 0xFFU) | (word >> 16U & 0xFFU) << 8U;
    const std::uint64_t second = (word >> 8U & 0xFFU) | (word & 0xFFU) << 8U;
    const int exponent = static_cast<int>(first >> 7U & 0xFFU);
    if (exponent == 0) {
        return (first >> 15U) != 0 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    }
    const auto fraction = static_cast<double>(1ULL << 23U | (first & 0x7FU) << 16U | second);
    const double value = std::ldexp(fraction, exponent - 128 - 24);
    return (first >> 15U) != 0 ? -value : value;
}

inline double ibm(std::uint64_t word, std::uint32_t size) {
    const std::uint32_t fraction_bits = size - 8;
    const auto fraction = static_cast<double>(word & ((1ULL << fraction_bits) - 1));
    const int exponent = static_cast<int>(word >> fraction_bits & 0x7FU) - 64;
    const double value = std::ldexp(fraction, 4 * exponent - static_cast<int>(fraction_bits));
    return (word >> (size - 1)) != 0 ? -value : value;
}

inline double ti(std::uint64_t word, std::uint32_t size) {
    const std::uint32_t fraction_bits = size - 9;
    const auto exponent = static_cast<int>(sign_extended(word >> (size - 8), 8));
    if (exponent == -128) {
        return 0.0;
    }
    const auto fraction = static_cast<std::int64_t>(word & ((1ULL << fraction_bits) - 1));
    const bool negative = (word >> fraction_bits & 1U) != 0;
    const std::int64_t hidden = negative ? -(std::int64_t{2} << fraction_bits) : std::int64_t{1} << fraction_bits;
    return std::ldexp(static_cast<double>(fraction + hidden), exponent - static_cast<int>(fraction_bits));
}

inline double float_of(std::uint64_t word, RawForm form, std::uint32_t size) {
    switch (form) {
    case RawForm::mil_std_1750a:
        return mil_std_1750a(word, size);
    case RawForm::dec:
        return dec(word);
    case RawForm::ibm:
        return ibm(word, size);
    case RawForm::ti:
        return ti(word, size);
    default:
        return ieee754(word, size);
    }
}

// NaN where a spline has no value.
inline double calibrated(const Field& field, double x) {
    switch (field.calibration) {
    case Calibration::polynomial: {
        double value = 0.0;
        for (std::size_t k = field.terms.size(); k-- > 0;) {
            value = value * x + field.terms[k];
        }
        return value;
    }
    case Calibration::scaled:
        return field.terms[3] + (x * field.terms[0] + field.terms[1]) * field.terms[2];
    case Calibration::steps:
    case Calibration::lines: {
        const auto& raws = field.terms;
        const std::size_t count = raws.size();
        if (!(x >= raws.front() && x <= raws.back()) && !field.extrapolate) {
            return std::numeric_limits<double>::quiet_NaN();
        }
        std::size_t above = 0;
        while (above < count && raws[above] <= x) {
            ++above;
        }
        const std::size_t last = count - (field.calibration == Calibration::steps ? 1 : 2);
        const std::size_t k = std::min(above == 0 ? 0 : above - 1, last);
        if (field.calibration == Calibration::steps) {
            return field.values[k];
        }
        return field.values[k] + (x - raws[k]) * ((field.values[k + 1] - field.values[k]) / (raws[k + 1] - raws[k]));
    }
    default:
        return x;
    }
}

} // namespace llamaspace::telemetry
