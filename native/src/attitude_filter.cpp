// The error state is a rotation vector in body axes and the gyro bias; the quaternion carries the rest.
#include "llamaspace/attitude_filter.hpp"

#include "llamaspace/error.hpp"

#include "matrix.hpp"

#include <cmath>

namespace llamaspace {
namespace {

Matrix<3, 3> skew(const Vec3& v) { return {{0.0, -v.z, v.y, v.z, 0.0, -v.x, -v.y, v.x, 0.0}}; }

Matrix<6, 6> symmetric(const Matrix<6, 6>& a) {
    Matrix<6, 6> out;
    for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t j = 0; j < 6; ++j) {
            out(i, j) = 0.5 * (a(i, j) + a(j, i));
        }
    }
    return out;
}

// Joseph's form: stays positive where the gain is not quite the optimal one.
struct Correction {
    Matrix<6, 3> gain;
    Matrix<6, 6> covariance;
};
Correction corrected(const Matrix<6, 6>& p, const Matrix<3, 6>& h, const Matrix<3, 3>& noise) {
    const Matrix<6, 3> pht = p * transposed(h);
    Matrix<3, 3> inverse;
    if (!invert(h * pht + noise, inverse)) {
        throw Error(ErrorCode::bad_value, "the covariance of an attitude measurement has no inverse");
    }
    Correction out{pht * inverse, {}};
    Matrix<6, 6> rest = out.gain * h;
    for (std::size_t i = 0; i < 36; ++i) {
        rest.m[i] = (i % 7 == 0 ? 1.0 : 0.0) - rest.m[i];
    }
    out.covariance = symmetric(rest * p * transposed(rest) + out.gain * noise * transposed(out.gain));
    return out;
}

} // namespace

AttitudeFilter::AttitudeFilter(const GyroNoise& gyro, const Quaternion& q, double attitude_rad, double bias_rad_s)
    : gyro_(gyro), q_(normalised(q)) {
    for (std::size_t i = 0; i < 3; ++i) {
        p_[7 * i] = attitude_rad * attitude_rad;
        p_[7 * (i + 3)] = bias_rad_s * bias_rad_s;
    }
}

void AttitudeFilter::propagate(const Vec3& measured_rad_s, double step_s) {
    const Quaternion turn = turned_by(step_s * (measured_rad_s - bias_));
    q_ = normalised(turn * q_);
    const Mat3 rotation = matrix_of(turn);
    Matrix<6, 6> phi;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            phi(i, j) = rotation.m[3 * i + j];
        }
        phi(i, i + 3) = -step_s;
        phi(i + 3, i + 3) = 1.0;
    }
    Matrix<6, 6> p = phi * Matrix<6, 6>{p_} * transposed(phi);
    const double walk = gyro_.angle_walk_rad_sqrt_s * gyro_.angle_walk_rad_sqrt_s;
    const double drift = gyro_.rate_walk_rad_s_sqrt_s * gyro_.rate_walk_rad_s_sqrt_s;
    for (std::size_t i = 0; i < 3; ++i) { // Farrenkopf 1978
        p(i, i) += walk * step_s + drift * step_s * step_s * step_s / 3.0;
        p(i, i + 3) -= 0.5 * drift * step_s * step_s;
        p(i + 3, i) -= 0.5 * drift * step_s * step_s;
        p(i + 3, i + 3) += drift * step_s;
    }
    p_ = p.m;
}

void AttitudeFilter::correct(const std::array<double, 18>& gain, const Vec3& residual) {
    const Column<6> step = Matrix<6, 3>{gain} * Column<3>{residual.x, residual.y, residual.z};
    q_ = normalised(turned_by({step[0], step[1], step[2]}) * q_);
    bias_ = bias_ + Vec3{step[3], step[4], step[5]};
}

void AttitudeFilter::update(const Quaternion& measured, const Vec3& axis, double noise_rad, double noise_rad_across) {
    const std::array<double, 3> a{axis.x, axis.y, axis.z};
    const double across = noise_rad_across * noise_rad_across, along = noise_rad * noise_rad - across;
    Matrix<3, 3> noise;
    Matrix<3, 6> h;
    for (std::size_t i = 0; i < 3; ++i) {
        h(i, i) = 1.0;
        for (std::size_t j = 0; j < 3; ++j) {
            noise(i, j) = along * a[i] * a[j] + (i == j ? across : 0.0);
        }
    }
    const Correction c = corrected({p_}, h, noise);
    p_ = c.covariance.m;
    correct(c.gain.m, rotation_vector(measured * conjugate(q_)));
}

void AttitudeFilter::update_direction(const Vec3& measured_body, const Vec3& known_gcrf, double noise_rad) {
    const Vec3 expected = into(q_, known_gcrf);
    const Matrix<3, 3> cross_of = skew(expected);
    Matrix<3, 6> h;
    Matrix<3, 3> noise;
    for (std::size_t i = 0; i < 3; ++i) {
        noise(i, i) = noise_rad * noise_rad;
        for (std::size_t j = 0; j < 3; ++j) {
            h(i, j) = cross_of(i, j);
        }
    }
    const Correction c = corrected({p_}, h, noise);
    p_ = c.covariance.m;
    correct(c.gain.m, measured_body - expected);
}

} // namespace llamaspace
