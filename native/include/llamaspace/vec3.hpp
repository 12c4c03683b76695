// Three-vectors and rotation matrices, just what the frames and searches need.
#pragma once

#include <array>
#include <cmath>

namespace llamaspace {

struct Vec3 {
    double x{}, y{}, z{};
};

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(double k, const Vec3& a) { return {k * a.x, k * a.y, k * a.z}; }
inline double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(const Vec3& a, const Vec3& b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double norm(const Vec3& a) { return std::sqrt(dot(a, a)); }

// Angle between two directions; exact near 0 and pi, where acos of the dot product is not.
inline double angle_between_rad(const Vec3& a, const Vec3& b) { return std::atan2(norm(cross(a, b)), dot(a, b)); }

// Row-major rotation matrix.
struct Mat3 {
    std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};
};

inline Vec3 operator*(const Mat3& a, const Vec3& v) {
    const auto& m = a.m;
    return {m[0] * v.x + m[1] * v.y + m[2] * v.z, m[3] * v.x + m[4] * v.y + m[5] * v.z,
            m[6] * v.x + m[7] * v.y + m[8] * v.z};
}

inline Mat3 operator*(const Mat3& a, const Mat3& b) {
    Mat3 out;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            out.m[3 * i + j] = a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
        }
    }
    return out;
}

inline Mat3 transpose(const Mat3& a) {
    const auto& m = a.m;
    return {{m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]}};
}

// Rotations of the axes (not of the vector) about x and z, as in the IERS Conventions.
inline Mat3 axes_rotation_x(double angle_rad) {
    const double c = std::cos(angle_rad), s = std::sin(angle_rad);
    return {{1, 0, 0, 0, c, s, 0, -s, c}};
}
inline Mat3 axes_rotation_z(double angle_rad) {
    const double c = std::cos(angle_rad), s = std::sin(angle_rad);
    return {{c, s, 0, -s, c, 0, 0, 0, 1}};
}

} // namespace llamaspace
