// The field of a planet in fully normalised spherical harmonics: potential, acceleration and gradient.
//
// Derived Legendre functions of the sine of latitude (Pines 1973) have no pole singularity. They are recurred in degree
// for eight orders side by side, scaled so that each step needs one coefficient, and summed over degree before the
// longitude enters; runtime dispatch picks the widest vectors that the processor has.
#pragma once

#include "llamaspace/vec3.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace llamaspace {

inline constexpr int gravity_degree_limit = 160; // the buffers of one evaluation live on the stack

// Symmetric second derivatives of the potential, 1/s^2.
struct Gradient {
    double xx{}, xy{}, xz{}, yy{}, yz{}, zz{};
};

[[nodiscard]] inline Gradient operator+(const Gradient& a, const Gradient& b) {
    return {a.xx + b.xx, a.xy + b.xy, a.xz + b.xz, a.yy + b.yy, a.yz + b.yz, a.zz + b.zz};
}

struct FieldDerivatives {
    Vec3 acceleration_m_s2;
    Gradient gradient_s2;
};

// C and S of one degree and order, fully normalised; C00 is implied.
struct Harmonic {
    int degree, order;
    double c, s;
};

class GravityModel {
  public:
    // Throws Error(bad_value) for a degree outside 0 to the limit, an order above the degree, or a bad scale.
    GravityModel(double mu_m3_s2, double radius_m, int degree, int order, std::span<const Harmonic> harmonics);

    [[nodiscard]] double mu_m3_s2() const { return mu_; }
    [[nodiscard]] double radius_m() const { return radius_; }
    [[nodiscard]] int degree() const { return degree_; }
    [[nodiscard]] int order() const { return order_; }

    // Overwrites one harmonic, as the solid tides do; outside the model's degree and order it throws.
    void set(const Harmonic& harmonic);

    // Positions are in the frame that the coefficients are given in (ITRF for the Earth), from the centre of mass.
    [[nodiscard]] Vec3 acceleration_m_s2(const Vec3& r_m) const;
    [[nodiscard]] FieldDerivatives derivatives(const Vec3& r_m) const;
    [[nodiscard]] double potential_m2_s2(const Vec3& r_m) const;

    // The same without the term of a point mass: what a perturbation adds.
    [[nodiscard]] Vec3 perturbation_m_s2(const Vec3& r_m) const;
    [[nodiscard]] FieldDerivatives perturbation_derivatives(const Vec3& r_m) const;

  private:
    double mu_, radius_;
    int degree_, order_;
    std::vector<double> sectoral_; // A(m, m), padded to whole blocks of orders
    std::vector<double> table_;    // per block of eight orders and degree: recursion, C, S
    std::vector<double> scale_;    // of the recursion, degree by order, to place coefficients
    [[nodiscard]] std::size_t place(int degree, int order) const;
    [[nodiscard]] FieldDerivatives derivatives_with(const Vec3& r_m, double point_mass) const;
};

} // namespace llamaspace
