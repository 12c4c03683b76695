// Collisions counted among orbits that are drawn from their distributions.
#include "equinoctial.hpp"
#include "llamaspace/collision.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numbers>
#include <thread>
#include <vector>

namespace llamaspace {
namespace {

constexpr std::size_t samples_of_block = 4096; // one stream of random numbers each
constexpr double least_step_s = 1.0e-3;        // over it two satellites bend by less than 0.01 mm from their tangents
constexpr double largest_eccentricity = 0.99;

// xoshiro256++ (Blackman and Vigna, ACM Trans. Math. Softw. 47, 2021, 36), seeded by splitmix64.
class Random {
  public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            seed += 0x9e3779b97f4a7c15U;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
            z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
            word = z ^ (z >> 31U);
        }
    }

    // Twelve normal numbers, by the method of Box and Muller.
    void normal(Column<12>& out) {
        for (std::size_t k = 0; k < out.size(); k += 2) {
            const double size = std::sqrt(-2.0 * std::log(1.0 - uniform())), angle = 2.0 * std::numbers::pi * uniform();
            out[k] = size * std::cos(angle);
            out[k + 1] = size * std::sin(angle);
        }
    }

  private:
    std::array<std::uint64_t, 4> state_{};

    static std::uint64_t turned(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); }
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; } // [0, 1)
    std::uint64_t next() {
        const std::uint64_t found = turned(state_[0] + state_[3], 23) + state_[0], t = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = turned(state_[3], 45);
        return found;
    }
};

// A lower triangle whose square is the matrix; where nothing is left of a variance its column is zero.
Matrix<6, 6> root_of(const Matrix<6, 6>& a) {
    Matrix<6, 6> root;
    for (std::size_t j = 0; j < 6; ++j) {
        double left = a(j, j);
        for (std::size_t k = 0; k < j; ++k) {
            left -= root(j, k) * root(j, k);
        }
        if (!(left > 1.0e-14 * a(j, j))) {
            continue;
        }
        root(j, j) = std::sqrt(left);
        for (std::size_t i = j + 1; i < 6; ++i) {
            double sum = a(i, j);
            for (std::size_t k = 0; k < j; ++k) {
                sum -= root(i, k) * root(j, k);
            }
            root(i, j) = sum / root(j, j);
        }
    }
    return root;
}

struct Drawn {
    EquinoctialOrbit orbit;
    Matrix<6, 6> root; // of the covariance of the elements

    Drawn(const UncertainState& s, double mu) : orbit(s.r_m, s.v_m_s, mu) {
        Matrix<6, 6> inverse, given;
        given.m = s.covariance;
        if (!invert(orbit.slopes(orbit.elements(), 0.0), inverse)) {
            throw Error(ErrorCode::bad_value, "the state does not determine an orbit");
        }
        root = inverse * root_of(given);
    }

    [[nodiscard]] Equinoctial draw(const double* normal) const {
        Equinoctial out = orbit.elements();
        for (std::size_t i = 0; i < 6; ++i) {
            for (std::size_t j = 0; j < 6; ++j) {
                out[i] += root(i, j) * normal[j];
            }
        }
        return out;
    }
};

bool bound(const Equinoctial& e) {
    return e[0] > 0.0 && std::isfinite(e[0]) && std::hypot(e[1], e[2]) < largest_eccentricity;
}

double perigee_m(const Equinoctial& e, double mu) { return std::cbrt(mu / (e[0] * e[0])) * (1.0 - std::hypot(e[1], e[2])); }

// Two orbits, and how strongly they can bend apart.
struct Pair {
    const Drawn &own, &other;
    Equinoctial a, b;
    double perigee_m, mu, radius_m;

    [[nodiscard]] double acceleration_m_s2(double apart_m) const {
        const double everywhere = 2.0 * mu / (perigee_m * perigee_m);
        const double inside_m = perigee_m - 0.5 * apart_m; // a chord between them comes no nearer to the centre
        if (!(inside_m > 0.5 * perigee_m)) {
            return everywhere;
        }
        return std::min(everywhere, 2.0 * mu * apart_m / (inside_m * inside_m * inside_m)); // gradient of the attraction
    }

    // Whether a straight relative motion with a bounded acceleration stays outside the sphere for a time.
    [[nodiscard]] bool clear(const Vec3& d, const Vec3& v, double h) const {
        const double v2 = dot(v, v), reach_m = norm(d) + std::sqrt(v2) * h + mu / (perigee_m * perigee_m) * h * h;
        const double nearest_s = v2 > 0.0 ? std::clamp(-dot(d, v) / v2, 0.0, h) : 0.0;
        return norm(d + nearest_s * v) - 0.5 * acceleration_m_s2(reach_m) * h * h > radius_m;
    }

    [[nodiscard]] bool meet(double from_s, double to_s) const {
        double t_s = from_s, h = to_s - from_s;
        while (true) {
            const Column<6> x = own.orbit.state(a, t_s), y = other.orbit.state(b, t_s);
            const Vec3 d{y[0] - x[0], y[1] - x[1], y[2] - x[2]}, v{y[3] - x[3], y[4] - x[4], y[5] - x[5]};
            if (dot(d, d) <= radius_m * radius_m) {
                return true;
            }
            if (t_s >= to_s) {
                return false;
            }
            for (h = std::min(4.0 * h, to_s - t_s); h > least_step_s && !clear(d, v, h); h *= 0.7) {
            }
            if (h <= least_step_s && passes(d, v, h)) {
                return true;
            }
            t_s += h;
        }
    }

    // Straight lines over the least step.
    [[nodiscard]] bool passes(const Vec3& d, const Vec3& v, double h) const {
        const double v2 = dot(v, v), nearest_s = v2 > 0.0 ? std::clamp(-dot(d, v) / v2, 0.0, h) : 0.0;
        return norm(d + nearest_s * v) <= radius_m;
    }
};

struct Counts {
    std::atomic<std::size_t> next{0}, hits{0}, unbound{0};
};

void count_block(const Drawn& own, const Drawn& other, double radius_m, double mu, const CollisionDraw& draw,
                 std::size_t block, Counts& counts) {
    Random random(draw.seed ^ (0x632be59bd9b4e019U * (block + 1)));
    const std::size_t first = block * samples_of_block, last = std::min(first + samples_of_block, draw.samples);
    std::size_t hits = 0, unbound = 0;
    Column<12> normal{};
    for (std::size_t i = first; i < last; ++i) {
        random.normal(normal);
        const Equinoctial a = own.draw(normal.data()), b = other.draw(normal.data() + 6);
        if (!bound(a) || !bound(b)) {
            ++unbound;
            continue;
        }
        const Pair pair{own, other, a, b, std::min(perigee_m(a, mu), perigee_m(b, mu)), mu, radius_m};
        hits += pair.meet(draw.from_s, draw.to_s) ? 1U : 0U;
    }
    counts.hits += hits;
    counts.unbound += unbound;
}

} // namespace

CollisionCount count_collisions(const UncertainState& own, const UncertainState& other, double radius_m, double mu,
                                const CollisionDraw& draw) {
    if (!(radius_m > 0.0 && std::isfinite(radius_m))) {
        throw Error(ErrorCode::bad_value, "the hard-body radius must be above 0");
    }
    if (!(draw.to_s > draw.from_s && std::isfinite(draw.to_s - draw.from_s)) || draw.samples == 0) {
        throw Error(ErrorCode::bad_value, "collisions are counted over a finite time, in one sample or more");
    }
    const Drawn first(own, mu), second(other, mu);
    const std::size_t blocks = (draw.samples + samples_of_block - 1) / samples_of_block;
    Counts counts;
    const auto work = [&] {
        for (std::size_t block = counts.next++; block < blocks; block = counts.next++) {
            count_block(first, second, radius_m, mu, draw, block, counts);
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned k = 1; k < std::clamp(draw.threads, 1U, 256U); ++k) {
            others.emplace_back(work);
        }
        work();
    }
    return {draw.samples, counts.hits, counts.unbound};
}

} // namespace llamaspace
