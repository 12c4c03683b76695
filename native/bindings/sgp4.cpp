// SGP4 over satellites and epochs.
#include "llamaspace/sgp4.hpp"

#include "arrays.hpp"

#include <memory>
#include <vector>

namespace llamaspace::bindings {
namespace {

// The columns of `elements`, in the order of MeanElements.
constexpr py::ssize_t element_columns = 8;

class Sgp4Batch {
  public:
    explicit Sgp4Batch(const DoubleArray& elements) {
        if (elements.ndim() != 2 || elements.shape(1) != element_columns || elements.shape(0) == 0) {
            throw Error(ErrorCode::bad_shape, "elements must have shape (satellites, 8)");
        }
        const auto* x = elements.data();
        satellites_.reserve(static_cast<std::size_t>(elements.shape(0)));
        for (py::ssize_t row = 0; row < elements.shape(0); ++row, x += element_columns) {
            satellites_.emplace_back(MeanElements{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]});
        }
    }

    [[nodiscard]] std::size_t size() const { return satellites_.size(); }
    [[nodiscard]] const Sgp4Satellite& front() const { return satellites_.front(); }

    [[nodiscard]] DoubleArray nodedot() const {
        DoubleArray out(static_cast<py::ssize_t>(size()));
        for (std::size_t k = 0; k < size(); ++k) {
            out.mutable_at(static_cast<py::ssize_t>(k)) = satellites_[k].nodedot_rad_min();
        }
        return out;
    }

    [[nodiscard]] py::tuple propagate(const DoubleArray& minutes) const {
        const auto rows = static_cast<py::ssize_t>(size());
        if (minutes.ndim() != 2 || minutes.shape(0) != rows) {
            throw Error(ErrorCode::bad_shape, "minutes must have shape (" + std::to_string(rows) + ", epochs)");
        }
        const py::ssize_t epochs = minutes.shape(1);
        DoubleArray r({rows, epochs, py::ssize_t{3}}), v({rows, epochs, py::ssize_t{3}});
        py::array_t<std::uint8_t> codes({rows, epochs});
        const std::span<const double> t{minutes.data(), static_cast<std::size_t>(minutes.size())};
        const auto r_out = writable(r), v_out = writable(v);
        const std::span<std::uint8_t> code_out{codes.mutable_data(), static_cast<std::size_t>(codes.size())};
        {
            py::gil_scoped_release release;
            propagate_rows(satellites_, static_cast<std::size_t>(epochs), t, r_out, v_out, code_out);
        }
        return py::make_tuple(r, v, codes);
    }

  private:
    std::vector<Sgp4Satellite> satellites_;
};

} // namespace

void bind_sgp4(py::module_& m) {
    py::class_<Sgp4Batch>(m, "Sgp4Batch")
        .def(py::init<const DoubleArray&>(), py::arg("elements"))
        .def("__len__", &Sgp4Batch::size)
        .def("propagate", &Sgp4Batch::propagate, py::arg("minutes"))
        .def("nodedot_rad_min", &Sgp4Batch::nodedot);
}

} // namespace llamaspace::bindings
