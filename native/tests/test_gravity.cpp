// Spherical harmonics: every vector width gives the same, the field obeys Laplace, bad sizes are refused.
#include "llamaspace/gravity.hpp"

#include "../src/gravity_kernel.hpp"
#include "check.hpp"
#include "llamaspace/error.hpp"

#include <cmath>
#include <vector>

using namespace llamaspace;

namespace {

// A field with Kaula's rule for its size: made up, but of the Earth's kind.
std::vector<Harmonic> made_up_field(int degree) {
    std::vector<Harmonic> out;
    for (int n = 2; n <= degree; ++n) {
        for (int m = 0; m <= n; ++m) {
            const double size = 1.0e-5 / (n * n);
            out.push_back({n, m, size * std::cos(3.0 * n + m), m == 0 ? 0.0 : size * std::sin(n + 5.0 * m)});
        }
    }
    return out;
}

void all_widths_give_the_same() {
    // The smallest table by hand: degree and order 1, C11 = 1. Its sum is A11 rho = sqrt(3) rho.
    const auto& kernels = gravity::available_kernels();
    CHECK(!kernels.empty());
    constexpr int degree = 37, order = 21;
    std::vector<double> table, sectoral(24, 0.0);
    for (int block = 0; block <= order / gravity::lanes; ++block) {
        for (int n = block * gravity::lanes; n <= degree; ++n) {
            for (int lane = 0; lane < gravity::row; ++lane) {
                const int m = block * gravity::lanes + lane % gravity::lanes;
                const bool recursion = lane < gravity::lanes;
                table.push_back(n >= m ? (recursion ? 0.2 + 0.01 * lane : std::sin(n + 0.3 * lane)) : 0.0);
            }
        }
    }
    for (std::size_t m = 0; m <= order; ++m) {
        sectoral[m] = 1.0 + 0.1 * static_cast<double>(m);
    }
    const gravity::Task task{table.data(), sectoral.data(), degree, order, 0.91, 0.37};
    gravity::Sums expected{}, sums{};
    gravity::SecondSums expected_second{}, second{};
    kernels.front().second(task, expected, expected_second);
    for (const auto& kernel : kernels) {
        kernel.second(task, sums, second);
        for (std::size_t m = 0; m <= order; ++m) {
            CHECK_NEAR(sums.x[m], expected.x[m], 1.0e-14);
            CHECK_NEAR(sums.yu[m], expected.yu[m], 1.0e-12);
            CHECK_NEAR(second.xuu[m], expected_second.xuu[m], 1.0e-10);
            CHECK_NEAR(second.ynn[m], expected_second.ynn[m], 1.0e-11);
        }
        kernel.first(task, sums);
        for (std::size_t m = 0; m <= order; ++m) {
            CHECK_NEAR(sums.xn[m], expected.xn[m], 1.0e-12);
        }
    }
}

void the_field_obeys_laplace() {
    const auto field = made_up_field(60);
    const GravityModel model(3.986e14, 6.378e6, 60, 60, field);
    for (const Vec3& r : {Vec3{6.6e6, 1.0e5, -2.0e5}, Vec3{0.0, 0.0, 6.7e6}, Vec3{-3.0e6, 4.0e6, -4.5e6}}) {
        const Gradient g = model.derivatives(r).gradient_s2;
        CHECK_NEAR(g.xx + g.yy + g.zz, 0.0, 1.0e-19);
    }
}

void a_point_mass_pulls_as_newton_says() {
    const GravityModel model(4.0e14, 6.4e6, 0, 0, {});
    const Vec3 a = model.acceleration_m_s2({0.0, 2.0e7, 0.0});
    CHECK_NEAR(a.y, -1.0, 1.0e-15);
    CHECK_NEAR(norm(model.perturbation_m_s2({1.0e7, 0.0, 0.0})), 0.0, 0.0);
}

template <class Work> bool refuses(const Work& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code() == ErrorCode::bad_value;
    }
    return false;
}

void sizes_that_do_not_fit_are_refused() {
    CHECK(refuses([] { static_cast<void>(GravityModel(4.0e14, 6.4e6, gravity_degree_limit, 0, {})); }));
    CHECK(refuses([] { static_cast<void>(GravityModel(4.0e14, 6.4e6, 3, 4, {})); }));
    CHECK(refuses([] { static_cast<void>(GravityModel(-1.0, 6.4e6, 3, 3, {})); }));
    CHECK(refuses([] { GravityModel(4.0e14, 6.4e6, 3, 2, {}).set({3, 3, 1.0, 0.0}); }));
    CHECK(refuses([] { GravityModel(4.0e14, 6.4e6, 3, 3, {}).set({2, 1, std::nan(""), 0.0}); }));
}

} // namespace

int main() {
    all_widths_give_the_same();
    the_field_obeys_laplace();
    a_point_mass_pulls_as_newton_says();
    sizes_that_do_not_fit_are_refused();
    return check::result();
}
