// Vectors and quaternions in rows of arrays, for the attitude bindings.
#pragma once

#include "arrays.hpp"

#include "llamaspace/attitude_craft.hpp"
#include "llamaspace/attitude_guidance.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace llamaspace::bindings {

// Rows of a table with a fixed number of columns; an empty array has none.
inline std::span<const double> table_of(const DoubleArray& a, const char* name, py::ssize_t columns, py::ssize_t rows = -1) {
    if (a.ndim() != 2 || a.shape(1) != columns || (rows >= 0 && a.shape(0) != rows)) {
        throw Error(ErrorCode::bad_shape, std::string(name) + " must have shape (" + (rows >= 0 ? std::to_string(rows) : "n") +
                                              ", " + std::to_string(columns) + ")");
    }
    return {a.data(), static_cast<std::size_t>(a.size())};
}

inline Vec3 vec_at(std::span<const double> a, std::size_t at) { return {a[at], a[at + 1], a[at + 2]}; }
inline Quaternion quaternion_at(std::span<const double> a, std::size_t at) {
    return normalised({a[at], a[at + 1], a[at + 2], a[at + 3]});
}
inline void put(std::span<double> a, std::size_t at, const Vec3& v) {
    a[at] = v.x;
    a[at + 1] = v.y;
    a[at + 2] = v.z;
}
inline void put(std::span<double> a, std::size_t at, const Quaternion& q) {
    a[at] = q.w;
    a[at + 1] = q.x;
    a[at + 2] = q.y;
    a[at + 3] = q.z;
}
inline Vec3 one_vec(const DoubleArray& a, const char* name) { return vec_at(vector_of(a, name, 3), 0); }
inline DoubleArray table(py::ssize_t rows, py::ssize_t columns) { return DoubleArray({rows, columns}); }

// Rows: start, mode, place or direction (3), pole (3), keeps, quaternion (4).
inline std::vector<PointingSegment> segments_of(const DoubleArray& rows) {
    const auto a = table_of(rows, "segments", 13);
    std::vector<PointingSegment> out;
    for (std::size_t k = 0; k < a.size(); k += 13) {
        const int mode = static_cast<int>(a[k + 1]);
        if (mode < 0 || mode >= pointing_modes) {
            throw Error(ErrorCode::bad_value, "pointing mode " + std::to_string(mode) + " is not known");
        }
        out.push_back({a[k], static_cast<PointingMode>(mode), vec_at(a, k + 2), vec_at(a, k + 5), a[k + 8] != 0.0,
                       quaternion_at(a, k + 9)});
    }
    return out;
}

} // namespace llamaspace::bindings
