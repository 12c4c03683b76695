// All-against-all screening: tangents in a hashed grid, a motion bound, then the closest approach on SGP4 itself.
#include "llamaspace/screening.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>

namespace llamaspace {
namespace {

constexpr double mu_m3_s2 = 3.986008e14; // WGS 72
constexpr double oblateness = 1.02;      // gravity with J2 near the surface over the central term, 1.6e-3 (1 + 3/2...)
// SGP4's velocity is the derivative of its position but for neglected terms, 0.2 m/s in low orbits. Far out these grow,
// and show as a displacement that the mean of both ends' velocities does not explain: it is added for each object.
constexpr double velocity_slack_m_s = 1.0;
constexpr std::size_t steps_per_chunk = 48;

// One object over one step: its middle, the velocity there, and how far it may leave this tangent.
struct Tangents {
    std::vector<double> x, y, z, vx, vy, vz, off_m;
    std::vector<std::uint32_t> object;

    void clear() {
        for (auto* column : {&x, &y, &z, &vx, &vy, &vz, &off_m}) {
            column->clear();
        }
        object.clear();
    }
    void add(const Vec3& r, const Vec3& v, double off, std::uint32_t number) {
        x.push_back(r.x);
        y.push_back(r.y);
        z.push_back(r.z);
        vx.push_back(v.x);
        vy.push_back(v.y);
        vz.push_back(v.z);
        off_m.push_back(off);
        object.push_back(number);
    }
    void add(const Tangents& from, std::size_t k) {
        add({from.x[k], from.y[k], from.z[k]}, {from.vx[k], from.vy[k], from.vz[k]}, from.off_m[k], from.object[k]);
    }
    [[nodiscard]] std::size_t size() const { return object.size(); }
};

// Objects sorted by the cube of space that they are in; cubes are found by a hash of their three integers.
class Cells {
  public:
    void build(const Tangents& of, double edge_m) {
        const std::size_t n = of.size();
        keys_.resize(n);
        order_.resize(n);
        for (std::size_t k = 0; k < n; ++k) {
            keys_[k] = key(index(of.x[k], edge_m), index(of.y[k], edge_m), index(of.z[k], edge_m));
            order_[k] = static_cast<std::uint32_t>(k);
        }
        std::ranges::sort(order_, [this](std::uint32_t a, std::uint32_t b) { return keys_[a] < keys_[b]; });
        cells_.clear();
        for (std::size_t k = 0; k < n; ++k) {
            if (cells_.empty() || cells_.back().key != keys_[order_[k]]) {
                cells_.push_back({keys_[order_[k]], static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(k)});
            }
            ++cells_.back().end;
        }
        std::size_t slots = 1024;
        while (slots < 4 * cells_.size()) {
            slots *= 2;
        }
        slots_.assign(slots, 0);
        for (std::size_t c = 0; c < cells_.size(); ++c) {
            std::size_t slot = hash(cells_[c].key);
            while (slots_[slot] != 0) {
                slot = (slot + 1) & (slots_.size() - 1);
            }
            slots_[slot] = static_cast<std::uint32_t>(c + 1);
        }
    }

    struct Cell {
        std::uint64_t key;
        std::uint32_t begin, end; // in order()
    };
    [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }
    [[nodiscard]] const std::vector<std::uint32_t>& order() const { return order_; }

    [[nodiscard]] const Cell* neighbour(const Cell& cell, int dx, int dy, int dz) const {
        // Coordinates never leave their 21 bits, so the sum of keys is the key of the sum.
        const std::uint64_t wanted = cell.key + static_cast<std::uint64_t>(dx) * unit_x +
                                     static_cast<std::uint64_t>(dy) * unit_y + static_cast<std::uint64_t>(dz);
        for (std::size_t slot = hash(wanted); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
            const Cell& found = cells_[slots_[slot] - 1];
            if (found.key == wanted) {
                return &found;
            }
        }
        return nullptr;
    }

  private:
    static constexpr std::uint64_t unit_x = std::uint64_t{1} << 42, unit_y = std::uint64_t{1} << 21;

    static std::uint64_t index(double coordinate_m, double edge_m) {
        constexpr double middle = 1 << 20;
        return static_cast<std::uint64_t>(std::clamp(std::floor(coordinate_m / edge_m), 2.0 - middle, middle - 2.0) + middle);
    }
    static std::uint64_t key(std::uint64_t x, std::uint64_t y, std::uint64_t z) { return x * unit_x + y * unit_y + z; }
    [[nodiscard]] std::size_t hash(std::uint64_t key) const {
        return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 40) & (slots_.size() - 1);
    }

    std::vector<std::uint64_t> keys_;
    std::vector<std::uint32_t> order_, slots_;
    std::vector<Cell> cells_;
};

struct Relative {
    Vec3 r, v;
    [[nodiscard]] double closing() const { return dot(r, v); } // half the slope of the squared distance
};

class Screener {
  public:
    explicit Screener(const ScreeningTask& task)
        : task_(task), count_(task.satellites.size()),
          steps_(static_cast<std::size_t>(std::ceil(task.duration_s / task.step_s))),
          step_s_(task.duration_s / static_cast<double>(steps_)), resonances_(count_), lost_(count_, false) {}

    Screening run() {
        for (std::size_t first = 0; first < steps_; first += steps_per_chunk) {
            const std::size_t here = std::min(steps_per_chunk, steps_ - first);
            fly(first, here + 1);
            for (std::size_t k = 0; k < here; ++k) {
                screen_step(first + k, k);
            }
        }
        std::ranges::sort(out_.approaches, [](const CloseApproach& a, const CloseApproach& b) {
            return std::tie(a.since_start_s, a.first, a.second) < std::tie(b.since_start_s, b.first, b.second);
        });
        return std::move(out_);
    }

  private:
    void fly(std::size_t first, std::size_t epochs) {
        epochs_ = epochs;
        minutes_.resize(epochs);
        for (std::size_t k = 0; k < epochs; ++k) {
            minutes_[k] = static_cast<double>(first + k) * step_s_ / 60.0;
        }
        r_.resize(3 * count_ * epochs);
        v_.resize(3 * count_ * epochs);
        codes_.resize(count_ * epochs);
        propagate_grid(task_.satellites, task_.offsets_min, minutes_, r_, v_, codes_);
    }

    static Vec3 vector_at(const std::vector<double>& of, std::size_t k) { return {of[3 * k], of[3 * k + 1], of[3 * k + 2]}; }
    [[nodiscard]] std::size_t at(std::uint32_t object, std::size_t epoch) const { return object * epochs_ + epoch; }

    // Tangents at the middle of the step, from the cubic through both ends' states.
    void make_tangents(std::size_t step, std::size_t k) {
        const double h = step_s_, half = 0.5 * h;
        tangents_.clear();
        fastest_m_s_ = furthest_off_m_ = 0.0;
        for (std::uint32_t object = 0; object < count_; ++object) {
            const std::size_t a = at(object, k), b = a + 1;
            if (codes_[a] != 0 || codes_[b] != 0) {
                lose(object, codes_[a] != 0 ? step : step + 1, codes_[a] != 0 ? codes_[a] : codes_[b]);
                continue;
            }
            const Vec3 r0 = vector_at(r_, a), r1 = vector_at(r_, b), v0 = vector_at(v_, a), v1 = vector_at(v_, b);
            const Vec3 middle = 0.5 * (r0 + r1) + (h / 8.0) * (v0 - v1);
            const Vec3 velocity = (1.5 / h) * (r1 - r0) - 0.25 * (v0 + v1);
            const double speed = norm(velocity), radius = norm(middle);
            const double fall = std::abs(dot(middle, velocity)) / radius * half + 5.0 * half * half;
            const double lowest = std::max(radius - fall, 6.0e6);
            const double off = 0.5 * oblateness * mu_m3_s2 / (lowest * lowest) * half * half +
                               (velocity_slack_m_s + norm((1.0 / h) * (r1 - r0) - 0.5 * (v0 + v1))) * half;
            tangents_.add(middle, velocity, off, object);
            fastest_m_s_ = std::max(fastest_m_s_, speed);
            furthest_off_m_ = std::max(furthest_off_m_, off);
        }
    }

    void lose(std::uint32_t object, std::size_t step, std::uint8_t code) {
        if (!lost_[object]) {
            lost_[object] = true;
            out_.unscreened.push_back({object, static_cast<double>(step) * step_s_, static_cast<Sgp4Code>(code)});
        }
    }

    void screen_step(std::size_t step, std::size_t k) {
        make_tangents(step, k);
        const double reach = task_.threshold_m + 2.0 * furthest_off_m_ + fastest_m_s_ * step_s_;
        cells_.build(tangents_, reach);
        for (const auto& cell : cells_.cells()) {
            near_.clear();
            gather(&cell);
            const std::size_t own = near_.size();
            for (const auto& [dx, dy, dz] : forward) {
                gather(cells_.neighbour(cell, dx, dy, dz));
            }
            for (std::size_t one = 0; one < own; ++one) {
                sieve(one, step, k);
            }
        }
    }

    void gather(const Cells::Cell* cell) {
        if (cell != nullptr) {
            for (std::uint32_t k = cell->begin; k < cell->end; ++k) {
                near_.add(tangents_, cells_.order()[k]);
            }
        }
    }

    // Tangents of one object and all that follow it in the neighbourhood.
    void sieve(std::size_t one, std::size_t step, std::size_t k) {
        const Tangents& n = near_;
        const double half = 0.5 * step_s_, limit = task_.threshold_m + n.off_m[one];
        const double x = n.x[one], y = n.y[one], z = n.z[one], vx = n.vx[one], vy = n.vy[one], vz = n.vz[one];
        const std::size_t count = n.size();
        hits_.resize(count);
        for (std::size_t other = one + 1; other < count; ++other) {
            const double dx = n.x[other] - x, dy = n.y[other] - y, dz = n.z[other] - z;
            const double ux = n.vx[other] - vx, uy = n.vy[other] - vy, uz = n.vz[other] - vz;
            const double speed2 = ux * ux + uy * uy + uz * uz + 1.0e-12, closing = dx * ux + dy * uy + dz * uz;
            const double t = std::min(half, std::max(-half, -closing / speed2));
            const double mx = dx + t * ux, my = dy + t * uy, mz = dz + t * uz, within = limit + n.off_m[other];
            hits_[other] = mx * mx + my * my + mz * mz <= within * within ? 1 : 0;
        }
        for (std::size_t other = one + 1; other < count; ++other) {
            if (hits_[other] != 0) {
                solve(n.object[one], n.object[other], step, k);
            }
        }
    }

    [[nodiscard]] Relative relative(std::uint32_t first, std::uint32_t second, std::size_t epoch) const {
        const std::size_t a = at(first, epoch), b = at(second, epoch);
        return {vector_at(r_, b) - vector_at(r_, a), vector_at(v_, b) - vector_at(v_, a)};
    }

    void solve(std::uint32_t one, std::uint32_t other, std::size_t step, std::size_t k) {
        const std::uint32_t first = std::min(one, other), second = std::max(one, other);
        const Relative from = relative(first, second, k), to = relative(first, second, k + 1);
        const double t = static_cast<double>(step) * step_s_;
        if (step == 0 && from.closing() >= 0.0) {
            report(first, second, t, from, true);
        }
        // Where neither gravity's gradient nor the speed lets the distance turn twice in a step, two ends decide.
        const double gradient = 4.0e-6; // 1/s2: 2 mu / r^3 at the lowest orbits, with oblateness
        const double largest = std::max(dot(from.r, from.r), dot(to.r, to.r));
        const int parts = dot(from.v, from.v) > 4.0 * gradient * largest ? 1 : 4;
        double before_s = 0.0, before = from.closing();
        for (int part = 1; part <= parts; ++part) {
            const double s = step_s_ * part / parts;
            const double now = part == parts ? to.closing() : interpolated(from, to, s).closing();
            if (before < 0.0 && now >= 0.0) {
                refine(first, second, t, before_s, s);
            }
            before_s = s;
            before = now;
        }
        if (step + 1 == steps_ && to.closing() < 0.0) {
            report(first, second, task_.duration_s, to, true);
        }
    }

    // Hermite's cubic between the states at both ends of a step.
    [[nodiscard]] Relative interpolated(const Relative& a, const Relative& b, double s) const {
        const double h = step_s_, u = s / h, w = 1.0 - u;
        const Vec3 r = (w * w * (1.0 + 2.0 * u)) * a.r + (h * u * w * w) * a.v + (u * u * (1.0 + 2.0 * w)) * b.r -
                       (h * u * u * w) * b.v;
        const Vec3 v = (6.0 * u * w / h) * (b.r - a.r) + (w * (1.0 - 3.0 * u)) * a.v + (u * (1.0 - 3.0 * w)) * b.v;
        return {r, v};
    }

    bool state(std::uint32_t first, std::uint32_t second, double since_start_s, Relative& out) {
        std::array<Sgp4State, 2> s;
        for (std::size_t k = 0; k < 2; ++k) {
            const std::uint32_t object = k == 0 ? first : second;
            s[k] = task_.satellites[object].propagate(task_.offsets_min[object] + since_start_s / 60.0, resonances_[object]);
            if (s[k].code != Sgp4Code::ok) {
                return false;
            }
        }
        out = {s[1].r_teme_m - s[0].r_teme_m, s[1].v_teme_m_s - s[0].v_teme_m_s};
        return true;
    }

    // The root of the closing rate between two times of opposite sign: secants, kept inside by bisection.
    void refine(std::uint32_t first, std::uint32_t second, double t, double low_s, double high_s) {
        Relative now{};
        double s = 0.5 * (low_s + high_s);
        for (int iteration = 0; iteration < 60; ++iteration) {
            if (!state(first, second, t + s, now)) {
                return; // reported as unscreened by the step that finds the failure
            }
            const double closing = now.closing();
            (closing < 0.0 ? low_s : high_s) = s;
            const double newton = s - closing / std::max(dot(now.v, now.v), 1.0e-12);
            const double next = newton > low_s && newton < high_s ? newton : 0.5 * (low_s + high_s);
            if (std::abs(next - s) < 1.0e-5) {
                break;
            }
            s = next;
        }
        report(first, second, t + s, now, false);
    }

    void report(std::uint32_t first, std::uint32_t second, double since_start_s, const Relative& now, bool at_edge) {
        const double miss = norm(now.r);
        if (miss <= task_.threshold_m && since_start_s <= task_.duration_s) {
            out_.approaches.push_back({first, second, since_start_s, miss, norm(now.v), at_edge});
        }
    }

    static constexpr std::array<std::array<int, 3>, 13> forward{{{1, -1, -1}, {1, -1, 0}, {1, -1, 1}, {1, 0, -1}, {1, 0, 0},
                                                                 {1, 0, 1}, {1, 1, -1}, {1, 1, 0}, {1, 1, 1}, {0, 1, -1},
                                                                 {0, 1, 0}, {0, 1, 1}, {0, 0, 1}}};

    const ScreeningTask& task_;
    std::size_t count_, steps_;
    double step_s_;
    std::size_t epochs_{};
    double fastest_m_s_{}, furthest_off_m_{};
    std::vector<double> minutes_, r_, v_;
    std::vector<std::uint8_t> codes_, hits_;
    std::vector<ResonanceState> resonances_;
    std::vector<bool> lost_;
    Tangents tangents_, near_;
    Cells cells_;
    Screening out_;
};

} // namespace

Screening screen(const ScreeningTask& task) {
    if (task.offsets_min.size() != task.satellites.size()) {
        throw Error(ErrorCode::bad_shape, "screening needs one offset per satellite");
    }
    if (!(task.duration_s > 0.0 && task.duration_s <= 31.0 * 86400.0)) {
        throw Error(ErrorCode::bad_interval, "screening spans " + std::to_string(task.duration_s / 86400.0) +
                                                 " days; it must be in (0, 31]");
    }
    if (!(task.threshold_m > 0.0 && task.threshold_m <= 1.0e6)) {
        throw Error(ErrorCode::bad_value, "the threshold of " + std::to_string(task.threshold_m) + " m is not in (0, 1e6]");
    }
    if (!(task.step_s >= 1.0 && task.step_s <= 120.0)) {
        throw Error(ErrorCode::bad_value, "the step of " + std::to_string(task.step_s) + " s is not in [1, 120]");
    }
    return Screener(task).run();
}

} // namespace llamaspace
