// Telemetry programs: definitions in as plain tuples and dictionaries, columns out as arrays.
#include "llamaspace/telemetry.hpp"

#include "arrays.hpp"

#include <pybind11/stl.h>
#include <string_view>

namespace llamaspace::bindings {
namespace {

using Integers = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>;

template <typename T> T get(const py::dict& from, const char* name) { return py::cast<T>(from[name]); }

Field field_of(const py::dict& from) {
    Field field;
    field.form = static_cast<RawForm>(get<int>(from, "form"));
    field.offset_bits = get<std::uint32_t>(from, "offset_bits");
    field.size_bits = get<std::uint32_t>(from, "size_bits");
    field.byte_order = get<std::vector<std::uint8_t>>(from, "byte_order");
    field.bits_reversed = get<bool>(from, "bits_reversed");
    field.calibration = static_cast<Calibration>(get<int>(from, "calibration"));
    field.terms = get<std::vector<double>>(from, "terms");
    field.values = get<std::vector<double>>(from, "values");
    field.extrapolate = get<bool>(from, "extrapolate");
    for (const auto& one : get<std::vector<std::tuple<std::uint8_t, double, double, bool>>>(from, "alarms")) {
        field.alarms.push_back({std::get<0>(one), std::get<1>(one), std::get<2>(one), std::get<3>(one)});
    }
    for (const auto& one : get<std::vector<std::tuple<std::int64_t, std::int64_t, std::int32_t>>>(from, "labels")) {
        field.labels.push_back({std::get<0>(one), std::get<1>(one), std::get<2>(one)});
    }
    return field;
}

std::vector<Field> fields_of(const py::list& from) {
    std::vector<Field> fields;
    for (const auto& one : from) {
        fields.push_back(field_of(py::cast<py::dict>(one)));
    }
    return fields;
}

LayoutNode node_of(const py::dict& from) {
    LayoutNode node;
    node.end_bits = get<std::uint32_t>(from, "end_bits");
    node.abstract = get<bool>(from, "abstract");
    node.interpreted = get<bool>(from, "interpreted");
    node.children = get<std::vector<std::uint32_t>>(from, "children");
    for (const auto& [kind, operand] : get<std::vector<std::pair<int, std::uint32_t>>>(from, "condition")) {
        node.condition.push_back({static_cast<ConditionStep::Kind>(kind), operand});
    }
    node.fields = fields_of(get<py::list>(from, "fields"));
    return node;
}

TelemetryProgram program_of(const py::list& nodes, const py::list& tests,
                            const std::vector<std::tuple<std::uint32_t, int, bool, double>>& comparisons,
                            std::uint32_t root) {
    std::vector<LayoutNode> layouts;
    for (const auto& one : nodes) {
        layouts.push_back(node_of(py::cast<py::dict>(one)));
    }
    std::vector<Comparison> compared;
    for (const auto& [field, comparator, calibrated, number] : comparisons) {
        compared.push_back({field, static_cast<Comparator>(comparator), calibrated, number});
    }
    return TelemetryProgram(std::move(layouts), fields_of(tests), std::move(compared), root);
}

std::span<const std::uint8_t> octets_of(const py::buffer_info& info) {
    if (info.ndim != 1 || info.itemsize != 1 || (info.size > 1 && info.strides[0] != 1)) {
        throw Error(ErrorCode::bad_shape, "data must be contiguous octets");
    }
    return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
}

py::array_t<std::int32_t> classify(const TelemetryProgram& self, const py::buffer& data, const Integers& offsets,
                                   std::int64_t trailer) {
    const py::buffer_info info = data.request();
    const auto octets = octets_of(info);
    if (offsets.ndim() != 1 || offsets.size() == 0) {
        throw Error(ErrorCode::bad_shape, "offsets must have shape (packets + 1,)");
    }
    py::array_t<std::int32_t> nodes(offsets.size() - 1);
    const std::span<std::int32_t> out{nodes.mutable_data(), static_cast<std::size_t>(nodes.size())};
    const std::span<const std::int64_t> places{offsets.data(), static_cast<std::size_t>(offsets.size())};
    const py::gil_scoped_release release;
    self.classify(octets, places, trailer, out);
    return nodes;
}

// What a field has, as a dictionary of arrays; the views into them go to the library.
py::dict columns_for(const Field& field, py::ssize_t rows, Column& column) {
    py::dict made;
    if (field.form == RawForm::octets) {
        py::array_t<std::uint8_t> octets({rows, static_cast<py::ssize_t>(field.size_bits / 8)});
        column.octets = octets.mutable_data();
        made["raw"] = octets;
        return made;
    }
    if (field.is_float()) {
        py::array_t<double> raw(rows);
        column.floats = raw.mutable_data();
        made["raw"] = raw;
    } else {
        py::array_t<std::int64_t> raw(rows);
        column.integers = raw.mutable_data();
        made["raw"] = raw;
    }
    if (field.calibration != Calibration::none) {
        py::array_t<double> values(rows);
        column.values = values.mutable_data();
        made["values"] = values;
    }
    if (!field.labels.empty()) {
        py::array_t<std::int32_t> labels(rows);
        column.labels = labels.mutable_data();
        made["labels"] = labels;
    }
    if (!field.alarms.empty()) {
        py::array_t<std::uint8_t> levels(rows);
        column.levels = levels.mutable_data();
        made["levels"] = levels;
    }
    const bool decimal = field.form == RawForm::bcd || field.form == RawForm::packed_bcd;
    const bool spline = field.calibration == Calibration::steps || field.calibration == Calibration::lines;
    if (decimal || spline || (field.is_float() && field.calibration != Calibration::none)) {
        py::array_t<std::uint8_t> valid(rows);
        column.valid = valid.mutable_data();
        made["valid"] = valid;
    }
    return made;
}

py::list decode(const TelemetryProgram& self, const py::buffer& data, const Integers& offsets, const Integers& rows,
                std::uint32_t node) {
    if (node >= self.nodes().size() || offsets.ndim() != 1 || rows.ndim() != 1) {
        throw Error(ErrorCode::bad_shape, "there is no such layout, or offsets and rows are not vectors");
    }
    const py::buffer_info info = data.request();
    const auto octets = octets_of(info);
    const auto& fields = self.nodes()[node].fields;
    std::vector<Column> columns(fields.size());
    py::list made;
    for (std::size_t k = 0; k < fields.size(); ++k) {
        made.append(columns_for(fields[k], rows.size(), columns[k]));
    }
    const std::span<const std::int64_t> places{offsets.data(), static_cast<std::size_t>(offsets.size())};
    const std::span<const std::int64_t> wanted{rows.data(), static_cast<std::size_t>(rows.size())};
    const py::gil_scoped_release release;
    self.decode(octets, places, wanted, node, columns);
    return made;
}

} // namespace

void bind_telemetry(py::module_& m) {
    py::class_<TelemetryProgram>(m, "TelemetryProgram")
        .def(py::init(&program_of), py::arg("nodes"), py::arg("tests"), py::arg("comparisons"), py::arg("root"))
        .def("classify", &classify, py::arg("data"), py::arg("offsets"), py::arg("trailer"))
        .def("decode", &decode, py::arg("data"), py::arg("offsets"), py::arg("rows"), py::arg("node"));
}

} // namespace llamaspace::bindings
