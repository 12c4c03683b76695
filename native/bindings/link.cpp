// Space link coding over octets.
#include "llamaspace/cltu.hpp"

#include "arrays.hpp"

#include <string>
#include <string_view>

namespace llamaspace::bindings {
namespace {

py::bytes cltu_of(std::string_view frame) {
    std::string out(cltu_length(frame.size()), '\0');
    encode_cltu({reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()},
                {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    return py::bytes(out);
}

} // namespace

void bind_link(py::module_& m) { m.def("encode_cltu", &cltu_of, py::arg("frame")); }

} // namespace llamaspace::bindings
