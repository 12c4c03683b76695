// Attitude quaternions, scalar first: `q_body_gcrf` turns GCRF components into body components, and
// q_c_a = q_c_b * q_b_a composes as rotation matrices do (Markley and Crassidis 2014, section 2.7).
#pragma once

#include "llamaspace/vec3.hpp"

#include <algorithm>
#include <cmath>

namespace llamaspace {

struct Quaternion {
    double w{1.0}, x{}, y{}, z{};
};

inline Vec3 vector_part(const Quaternion& q) { return {q.x, q.y, q.z}; }
inline Quaternion quaternion_of(double w, const Vec3& v) { return {w, v.x, v.y, v.z}; }
inline Quaternion conjugate(const Quaternion& q) { return {q.w, -q.x, -q.y, -q.z}; }

inline Quaternion operator*(const Quaternion& a, const Quaternion& b) {
    const Vec3 u = vector_part(a), v = vector_part(b);
    return quaternion_of(a.w * b.w - dot(u, v), a.w * v + b.w * u - cross(u, v));
}

inline Quaternion normalised(const Quaternion& q) {
    const double k = 1.0 / std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
    return {k * q.w, k * q.x, k * q.y, k * q.z};
}

// Components of a vector in the turned axes, and back.
inline Vec3 into(const Quaternion& q, const Vec3& a) {
    const Vec3 v = vector_part(q), t = 2.0 * cross(a, v);
    return a + q.w * t + cross(t, v);
}
inline Vec3 out_of(const Quaternion& q, const Vec3& a) { return into(conjugate(q), a); }

inline Mat3 matrix_of(const Quaternion& q) {
    const double ww = q.w * q.w, xx = q.x * q.x, yy = q.y * q.y, zz = q.z * q.z;
    return {{ww + xx - yy - zz, 2.0 * (q.x * q.y + q.w * q.z), 2.0 * (q.x * q.z - q.w * q.y),
             2.0 * (q.x * q.y - q.w * q.z), ww - xx + yy - zz, 2.0 * (q.y * q.z + q.w * q.x),
             2.0 * (q.x * q.z + q.w * q.y), 2.0 * (q.y * q.z - q.w * q.x), ww - xx - yy + zz}};
}

// The quaternion of a rotation matrix by its largest element (Shepperd 1978); scalar part not negative.
inline Quaternion quaternion_of(const Mat3& a) {
    const auto& m = a.m;
    const double trace = m[0] + m[4] + m[8];
    Quaternion q;
    if (trace >= m[0] && trace >= m[4] && trace >= m[8]) {
        q = {1.0 + trace, m[5] - m[7], m[6] - m[2], m[1] - m[3]};
    } else if (m[0] >= m[4] && m[0] >= m[8]) {
        q = {m[5] - m[7], 1.0 + 2.0 * m[0] - trace, m[1] + m[3], m[2] + m[6]};
    } else if (m[4] >= m[8]) {
        q = {m[6] - m[2], m[1] + m[3], 1.0 + 2.0 * m[4] - trace, m[5] + m[7]};
    } else {
        q = {m[1] - m[3], m[2] + m[6], m[5] + m[7], 1.0 + 2.0 * m[8] - trace};
    }
    q = normalised(q);
    return q.w < 0.0 ? Quaternion{-q.w, -q.x, -q.y, -q.z} : q;
}

// The rotation whose axis times angle is `phi`, and back: the shorter way round, |phi| at most pi.
inline Quaternion turned_by(const Vec3& phi) {
    const double angle = norm(phi);
    const double k = angle > 1.0e-8 ? std::sin(0.5 * angle) / angle : 0.5;
    return quaternion_of(std::cos(0.5 * angle), k * phi);
}
inline Vec3 rotation_vector(const Quaternion& q) {
    const double sign = q.w < 0.0 ? -1.0 : 1.0;
    const Vec3 v = sign * vector_part(q);
    const double sine = norm(v);
    const double k = sine > 1.0e-10 ? 2.0 * std::atan2(sine, sign * q.w) / sine : 2.0;
    return k * v;
}

inline double angle_of(const Quaternion& q) { return 2.0 * std::atan2(norm(vector_part(q)), std::abs(q.w)); }

inline Vec3 unit(const Vec3& a) { return (1.0 / norm(a)) * a; }

// The attitude that puts a body axis on a direction and a second body axis as near as it can be to another.
inline Quaternion pointed(const Vec3& body_first, const Vec3& body_second, const Vec3& first, const Vec3& second) {
    const Vec3 b1 = unit(body_first), b3 = unit(cross(body_first, body_second)), b2 = cross(b3, b1);
    const Vec3 d1 = unit(first), d3 = unit(cross(first, second)), d2 = cross(d3, d1);
    const auto element = [](const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& x, const Vec3& y, const Vec3& z) {
        return Mat3{{a.x * x.x + b.x * y.x + c.x * z.x, a.x * x.y + b.x * y.y + c.x * z.y, a.x * x.z + b.x * y.z + c.x * z.z,
                     a.y * x.x + b.y * y.x + c.y * z.x, a.y * x.y + b.y * y.y + c.y * z.y, a.y * x.z + b.y * y.z + c.y * z.z,
                     a.z * x.x + b.z * y.x + c.z * z.x, a.z * x.y + b.z * y.y + c.z * z.y, a.z * x.z + b.z * y.z + c.z * z.z}};
    };
    return quaternion_of(element(b1, b2, b3, d1, d2, d3));
}

} // namespace llamaspace
