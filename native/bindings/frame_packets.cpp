// Frames to packets: arrays in, one buffer of packets with offsets out.
#include "llamaspace/frame_packets.hpp"

#include "arrays.hpp"

#include <pybind11/stl.h>
#include <string_view>

namespace llamaspace::bindings {
namespace {

template <typename T> using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;
using Octets = Array<std::uint8_t>;

template <typename T> std::span<const T> span_of(const Array<T>& a, const char* name) {
    if (a.ndim() != 1) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must be a vector");
    }
    return {a.data(), static_cast<std::size_t>(a.size())};
}

// The vector's own memory as an array.
template <typename T, typename Of = T> py::array_t<T> handed_over(std::vector<Of>&& from) {
    auto owner = std::make_unique<std::vector<Of>>(std::move(from));
    const auto size = static_cast<py::ssize_t>(owner->size());
    const auto* const data = reinterpret_cast<const T*>(owner->data());
    const py::capsule keeper(owner.get(), [](void* p) { delete static_cast<std::vector<Of>*>(p); });
    owner.release(); // NOLINT: the capsule has it now
    return py::array_t<T>(size, data, keeper);
}

py::array_t<std::uint8_t> check(const Octets& data, const Array<std::int64_t>& offsets) {
    const auto octets = span_of(data, "data");
    const auto places = span_of(offsets, "offsets");
    if (places.empty()) {
        throw Error(ErrorCode::bad_shape, "offsets must have shape (pieces + 1,)");
    }
    py::array_t<std::uint8_t> right(static_cast<py::ssize_t>(places.size() - 1));
    const std::span<std::uint8_t> out{right.mutable_data(), places.size() - 1};
    {
        const py::gil_scoped_release release;
        check_crcs(octets, places, out);
    }
    return right;
}

py::dict take(PacketAssembler& self, const Octets& octets, const Array<std::int64_t>& begins,
              const Array<std::int64_t>& lengths, const Array<std::int32_t>& pointers,
              const Array<std::int32_t>& channels, const Array<std::int64_t>& counts) {
    const DataFields fields{span_of(octets, "octets"),     span_of(begins, "begins"),     span_of(lengths, "lengths"),
                            span_of(pointers, "pointers"), span_of(channels, "channels"), span_of(counts, "counts")};
    TakenPackets taken;
    {
        const py::gil_scoped_release release;
        taken = self.take(fields);
    }
    py::dict made;
    made["octets"] = handed_over<std::uint8_t>(std::move(taken.octets));
    made["offsets"] = handed_over<std::int64_t>(std::move(taken.offsets));
    made["frames"] = handed_over<std::int64_t>(std::move(taken.frames));
    made["verdicts"] = handed_over<std::uint8_t, FieldVerdict>(std::move(taken.verdicts));
    made["missed"] = handed_over<std::int64_t>(std::move(taken.missed));
    return made;
}

py::tuple channel_of(PacketAssembler& self, std::size_t number) {
    const auto& one = self.channel(number);
    return py::make_tuple(one.count, py::bytes(reinterpret_cast<const char*>(one.head.data()), one.head.size()));
}

void set_channel(PacketAssembler& self, std::size_t number, std::int64_t count, std::string_view head) {
    auto& one = self.channel(number);
    one.count = count;
    one.head.assign(head.begin(), head.end());
}

py::dict counts_of(const PacketAssembler& self) {
    const auto apids = static_cast<py::ssize_t>(PacketCounts::apids);
    py::dict made;
    made["last"] = py::array_t<std::int32_t>(apids, self.counts.last.data());
    made["lost"] = py::array_t<std::int64_t>(apids, self.counts.lost.data());
    made["repeated"] = py::array_t<std::int64_t>(apids, self.counts.repeated.data());
    made["backward"] = py::array_t<std::int64_t>(apids, self.counts.backward.data());
    return made;
}

} // namespace

void bind_frame_packets(py::module_& m) {
    m.def("check_crcs", &check, py::arg("data"), py::arg("offsets"));
    py::class_<PacketAssembler>(m, "PacketAssembler")
        .def(py::init<std::int64_t>(), py::arg("modulo"))
        .def("take", &take, py::arg("octets"), py::arg("begins"), py::arg("lengths"), py::arg("pointers"),
             py::arg("channels"), py::arg("counts"))
        .def("copy", [](const PacketAssembler& self) { return self; })
        .def("channel", &channel_of, py::arg("number"))
        .def("set_channel", &set_channel, py::arg("number"), py::arg("count"), py::arg("head"))
        .def_property_readonly("counts", &counts_of);
}

} // namespace llamaspace::bindings
