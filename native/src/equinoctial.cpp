// States from equinoctial elements, and back.
#include "equinoctial.hpp"

#include "llamaspace/error.hpp"

namespace llamaspace {
namespace {

constexpr int newton_rounds = 20;
constexpr double step_ratio = 1.0e-6;

} // namespace

EquinoctialOrbit::EquinoctialOrbit(const Vec3& r_m, const Vec3& v_m_s, double mu) : mu_(mu) {
    const double radius = norm(r_m);
    const Vec3 h_vector = cross(r_m, v_m_s);
    first_ = (1.0 / radius) * r_m;
    third_ = (1.0 / norm(h_vector)) * h_vector;
    second_ = cross(third_, first_);
    const double radial = dot(first_, v_m_s), along = dot(second_, v_m_s);
    const double axis = 1.0 / (2.0 / radius - (radial * radial + along * along) / mu);
    if (!(axis > 0.0 && std::isfinite(axis) && along > 0.0)) {
        throw Error(ErrorCode::bad_value, "the state is not that of a bound orbit");
    }
    const double k = along * along * radius / mu - 1.0, h = -radial * along * radius / mu;
    const double root = std::sqrt(1.0 - h * h - k * k), beta = 1.0 / (1.0 + root);
    // The position lies on the first axis: solve for the eccentric longitude there.
    const double cosine = k + radius / axis * (1.0 - k * k * beta) / root;
    const double sine = h - radius / axis * h * k * beta / root;
    const double longitude = std::atan2(sine, cosine);
    const double mean = longitude - k * std::sin(longitude) + h * std::cos(longitude);
    elements_ = {std::sqrt(mu / axis) / axis, k, h, 0.0, 0.0, mean};
}

Column<6> EquinoctialOrbit::state(const Equinoctial& elements, double t_s) const {
    const auto [n, k, h, q, p, at_epoch] = elements;
    const double mean = at_epoch + n * t_s, a = std::cbrt(mu_ / (n * n));
    double longitude = mean + k * std::sin(mean) - h * std::cos(mean), c = 0.0, s = 0.0;
    for (int i = 0; i < newton_rounds; ++i) {
        c = std::cos(longitude);
        s = std::sin(longitude);
        const double step = (longitude - k * s + h * c - mean) / (1.0 - k * c - h * s);
        longitude -= step;
        if (std::abs(step) < 1.0e-8) { // converges with the second order; the sines follow to first
            const double ds = -step * c + 0.5 * step * step * -s, dc = step * s + 0.5 * step * step * -c;
            s += ds;
            c += dc;
            break;
        }
    }
    const double beta = 1.0 / (1.0 + std::sqrt(1.0 - h * h - k * k));
    const double x = a * ((1.0 - h * h * beta) * c + h * k * beta * s - k);
    const double y = a * ((1.0 - k * k * beta) * s + h * k * beta * c - h);
    const double speed = n * a / (1.0 - k * c - h * s);
    const double vx = speed * (h * k * beta * c - (1.0 - h * h * beta) * s);
    const double vy = speed * ((1.0 - k * k * beta) * c - h * k * beta * s);
    const double scale = 1.0 / (1.0 + p * p + q * q);
    const auto turned = [&](double px, double py, double pz) { return px * first_ + py * second_ + pz * third_; };
    const Vec3 f = scale * turned(1.0 - p * p + q * q, 2.0 * p * q, -2.0 * p);
    const Vec3 g = scale * turned(2.0 * p * q, 1.0 + p * p - q * q, 2.0 * q);
    const Vec3 r = x * f + y * g, v = vx * f + vy * g;
    return {r.x, r.y, r.z, v.x, v.y, v.z};
}

Matrix<6, 6> EquinoctialOrbit::slopes(const Equinoctial& elements, double t_s) const {
    Matrix<6, 6> out;
    for (std::size_t j = 0; j < 6; ++j) {
        const double step = j == 0 ? step_ratio * elements_[0] : step_ratio;
        Equinoctial more = elements, less = elements;
        more[j] += step;
        less[j] -= step;
        const Column<6> high = state(more, t_s), low = state(less, t_s);
        for (std::size_t i = 0; i < 6; ++i) {
            out(i, j) = (high[i] - low[i]) / (more[j] - less[j]);
        }
    }
    return out;
}

} // namespace llamaspace
