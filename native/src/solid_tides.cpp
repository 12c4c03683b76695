// Step 1 of the solid Earth tide.
#include "solid_tides.hpp"

#include <cmath>
#include <cstddef>

namespace llamaspace {
namespace {

// Love numbers of degree 2 and 3, and of degree 2 on degree 4; IERS Conventions 2010, table 6.3, anelastic Earth.
constexpr std::array<double, 3> k2_re{0.30190, 0.29830, 0.30102}, k2_im{0.0, -0.00144, -0.00130};
constexpr std::array<double, 4> k3{0.093, 0.093, 0.093, 0.094};
constexpr std::array<double, 3> k2_plus{-0.00089, -0.00080, -0.00057};
constexpr double permanent_c20 = 4.4228e-8 * -0.31460 * 0.30190; // IERS Conventions 2010, eq. 6.14

} // namespace

void SolidTides::add(const Vec3& r, double mass_ratio, double radius_m) {
    const double distance = norm(r), x = r.x / distance, y = r.y / distance, u = r.z / distance;
    const double ratio = radius_m / distance, third = mass_ratio * ratio * ratio * ratio, fourth = third * ratio;
    // Normalised Legendre functions over cos^m, and (x - i y)^m = cos^m exp(-i m longitude).
    const std::array<double, 3> p2{std::sqrt(5.0) * 0.5 * (3.0 * u * u - 1.0), std::sqrt(15.0) * u, std::sqrt(15.0) * 0.5};
    const std::array<double, 4> p3{std::sqrt(7.0) * 0.5 * u * (5.0 * u * u - 3.0),
                                   std::sqrt(7.0 / 6.0) * 1.5 * (5.0 * u * u - 1.0), std::sqrt(7.0 / 60.0) * 15.0 * u,
                                   std::sqrt(7.0 / 360.0) * 15.0};
    double re = 1.0, im = 0.0;
    for (std::size_t m = 0; m <= 3; ++m) {
        if (m <= 2) {
            const double a = third / 5.0 * p2[m];
            // C - i S = k a exp(-i m longitude)
            c_[2][m] += a * (k2_re[m] * re - k2_im[m] * im);
            s_[2][m] -= a * (k2_re[m] * im + k2_im[m] * re);
            c_[4][m] += a * k2_plus[m] * re;
            s_[4][m] -= a * k2_plus[m] * im;
        }
        const double b = fourth / 7.0 * k3[m] * p3[m];
        c_[3][m] += b * re;
        s_[3][m] -= b * im;
        const double next = re * x + im * y;
        im = im * x - re * y;
        re = next;
    }
}

void SolidTides::remove_permanent() { c_[2][0] -= permanent_c20; }

void SolidTides::store(GravityModel& model) const {
    for (int n = 2; n <= 4; ++n) {
        for (int m = 0; m <= (n == 3 ? 3 : 2); ++m) {
            const auto i = static_cast<std::size_t>(n), j = static_cast<std::size_t>(m);
            model.set({n, m, c_[i][j], s_[i][j]});
        }
    }
}

} // namespace llamaspace
