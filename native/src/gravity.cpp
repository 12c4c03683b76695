// Spherical harmonics: tables of the recursion, and the assembly of acceleration and gradient from its sums.
#include "llamaspace/gravity.hpp"

#include "gravity_kernel.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

using gravity::lanes;
using gravity::row;

// First row of a block of orders in the table: block b holds the degrees from 8 b on.
std::size_t block_row(int block, int degree) {
    const int rows = block * (degree + 1) - lanes * (block * (block - 1) / 2);
    return static_cast<std::size_t>(rows);
}

double normalised_step(int n, int m) { // a of A(n, m) = a u A(n-1, m) - b A(n-2, m)
    return std::sqrt((2.0 * n - 1.0) * (2.0 * n + 1.0) / ((n - m) * static_cast<double>(n + m)));
}
double normalised_back(int n, int m) {
    return std::sqrt((2.0 * n + 1.0) * (n + m - 1.0) * (n - m - 1.0) / ((2.0 * n - 3.0) * (n + m) * (n - m)));
}

std::size_t triangle(int n, int m) {
    return static_cast<std::size_t>(n) * (static_cast<std::size_t>(n) + 1) / 2 + static_cast<std::size_t>(m);
}

void require(bool good, const std::string& message) {
    if (!good) {
        throw Error(ErrorCode::bad_value, message);
    }
}

// Re and Im of (s + i t)^m for consecutive orders.
struct Power {
    double s, t;
    double re{1.0}, im{0.0}, re1{0.0}, im1{0.0}, re2{0.0}, im2{0.0}; // orders m, m-1, m-2
    void raise() {
        re2 = re1;
        im2 = im1;
        re1 = re;
        im1 = im;
        re = s * re1 - t * im1;
        im = s * im1 + t * re1;
    }
};

// Derivatives of V r / mu as a function of the direction cosines s, t, u and of the distance.
struct Partials {
    double value{}, s{}, t{}, u{}, n{};
    double ss{}, st{}, su{}, tu{}, uu{}, sn{}, tn{}, un{}, nn{};
};

Partials first_partials(const gravity::Sums& sum, int order, double s, double t) {
    Partials f;
    Power power{s, t};
    for (int m = 0; m <= order; ++m, power.raise()) {
        const auto k = static_cast<std::size_t>(m);
        const double re = power.re, im = power.im;
        f.value += sum.x[k] * re + sum.y[k] * im;
        f.s += m * (sum.x[k] * power.re1 + sum.y[k] * power.im1);
        f.t += m * (sum.y[k] * power.re1 - sum.x[k] * power.im1);
        f.u += sum.xu[k] * re + sum.yu[k] * im;
        f.n += sum.xn[k] * re + sum.yn[k] * im;
    }
    return f;
}

void add_second_partials(Partials& f, const gravity::Sums& sum, const gravity::SecondSums& second, int order, double s,
                         double t) {
    Power power{s, t};
    for (int m = 0; m <= order; ++m, power.raise()) {
        const auto k = static_cast<std::size_t>(m);
        const double re = power.re, im = power.im, re1 = power.re1, im1 = power.im1, mm = m * (m - 1.0);
        f.ss += mm * (sum.x[k] * power.re2 + sum.y[k] * power.im2);
        f.st += mm * (sum.y[k] * power.re2 - sum.x[k] * power.im2);
        f.su += m * (sum.xu[k] * re1 + sum.yu[k] * im1);
        f.tu += m * (sum.yu[k] * re1 - sum.xu[k] * im1);
        f.uu += second.xuu[k] * re + second.yuu[k] * im;
        f.sn += m * (sum.xn[k] * re1 + sum.yn[k] * im1);
        f.tn += m * (sum.yn[k] * re1 - sum.xn[k] * im1);
        f.un += second.xun[k] * re + second.yun[k] * im;
        f.nn += second.xnn[k] * re + second.ynn[k] * im;
    }
}

struct Direction {
    double r, s, t, u;
    explicit Direction(const Vec3& p) : r(norm(p)), s(p.x / r), t(p.y / r), u(p.z / r) {}
};

// Acceleration of V = mu / r f(s, t, u, r): the chain rule through the direction cosines.
Vec3 acceleration_of(const Partials& f, const Direction& q, double mu) {
    const double k = mu / (q.r * q.r), along = -f.n - (q.s * f.s + q.t * f.t + q.u * f.u);
    return {k * (f.s + along * q.s), k * (f.t + along * q.t), k * (f.u + along * q.u)};
}

Gradient gradient_of(const Partials& f, const Direction& q, double mu) {
    const double k = mu / (q.r * q.r * q.r);
    const std::array<double, 3> c{q.s, q.t, q.u}, g{f.s, f.t, f.u}, gn{f.sn, f.tn, f.un};
    const std::array<std::array<double, 3>, 3> h{{{f.ss, f.st, f.su}, {f.st, -f.ss, f.tu}, {f.su, f.tu, f.uu}}};
    std::array<double, 3> hc{}; // h times the direction
    for (std::size_t i = 0; i < 3; ++i) {
        hc[i] = h[i][0] * c[0] + h[i][1] * c[1] + h[i][2] * c[2];
    }
    const double cg = c[0] * g[0] + c[1] * g[1] + c[2] * g[2], chc = c[0] * hc[0] + c[1] * hc[1] + c[2] * hc[2];
    const double cgn = c[0] * gn[0] + c[1] * gn[1] + c[2] * gn[2];
    // V(c, r) with c = x / r: d/dx_i = (d/dc_i - c_i c . d/dc) / r + c_i d/dr, applied twice.
    const double isotropic = -f.n - cg, radial = f.nn + 2.0 * cgn + chc + 3.0 * cg + f.n;
    const auto element = [&](std::size_t i, std::size_t j) {
        const double mixed = -gn[i] * c[j] - gn[j] * c[i] - hc[i] * c[j] - hc[j] * c[i] - g[i] * c[j] - g[j] * c[i];
        return k * (h[i][j] + mixed + radial * c[i] * c[j] + (i == j ? isotropic : 0.0));
    };
    return {element(0, 0), element(0, 1), element(0, 2), element(1, 1), element(1, 2), element(2, 2)};
}

} // namespace

GravityModel::GravityModel(double mu_m3_s2, double radius_m, int degree, int order, std::span<const Harmonic> harmonics)
    : mu_(mu_m3_s2), radius_(radius_m), degree_(degree), order_(order) {
    require(mu_ > 0.0 && radius_ > 0.0 && std::isfinite(mu_) && std::isfinite(radius_),
            "gravitational parameter and radius must be positive");
    require(degree_ >= 0 && degree_ < gravity_degree_limit && order_ >= 0 && order_ <= degree_,
            "degree " + std::to_string(degree_) + " and order " + std::to_string(order_) +
                " are not 0 <= order <= degree < " + std::to_string(gravity_degree_limit));
    const int blocks = order_ / lanes + 1;
    sectoral_.assign(static_cast<std::size_t>(blocks * lanes), 0.0);
    table_.assign(block_row(blocks, degree_) * row, 0.0);
    scale_.assign(triangle(degree_ + 1, 0), 1.0);
    for (int m = 0; m <= order_; ++m) {
        const auto k = static_cast<std::size_t>(m);
        sectoral_[k] = m == 0 ? 1.0 : (m == 1 ? std::sqrt(3.0) : sectoral_[k - 1] * std::sqrt((2.0 * m + 1.0) / (2.0 * m)));
        for (int n = m + 1; n <= degree_; ++n) {
            // A(n, m) = scale W(n, m) turns the factor of W(n-1) into one.
            scale_[triangle(n, m)] = normalised_step(n, m) * scale_[triangle(n - 1, m)];
            if (n >= m + 2) {
                table_[place(n, m)] = normalised_back(n, m) * scale_[triangle(n - 2, m)] / scale_[triangle(n, m)];
            }
        }
    }
    for (const Harmonic& harmonic : harmonics) {
        if (harmonic.degree <= degree_ && harmonic.order <= order_ && harmonic.degree > 0) {
            set(harmonic);
        }
    }
}

std::size_t GravityModel::place(int degree, int order) const {
    const int block = order / lanes;
    const std::size_t rows = block_row(block, degree_) + static_cast<std::size_t>(degree - block * lanes);
    return rows * row + static_cast<std::size_t>(order % lanes);
}

void GravityModel::set(const Harmonic& harmonic) {
    const auto& [n, m, c, s] = harmonic;
    if (!(n >= 1 && n <= degree_ && m >= 0 && m <= n && m <= order_ && std::isfinite(c) && std::isfinite(s))) {
        throw Error(ErrorCode::bad_value, "harmonic of degree " + std::to_string(n) + " and order " + std::to_string(m) +
                                              " does not fit a model of " + std::to_string(degree_) + " x " +
                                              std::to_string(order_));
    }
    const std::size_t at = place(harmonic.degree, harmonic.order);
    const double scale = scale_[triangle(harmonic.degree, harmonic.order)];
    table_[at + lanes] = harmonic.c * scale;
    table_[at + 2 * lanes] = harmonic.s * scale;
}

Vec3 GravityModel::perturbation_m_s2(const Vec3& r_m) const {
    const Direction q(r_m);
    gravity::Sums sums;
    gravity::kernels().first({table_.data(), sectoral_.data(), degree_, order_, radius_ / q.r, q.u}, sums);
    return acceleration_of(first_partials(sums, order_, q.s, q.t), q, mu_);
}

Vec3 GravityModel::acceleration_m_s2(const Vec3& r_m) const {
    const double r = norm(r_m);
    return perturbation_m_s2(r_m) + (-mu_ / (r * r * r)) * r_m;
}

double GravityModel::potential_m2_s2(const Vec3& r_m) const {
    const Direction q(r_m);
    gravity::Sums sums;
    gravity::kernels().first({table_.data(), sectoral_.data(), degree_, order_, radius_ / q.r, q.u}, sums);
    return mu_ / q.r * (1.0 + first_partials(sums, order_, q.s, q.t).value);
}

FieldDerivatives GravityModel::derivatives(const Vec3& r_m) const { return derivatives_with(r_m, 1.0); }

FieldDerivatives GravityModel::perturbation_derivatives(const Vec3& r_m) const { return derivatives_with(r_m, 0.0); }

FieldDerivatives GravityModel::derivatives_with(const Vec3& r_m, double point_mass) const {
    const Direction q(r_m);
    gravity::Sums sums;
    gravity::SecondSums second;
    gravity::kernels().second({table_.data(), sectoral_.data(), degree_, order_, radius_ / q.r, q.u}, sums, second);
    Partials f = first_partials(sums, order_, q.s, q.t);
    add_second_partials(f, sums, second, order_, q.s, q.t);
    // The point mass: value 1 of degree 0, weights 1 and 2.
    f.n += point_mass;
    f.nn += 2.0 * point_mass;
    return {acceleration_of(f, q, mu_), gradient_of(f, q, mu_)};
}

} // namespace llamaspace
