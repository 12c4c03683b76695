// Columns of telemetry, in blocks small enough that packets stay in the cache while their fields are taken one by one.
#include "llamaspace/telemetry.hpp"

#include "llamaspace/error.hpp"
#include "telemetry_values.hpp"

#include <algorithm>
#include <array>

namespace llamaspace {
namespace {

using namespace telemetry;

constexpr std::size_t block_rows = 256;
constexpr std::size_t deepest_condition = 64;

void check_field(const Field& field) {
    const bool octets = field.form == RawForm::octets;
    if (field.size_bits == 0 || (!octets && field.size_bits > 64) || (octets && field.size_bits % 8 != 0)) {
        throw Error(ErrorCode::bad_value, "a field of telemetry has a size that its form cannot have");
    }
    if (!field.byte_order.empty() && field.byte_order.size() * 8 != field.size_bits) {
        throw Error(ErrorCode::bad_shape, "a byte order must name every octet of its field");
    }
    for (const std::uint8_t significance : field.byte_order) {
        if (significance >= field.byte_order.size()) {
            throw Error(ErrorCode::bad_value, "a byte order names an octet that is not there");
        }
    }
    const bool spline = field.calibration == Calibration::steps || field.calibration == Calibration::lines;
    if (spline && (field.terms.size() < 2 || field.terms.size() != field.values.size())) {
        throw Error(ErrorCode::bad_shape, "a spline needs as many values as raw values, at least two");
    }
    if (field.calibration == Calibration::scaled && field.terms.size() != 4) {
        throw Error(ErrorCode::bad_shape, "a scaled value needs scale, offset, unit and epoch");
    }
}

bool compare(double left, Comparator comparator, double right) {
    switch (comparator) {
    case Comparator::equal:
        return left == right;
    case Comparator::unequal:
        return left != right;
    case Comparator::less:
        return left < right;
    case Comparator::less_or_equal:
        return left <= right;
    case Comparator::greater:
        return left > right;
    default:
        return left >= right;
    }
}

double number_of(const Field& field, const std::uint8_t* packet, std::size_t readable) {
    const std::uint64_t word = in_order(bits_at(packet, readable, field.offset_bits, field.size_bits), field);
    if (field.is_float()) {
        return float_of(word, field.form, field.size_bits);
    }
    if (field.form == RawForm::unsigned_integer) {
        return static_cast<double>(word);
    }
    return static_cast<double>(integer_of(word, field.form, field.size_bits).number);
}

// The rows of one block, as addresses with what may be read from there.
struct Block {
    std::array<const std::uint8_t*, block_rows> packets;
    std::array<std::size_t, block_rows> readable;
    std::size_t count;
};

void take_words(const Block& block, const Field& field, std::array<std::uint64_t, block_rows>& words) {
    for (std::size_t k = 0; k < block.count; ++k) {
        words[k] = bits_at(block.packets[k], block.readable[k], field.offset_bits, field.size_bits);
    }
    if (!field.byte_order.empty() || field.bits_reversed) {
        for (std::size_t k = 0; k < block.count; ++k) {
            words[k] = in_order(words[k], field);
        }
    }
}

void take_integers(const Field& field, const std::array<std::uint64_t, block_rows>& words, std::size_t count,
                   std::int64_t* out, double* numbers, std::uint8_t* valid) {
    switch (field.form) {
    case RawForm::unsigned_integer:
        for (std::size_t k = 0; k < count; ++k) {
            out[k] = static_cast<std::int64_t>(words[k]);
            numbers[k] = field.size_bits == 64 ? static_cast<double>(words[k]) : static_cast<double>(out[k]);
        }
        return;
    case RawForm::twos_complement:
        for (std::size_t k = 0; k < count; ++k) {
            out[k] = sign_extended(words[k], field.size_bits);
            numbers[k] = static_cast<double>(out[k]);
        }
        return;
    default:
        for (std::size_t k = 0; k < count; ++k) {
            const Decimal one = integer_of(words[k], field.form, field.size_bits);
            out[k] = one.number;
            numbers[k] = static_cast<double>(one.number);
            if (valid != nullptr) {
                valid[k] = static_cast<std::uint8_t>(one.valid);
            }
        }
    }
}

void calibrate(const Field& field, double* numbers, std::size_t count, double* out, std::uint8_t* valid) {
    if (field.calibration == Calibration::polynomial && field.terms.size() == 2) {
        const double constant = field.terms[0], slope = field.terms[1];
        for (std::size_t k = 0; k < count; ++k) {
            numbers[k] = slope * numbers[k] + constant;
        }
    } else if (field.calibration == Calibration::polynomial && field.terms.size() == 3) {
        const double constant = field.terms[0], slope = field.terms[1], square = field.terms[2];
        for (std::size_t k = 0; k < count; ++k) {
            numbers[k] = (square * numbers[k] + slope) * numbers[k] + constant;
        }
    } else {
        for (std::size_t k = 0; k < count; ++k) {
            numbers[k] = calibrated(field, numbers[k]);
        }
    }
    if (valid != nullptr) {
        for (std::size_t k = 0; k < count; ++k) {
            valid[k] = static_cast<std::uint8_t>(valid[k] != 0 && !std::isnan(numbers[k]));
        }
    }
    std::copy_n(numbers, count, out);
}

void find_labels(const Field& field, const std::int64_t* integers, std::size_t count, std::int32_t* out) {
    for (std::size_t k = 0; k < count; ++k) {
        const auto after = std::upper_bound(field.labels.begin(), field.labels.end(), integers[k],
                                            [](std::int64_t number, const LabelSpan& one) { return number < one.first; });
        const bool known = after != field.labels.begin() && std::prev(after)->last >= integers[k];
        out[k] = known ? std::prev(after)->label : -1;
    }
}

void judge(const Field& field, const double* numbers, const std::uint8_t* valid, std::size_t count,
           std::uint8_t* out) {
    std::fill_n(out, count, std::uint8_t{0});
    for (const AlarmBand& band : field.alarms) {
        for (std::size_t k = 0; k < count; ++k) {
            const bool within = numbers[k] >= band.minimum && numbers[k] <= band.maximum;
            const bool raised = within == band.inside && numbers[k] == numbers[k];
            out[k] = std::max(out[k], raised ? band.level : std::uint8_t{0});
        }
    }
    for (std::size_t k = 0; valid != nullptr && k < count; ++k) {
        out[k] = valid[k] != 0 ? out[k] : std::uint8_t{0};
    }
}

void decode_block(const Block& block, const Field& field, const Column& column, std::size_t at) {
    if (field.form == RawForm::octets) {
        const std::size_t length = field.size_bits / 8;
        for (std::size_t k = 0; k < block.count; ++k) {
            std::uint8_t* out = column.octets + (at + k) * length;
            for (std::size_t octet = 0; octet < length; ++octet) {
                out[octet] = static_cast<std::uint8_t>(bits_at(block.packets[k], block.readable[k],
                                                               field.offset_bits + 8 * static_cast<std::uint32_t>(octet), 8));
            }
        }
        return;
    }
    std::array<std::uint64_t, block_rows> words;
    std::array<double, block_rows> numbers;
    std::array<std::int64_t, block_rows> integers;
    std::uint8_t* const valid = column.valid != nullptr ? column.valid + at : nullptr;
    if (valid != nullptr) {
        std::fill_n(valid, block.count, std::uint8_t{1});
    }
    take_words(block, field, words);
    std::int64_t* const whole = column.integers != nullptr ? column.integers + at : integers.data();
    if (field.is_float()) {
        for (std::size_t k = 0; k < block.count; ++k) {
            numbers[k] = float_of(words[k], field.form, field.size_bits);
        }
        std::copy_n(numbers.data(), block.count, column.floats + at);
    } else {
        take_integers(field, words, block.count, whole, numbers.data(), valid);
    }
    if (column.values != nullptr) {
        calibrate(field, numbers.data(), block.count, column.values + at, valid);
    }
    if (column.labels != nullptr) {
        find_labels(field, whole, block.count, column.labels + at);
    }
    if (column.levels != nullptr) {
        judge(field, numbers.data(), valid, block.count, column.levels + at);
    }
}

} // namespace

TelemetryProgram::TelemetryProgram(std::vector<LayoutNode> nodes, std::vector<Field> tests,
                                   std::vector<Comparison> comparisons, std::uint32_t root)
    : nodes_(std::move(nodes)), tests_(std::move(tests)), comparisons_(std::move(comparisons)), root_(root) {
    if (root_ >= nodes_.size()) {
        throw Error(ErrorCode::bad_value, "the first layout is not one of the layouts");
    }
    for (const Field& field : tests_) {
        check_field(field);
        if (field.form == RawForm::octets) {
            throw Error(ErrorCode::bad_value, "octets cannot be compared with a number");
        }
    }
    for (const Comparison& one : comparisons_) {
        if (one.field >= tests_.size()) {
            throw Error(ErrorCode::bad_value, "a comparison is of a field that is not there");
        }
    }
    for (const LayoutNode& node : nodes_) {
        for (const Field& field : node.fields) {
            check_field(field);
            if (field.offset_bits + field.size_bits > node.end_bits) {
                throw Error(ErrorCode::bad_value, "a field lies beyond the end of its layout");
            }
        }
        for (const std::uint32_t child : node.children) {
            if (child >= nodes_.size()) {
                throw Error(ErrorCode::bad_value, "a layout is extended by one that is not there");
            }
            for (const ConditionStep& step : nodes_[child].condition) {
                const bool test = step.kind == ConditionStep::Kind::compare;
                if (test && (step.operand >= comparisons_.size() ||
                             tests_[comparisons_[step.operand].field].offset_bits +
                                     tests_[comparisons_[step.operand].field].size_bits >
                                 node.end_bits)) {
                    throw Error(ErrorCode::bad_value, "a condition needs what a packet may not have");
                }
            }
        }
        std::size_t depth = 0;
        for (const ConditionStep& step : node.condition) {
            const std::size_t needs = step.kind == ConditionStep::Kind::compare ? 0 : step.operand;
            if (needs > depth || depth >= deepest_condition) {
                throw Error(ErrorCode::bad_shape, "a condition is not in postfix order, or too deep");
            }
            depth = depth - needs + 1;
        }
        if (!node.condition.empty() && depth != 1) {
            throw Error(ErrorCode::bad_shape, "a condition leaves more than one answer");
        }
    }
}

void TelemetryProgram::classify(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets,
                                std::int64_t trailer, std::span<std::int32_t> nodes) const {
    if (offsets.size() != nodes.size() + 1 || trailer < 0) {
        throw Error(ErrorCode::bad_shape, "offsets must have one element more than there are packets");
    }
    for (std::size_t k = 0; k + 1 < offsets.size(); ++k) {
        if (offsets[k] < 0 || offsets[k + 1] < offsets[k] || offsets[k + 1] > static_cast<std::int64_t>(data.size())) {
            throw Error(ErrorCode::bad_value, "offsets must rise within the data");
        }
    }
    for (std::size_t k = 0; k < nodes.size(); ++k) {
        const std::int64_t length = std::max<std::int64_t>(0, offsets[k + 1] - offsets[k] - trailer);
        nodes[k] = node_of(data.subspan(static_cast<std::size_t>(offsets[k]), static_cast<std::size_t>(length)));
    }
}

std::int32_t TelemetryProgram::node_of(std::span<const std::uint8_t> packet) const {
    std::uint32_t at = root_;
    for (;;) {
        const LayoutNode& node = nodes_[at];
        if (node.interpreted) {
            return static_cast<std::int32_t>(at);
        }
        if (packet.size() * 8 < node.end_bits) {
            return too_short;
        }
        const auto child = std::find_if(node.children.begin(), node.children.end(), [&](std::uint32_t one) {
            return nodes_[one].condition.empty() || holds(nodes_[one], packet);
        });
        if (child == node.children.end()) {
            return node.abstract ? unmatched : static_cast<std::int32_t>(at);
        }
        at = *child;
    }
}

bool TelemetryProgram::holds(const LayoutNode& node, std::span<const std::uint8_t> packet) const {
    std::array<bool, deepest_condition> stack;
    std::size_t depth = 0;
    for (const ConditionStep& step : node.condition) {
        if (step.kind == ConditionStep::Kind::compare) {
            const Comparison& one = comparisons_[step.operand];
            const Field& field = tests_[one.field];
            const double raw = number_of(field, packet.data(), packet.size());
            stack[depth++] = compare(one.calibrated ? calibrated(field, raw) : raw, one.comparator, one.number);
            continue;
        }
        const bool all = step.kind == ConditionStep::Kind::all;
        bool answer = all;
        for (std::uint32_t k = 0; k < step.operand; ++k) {
            --depth;
            answer = all ? answer && stack[depth] : answer || stack[depth];
        }
        stack[depth++] = answer;
    }
    return stack[0];
}

void TelemetryProgram::decode(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets,
                              std::span<const std::int64_t> rows, std::uint32_t node,
                              std::span<const Column> columns) const {
    if (node >= nodes_.size() || columns.size() != nodes_[node].fields.size()) {
        throw Error(ErrorCode::bad_shape, "there must be a column for each field of the layout");
    }
    const LayoutNode& layout = nodes_[node];
    const std::size_t needed = (layout.end_bits + 7) / 8;
    Block block{};
    for (std::size_t at = 0; at < rows.size(); at += block_rows) {
        block.count = std::min(block_rows, rows.size() - at);
        for (std::size_t k = 0; k < block.count; ++k) {
            const std::int64_t row = rows[at + k];
            if (row < 0 || static_cast<std::size_t>(row) + 1 >= offsets.size()) {
                throw Error(ErrorCode::bad_value, "a row is not one of the packets");
            }
            const std::int64_t begin = offsets[static_cast<std::size_t>(row)];
            if (begin < 0 || static_cast<std::size_t>(begin) + needed > data.size()) {
                throw Error(ErrorCode::bad_value, "a packet ends before its layout");
            }
            block.packets[k] = data.data() + begin;
            block.readable[k] = data.size() - static_cast<std::size_t>(begin);
        }
        for (std::size_t field = 0; field < columns.size(); ++field) {
            decode_block(block, layout.fields[field], columns[field], at);
        }
    }
}

} // namespace llamaspace
