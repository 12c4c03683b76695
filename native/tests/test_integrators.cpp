// The integrators alone, on motions whose solution is known: their order, their interpolants, their coefficients.
#include "check.hpp"
#include "llamaspace/gauss_jackson.hpp"
#include "llamaspace/runge_kutta.hpp"

#include <array>
#include <cmath>

using namespace llamaspace;

namespace {

constexpr double radius_m = 7.0e6, mu = 3.986004415e14;
const double motion_rad_s = std::sqrt(mu / (radius_m * radius_m * radius_m));

// A circle in the plane of x and y; eight numbers, the last two ride along: a clock, and one that nothing changes.
struct Circle {
    void operator()(double, const StateOf<8>& y, StateOf<8>& dy) const {
        const double r2 = y[0] * y[0] + y[1] * y[1] + y[2] * y[2], k = -mu / (r2 * std::sqrt(r2));
        dy = {y[3], y[4], y[5], k * y[0], k * y[1], k * y[2], 1.0, 0.0};
    }
};

StateOf<8> start() { return {radius_m, 0.0, 0.0, 0.0, radius_m * motion_rad_s, 0.0, 0.0, 5.0}; }

double miss_m(const StateOf<8>& y, double t) {
    return std::hypot(y[0] - radius_m * std::cos(motion_rad_s * t), y[1] - radius_m * std::sin(motion_rad_s * t), y[2]);
}

template <class Table> void a_pair_holds_its_tolerance_and_its_interpolant() {
    Circle circle;
    RungeKutta<Table, 8, Circle> integration(circle, 0.0, start(), 1.0e-6, 10.0);
    int steps = 0;
    while (integration.t() != 20000.0) {
        integration.advance(20000.0);
        ++steps;
        for (const double share : {0.1, 0.5, 0.93}) {
            const double t = integration.t_before() + share * (integration.t() - integration.t_before());
            CHECK(miss_m(integration.interpolate(t), t) < 2.0e-3);
        }
    }
    CHECK(steps > 20 && steps < 400);
    CHECK(miss_m(integration.y(), 20000.0) < 1.0e-3);
    CHECK_NEAR(integration.y()[6], 20000.0, 1.0e-9);
    CHECK_NEAR(integration.y()[7], 5.0, 0.0);
}

template <class Table> void a_step_that_is_taken_again_ends_where_it_should() {
    Circle circle;
    RungeKutta<Table, 8, Circle> integration(circle, 0.0, start(), 1.0e-6, 60.0);
    integration.advance(1000.0);
    integration.retake(17.0);
    CHECK_NEAR(integration.t(), 17.0, 0.0);
    CHECK(miss_m(integration.y(), 17.0) < 1.0e-8);
    integration.advance(-500.0);
    CHECK(integration.t() < 17.0);
    CHECK(miss_m(integration.y(), integration.t()) < 1.0e-5);
}

// The coefficients of Gauss-Jackson as the literature prints them: Berry and Healy 2004, table of the summed Adams and
// Gauss-Jackson correctors in differences: -1/2, -1/12, -1/24, -19/720 and 1/12, 0, -1/240, -1/240.
void the_weights_are_the_published_ones() {
    const auto w = summed_weights<3>(0);
    // Ordinate form of order 3 by hand: sum of difference coefficients times binomials.
    const std::array<double, 4> c{-0.5, -1.0 / 12.0, -1.0 / 24.0, -19.0 / 720.0};
    const std::array<double, 4> d{1.0 / 12.0, 0.0, -1.0 / 240.0, -1.0 / 240.0};
    CHECK_NEAR(w.velocity[0], c[0] + c[1] + c[2] + c[3], 1.0e-16);
    CHECK_NEAR(w.velocity[1], -(c[1] + 2.0 * c[2] + 3.0 * c[3]), 1.0e-16);
    CHECK_NEAR(w.velocity[3], -c[3], 1.0e-16);
    CHECK_NEAR(w.position[0], d[0] + d[1] + d[2] + d[3], 1.0e-16);
    CHECK_NEAR(w.position[2], d[2] + 3.0 * d[3], 1.0e-16);
    CHECK_NEAR(w.position_of_first_sum, -1.0, 0.0);
}

struct Pull {
    Vec3 operator()(double, const Vec3& r, const Vec3&) const { return (*this)(0.0, r); }
    Vec3 operator()(double, const Vec3& r) const {
        const double r2 = dot(r, r);
        return (-mu / (r2 * std::sqrt(r2))) * r;
    }
};

void gauss_jackson_stays_on_the_circle(double step_s) {
    Pull pull;
    std::array<MotionPoint, 9> points{};
    for (std::size_t k = 0; k < points.size(); ++k) {
        const double t = static_cast<double>(k) * step_s, c = std::cos(motion_rad_s * t), s = std::sin(motion_rad_s * t);
        points[k] = {t, {radius_m * c, radius_m * s, 0.0}, {-radius_m * motion_rad_s * s, radius_m * motion_rad_s * c, 0.0}, {}};
        points[k].a = pull(t, points[k].r);
    }
    GaussJackson<8, Pull, Pull> integration(pull, pull, points);
    while (integration.now().t * step_s < 20000.0 * step_s) {
        integration.advance();
    }
    const auto& p = integration.now();
    CHECK(std::hypot(p.r.x - radius_m * std::cos(motion_rad_s * p.t), p.r.y - radius_m * std::sin(motion_rad_s * p.t)) < 1.0e-4);
    const double t = p.t - 0.37 * step_s;
    const MotionPoint between = hermite(integration.before(), p, t);
    CHECK(std::hypot(between.r.x - radius_m * std::cos(motion_rad_s * t), between.r.y - radius_m * std::sin(motion_rad_s * t)) < 1.0e-4);
    CHECK_NEAR(between.v.x, -radius_m * motion_rad_s * std::sin(motion_rad_s * t), 1.0e-6);
    CHECK_NEAR(between.a.y, -radius_m * motion_rad_s * motion_rad_s * std::sin(motion_rad_s * t), 1.0e-7);
    CHECK(integration.correction_m() < 1.0e-4);
}

} // namespace

int main() {
    a_pair_holds_its_tolerance_and_its_interpolant<Dop853>();
    a_pair_holds_its_tolerance_and_its_interpolant<Verner98>();
    a_step_that_is_taken_again_ends_where_it_should<Dop853>();
    a_step_that_is_taken_again_ends_where_it_should<Verner98>();
    the_weights_are_the_published_ones();
    gauss_jackson_stays_on_the_circle(30.0);
    return check::result();
}
