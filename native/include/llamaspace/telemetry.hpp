// Packets to columns: a mission database compiled into fields with fixed places, and a tree that tells packets apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

// How a value lies in bits (XTCE 1.2); `octets` are copied as they are.
enum class RawForm : int {
    unsigned_integer = 0,
    twos_complement = 1,
    ones_complement = 2,
    sign_magnitude = 3,
    bcd = 4,        // a digit in each octet
    packed_bcd = 5, // a digit in each four bits
    ieee754 = 6,
    mil_std_1750a = 7,
    dec = 8,
    ibm = 9,
    ti = 10,
    octets = 11,
};

enum class Calibration : int { none = 0, polynomial = 1, steps = 2, lines = 3, scaled = 4 };

struct AlarmBand {
    std::uint8_t level;     // 1 watch to 5 severe
    double minimum, maximum; // both ends belong to it
    bool inside;            // raised inside, or outside
};

struct LabelSpan {
    std::int64_t first, last;
    std::int32_t label;
};

struct Field {
    RawForm form = RawForm::unsigned_integer;
    std::uint32_t offset_bits = 0, size_bits = 0;
    std::vector<std::uint8_t> byte_order; // significance of each octet; empty for most significant first
    bool bits_reversed = false;
    Calibration calibration = Calibration::none;
    std::vector<double> terms;  // polynomial from the constant up; raw values of points; scale, offset, unit, epoch
    std::vector<double> values; // calibrated values of points
    bool extrapolate = false;
    std::vector<AlarmBand> alarms;
    std::vector<LabelSpan> labels; // in rising order

    // Raw values of 64 unsigned bits do not fit the signed column.
    [[nodiscard]] bool is_float() const { return form >= RawForm::ieee754 && form <= RawForm::ti; }
    [[nodiscard]] bool is_integer() const { return form <= RawForm::packed_bcd; }
};

enum class Comparator : int { equal = 0, unequal = 1, less = 2, less_or_equal = 3, greater = 4, greater_or_equal = 5 };

struct Comparison {
    std::uint32_t field; // of the tests' own fields
    Comparator comparator;
    bool calibrated;
    double number;
};

// A condition in postfix order: a comparison, or all or any of the last so many.
struct ConditionStep {
    enum class Kind : int { compare = 0, all = 1, any = 2 } kind;
    std::uint32_t operand; // comparison, or how many
};

struct LayoutNode {
    std::uint32_t end_bits = 0; // the least length of a packet that has all of its fields
    bool abstract = false;
    bool interpreted = false; // its packets are taken apart one by one, elsewhere
    std::vector<std::uint32_t> children;
    std::vector<ConditionStep> condition; // to be one of these, of a packet of the base; empty is always
    std::vector<Field> fields;            // of the whole packet, those of its bases first
};

// Where the values of one field go; what a field has not stays null. Columns have one element per row.
struct Column {
    std::int64_t* integers = nullptr; // unsigned ones of 64 bits in the same bits
    double* floats = nullptr;         // raw, of float encodings
    std::uint8_t* octets = nullptr;   // size_bits / 8 per row
    double* values = nullptr;         // calibrated
    std::int32_t* labels = nullptr;   // -1 where the value has none
    std::uint8_t* levels = nullptr;
    std::uint8_t* valid = nullptr;
};

class TelemetryProgram {
  public:
    static constexpr std::int32_t too_short = -1, unmatched = -2;

    TelemetryProgram(std::vector<LayoutNode> nodes, std::vector<Field> tests, std::vector<Comparison> comparisons,
                     std::uint32_t root);

    // The node of each packet, too_short or unmatched; packet k is data[offsets[k]] to data[offsets[k + 1] - trailer].
    void classify(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets, std::int64_t trailer,
                  std::span<std::int32_t> nodes) const;

    // The fields of packets that were classified as one node; rows are their numbers.
    void decode(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets,
                std::span<const std::int64_t> rows, std::uint32_t node, std::span<const Column> columns) const;

    [[nodiscard]] const std::vector<LayoutNode>& nodes() const { return nodes_; }

  private:
    std::vector<LayoutNode> nodes_;
    std::vector<Field> tests_;
    std::vector<Comparison> comparisons_;
    std::uint32_t root_;

    [[nodiscard]] bool holds(const LayoutNode& node, std::span<const std::uint8_t> packet) const;
    [[nodiscard]] std::int32_t node_of(std::span<const std::uint8_t> packet) const;
};

} // namespace llamaspace
