// Sums of 3 x 3 matrices, row-major, that the partial derivatives of the forces are made of.
#pragma once

#include "llamaspace/forces.hpp"

#include <array>
#include <cstddef>

namespace llamaspace::partials {

using Matrix = std::array<double, 9>;

inline void add(Matrix& sum, const Matrix& term) {
    for (std::size_t i = 0; i < 9; ++i) {
        sum[i] += term[i];
    }
}

inline void add_column(Matrix& sum, std::size_t column, const Vec3& a) {
    sum[column] += a.x;
    sum[3 + column] += a.y;
    sum[6 + column] += a.z;
}

// diagonal I + outer a a^T
inline Matrix diagonal_and_outer(double diagonal, double outer, const Vec3& a) {
    const std::array<double, 3> c{a.x, a.y, a.z};
    Matrix out{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            out[3 * i + j] = outer * c[i] * c[j] + (i == j ? diagonal : 0.0);
        }
    }
    return out;
}

// Gradient of the attraction -mu d / |d|^3.
inline void add_point_mass_gradient(Matrix& sum, const Vec3& d, double mu) {
    const double d2 = dot(d, d), k = mu / (d2 * norm(d));
    add(sum, diagonal_and_outer(-k, 3.0 * k / d2, d));
}

// m [w x]: the derivative by x of m (w x x).
inline Matrix times_cross(const Matrix& m, const Vec3& w) {
    Matrix out{};
    for (std::size_t i = 0; i < 3; ++i) {
        const Vec3 row{m[3 * i], m[3 * i + 1], m[3 * i + 2]};
        const Vec3 product = cross(row, w);
        out[3 * i] = product.x;
        out[3 * i + 1] = product.y;
        out[3 * i + 2] = product.z;
    }
    return out;
}

// The gradient of a field that is given in turned axes.
inline void add_rotated(Matrix& sum, const Gradient& g, const Mat3& dcm_field_from_sum) {
    const Mat3 field{{g.xx, g.xy, g.xz, g.xy, g.yy, g.yz, g.xz, g.yz, g.zz}};
    add(sum, (transpose(dcm_field_from_sum) * (field * dcm_field_from_sum)).m);
}

// How a vector that is fixed in moving axes turns with the state: central differences of the axes.
inline void add_turning(Matrix& by_position, Matrix& by_velocity, Axes axes, const Vec3& fixed, const Vec3& r, const Vec3& v) {
    const std::array<Vec3, 3> direction{{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}};
    const double dr = 1.0e-5 * norm(r), dv = 1.0e-5 * norm(v);
    for (std::size_t j = 0; j < 3; ++j) {
        const Vec3 er = dr * direction[j], ev = dv * direction[j];
        add_column(by_position, j, (0.5 / dr) * (triad(axes, r + er, v) * fixed - triad(axes, r - er, v) * fixed));
        add_column(by_velocity, j, (0.5 / dv) * (triad(axes, r, v + ev) * fixed - triad(axes, r, v - ev) * fixed));
    }
}

// The rows of velocity of a 6 x 8 matrix of variations after an impulse whose axes turn with the state.
inline void kick(double* variations, Axes axes, const Vec3& delta_v, const Vec3& r, const Vec3& v) {
    Matrix by_position{}, by_velocity{};
    add_turning(by_position, by_velocity, axes, delta_v, r, v);
    for (std::size_t j = 0; j < 8; ++j) {
        std::array<double, 3> change{};
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t k = 0; k < 3; ++k) {
                change[i] += by_position[3 * i + k] * variations[8 * k + j] + by_velocity[3 * i + k] * variations[8 * (k + 3) + j];
            }
        }
        for (std::size_t i = 0; i < 3; ++i) {
            variations[8 * (i + 3) + j] += change[i];
        }
    }
}

} // namespace llamaspace::partials
