// Bits to columns at the edges: the last octets of the data, fields across nine octets, conditions and wrong programs.
#include "check.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/telemetry.hpp"

#include <array>
#include <vector>

using namespace llamaspace;

namespace {

Field field(RawForm form, std::uint32_t offset, std::uint32_t size) {
    Field made;
    made.form = form;
    made.offset_bits = offset;
    made.size_bits = size;
    return made;
}

void fields_end_with_the_data() {
    LayoutNode node;
    node.end_bits = 72;
    node.fields = {field(RawForm::unsigned_integer, 3, 64), field(RawForm::twos_complement, 67, 5)};
    const TelemetryProgram program({node}, {}, {}, 0);
    const std::vector<std::uint8_t> data{0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF0};
    const std::array<std::int64_t, 2> offsets{0, 9};
    std::array<std::int32_t, 1> nodes{};
    program.classify(data, offsets, 0, nodes);
    CHECK(nodes[0] == 0);
    std::array<std::int64_t, 1> first{}, second{};
    std::array<Column, 2> columns{};
    columns[0].integers = first.data();
    columns[1].integers = second.data();
    const std::array<std::int64_t, 1> rows{0};
    program.decode(data, offsets, rows, 0, columns);
    CHECK(static_cast<std::uint64_t>(first[0]) == 0xFFFFFFFFFFFFFFFFULL);
    CHECK(second[0] == -16);
    program.classify(data, offsets, 1, nodes); // a trailer leaves too little
    CHECK(nodes[0] == TelemetryProgram::too_short);
}

void packets_are_told_apart() {
    LayoutNode base, first, second;
    base.end_bits = first.end_bits = second.end_bits = 8;
    base.abstract = true;
    base.children = {1, 2};
    first.condition = {{ConditionStep::Kind::compare, 0}};
    second.condition = {{ConditionStep::Kind::compare, 0}, {ConditionStep::Kind::compare, 1}, {ConditionStep::Kind::any, 2}};
    const TelemetryProgram program({base, first, second}, {field(RawForm::unsigned_integer, 0, 8)},
                                   {{0, Comparator::equal, false, 5.0}, {0, Comparator::greater, false, 200.0}}, 0);
    const std::vector<std::uint8_t> data{5, 201, 6};
    const std::array<std::int64_t, 5> offsets{0, 1, 2, 3, 3};
    std::array<std::int32_t, 4> nodes{};
    program.classify(data, offsets, 0, nodes);
    CHECK(nodes[0] == 1 && nodes[1] == 2);
    CHECK(nodes[2] == TelemetryProgram::unmatched && nodes[3] == TelemetryProgram::too_short);
}

template <typename Make> bool refused(Make make) {
    try {
        make();
    } catch (const Error&) {
        return true;
    }
    return false;
}

void wrong_programs_are_refused() {
    LayoutNode beyond;
    beyond.end_bits = 7;
    beyond.fields = {field(RawForm::unsigned_integer, 0, 8)};
    CHECK(refused([&] { TelemetryProgram({beyond}, {}, {}, 0); }));
    LayoutNode unbalanced;
    unbalanced.condition = {{ConditionStep::Kind::all, 2}};
    CHECK(refused([&] { TelemetryProgram({unbalanced}, {}, {}, 0); }));
    CHECK(refused([] { TelemetryProgram({LayoutNode{}}, {}, {}, 1); }));
    LayoutNode ordered;
    ordered.end_bits = 16;
    ordered.fields = {field(RawForm::unsigned_integer, 0, 16)};
    ordered.fields[0].byte_order = {0, 2};
    CHECK(refused([&] { TelemetryProgram({ordered}, {}, {}, 0); }));
}

} // namespace

int main() {
    fields_end_with_the_data();
    packets_are_told_apart();
    wrong_programs_are_refused();
    return check::result();
}
