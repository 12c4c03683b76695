// The flight of a satellite from arc to arc.
#include "llamaspace/propagator.hpp"

#include "flight_watch.hpp"
#include "force_partials.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/gauss_jackson.hpp"
#include "llamaspace/runge_kutta.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

namespace llamaspace {
namespace {

constexpr std::size_t plain = state_columns, full = state_columns + variational_columns;
constexpr int jackson_order = 8;

Vec3 vec_at(const double* p) { return {p[0], p[1], p[2]}; }
void put(double* p, const Vec3& a) {
    p[0] = a.x;
    p[1] = a.y;
    p[2] = a.z;
}

// Time runs from the start of the flight, so that steps of a fraction of a second lose no digits.
template <std::size_t N> struct Rates {
    Forces& forces;
    double start_tai_s;

    void operator()(double t, const StateOf<N>& y, StateOf<N>& dy) const {
        const Vec3 r = vec_at(&y[0]), v = vec_at(&y[3]);
        put(&dy[0], v);
        if constexpr (N == plain) {
            put(&dy[3], forces.acceleration_m_s2(start_tai_s + t, r, v, y[6]));
        } else {
            ForcePartials partials;
            put(&dy[3], forces.acceleration_m_s2(start_tai_s + t, r, v, y[6], partials));
            add_variations(partials, y, dy);
        }
        dy[6] = -forces.mass_flow_kg_s();
    }

    static void add_variations(const ForcePartials& p, const StateOf<N>& y, StateOf<N>& dy) {
        const std::array<double, 3> drag{p.by_drag_coefficient.x, p.by_drag_coefficient.y, p.by_drag_coefficient.z};
        const std::array<double, 3> light{p.by_radiation_coefficient.x, p.by_radiation_coefficient.y,
                                          p.by_radiation_coefficient.z};
        const double* m = &y[plain];
        double* dm = &dy[plain];
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 8; ++j) {
                dm[8 * i + j] = m[8 * (i + 3) + j];
                double sum = j == 6 ? drag[i] : (j == 7 ? light[i] : 0.0);
                for (std::size_t k = 0; k < 3; ++k) {
                    sum += p.by_position[3 * i + k] * m[8 * k + j] + p.by_velocity[3 * i + k] * m[8 * (k + 3) + j];
                }
                dm[8 * (i + 3) + j] = sum;
            }
        }
    }
};

template <std::size_t N> class Flyer {
  public:
    Flyer(Forces& forces, const Flight& flight, std::span<const double> epochs, std::span<double> states,
          std::span<double> variational)
        : forces_(forces), flight_(flight), epochs_(epochs), states_(states), variational_(variational),
          rates_{forces, flight.t_tai_s}, direction_(!epochs.empty() && epochs.back() < flight.t_tai_s ? -1.0 : 1.0),
          watch_(forces, flight, direction_) {
        put(&y_[0], flight.r_gcrf_m);
        put(&y_[3], flight.v_gcrf_m_s);
        y_[6] = flight.mass_kg;
        if constexpr (N == full) {
            for (std::size_t i = 0; i < 6; ++i) {
                y_[plain + 9 * i] = 1.0;
            }
        }
    }

    FlightRecord fly() {
        watch_.begin(0.0, y_.data());
        write_until(0.0, [&](double) { return y_; });
        const double end = epochs_.empty() ? 0.0 : epochs_.back() - flight_.t_tai_s;
        for (const double boundary : boundaries(end)) {
            forces_.set_burn(burn_during(0.5 * (t_ + boundary)));
            if (!fly_arc(boundary)) {
                break;
            }
            apply_impulses(boundary, boundary == end);
        }
        record_.end_tai_s = flight_.t_tai_s + t_;
        std::copy_n(y_.begin(), plain, record_.end_state.begin());
        record_.evaluations = forces_.evaluations();
        return record_;
    }

  private:
    Forces& forces_;
    const Flight& flight_;
    std::span<const double> epochs_;
    std::span<double> states_, variational_;
    Rates<N> rates_;
    double direction_;
    FlightWatch watch_;
    StateOf<N> y_{};
    double t_{0.0}, wanted_step_s_{0.0};
    FlightRecord record_;

    // Where arcs end, in flight order: maneuvers strictly inside, then the last epoch.
    std::vector<double> boundaries(double end) const {
        std::vector<double> out;
        const auto add = [&](double t_tai_s) {
            const double t = t_tai_s - flight_.t_tai_s;
            if (t * direction_ >= 0.0 && (end - t) * direction_ > 0.0) {
                out.push_back(t);
            }
        };
        for (const Impulse& impulse : flight_.impulses) {
            add(impulse.t_tai_s);
        }
        for (const Burn& burn : flight_.burns) {
            add(burn.start_tai_s);
            add(burn.end_tai_s);
        }
        std::sort(out.begin(), out.end(), [&](double a, double b) { return a * direction_ < b * direction_; });
        out.erase(std::unique(out.begin(), out.end()), out.end());
        out.push_back(end);
        return out;
    }

    std::optional<Burn> burn_during(double t) const {
        const double at = flight_.t_tai_s + t;
        for (const Burn& burn : flight_.burns) {
            if (at > burn.start_tai_s && at < burn.end_tai_s) {
                return burn;
            }
        }
        return std::nullopt;
    }

    // An impulse at the last epoch is not flown: nothing shows its effect.
    void apply_impulses(double boundary, bool at_end) {
        for (const Impulse& impulse : flight_.impulses) {
            if (!at_end && impulse.t_tai_s - flight_.t_tai_s == boundary) {
                apply(impulse);
            }
        }
    }

    void apply(const Impulse& impulse) {
        const Vec3 r = vec_at(&y_[0]), v = vec_at(&y_[3]);
        if constexpr (N == full) {
            if (direction_ < 0.0 && impulse.axes != Axes::inertial) {
                throw Error(ErrorCode::bad_value, "variations do not run backwards over an impulse in moving axes");
            }
            partials::kick(y_.data() + plain, impulse.axes, direction_ * impulse.delta_v_m_s, r, v);
        }
        put(&y_[3], direction_ > 0.0 ? v + triad(impulse.axes, r, v) * impulse.delta_v_m_s : undone(impulse, r, v));
        if (impulse.exhaust_speed_m_s > 0.0) {
            y_[6] *= std::exp(-direction_ * norm(impulse.delta_v_m_s) / impulse.exhaust_speed_m_s);
        }
        watch_.begin(t_, y_.data());
    }

    // The velocity before an impulse whose axes are those of that velocity: each pass shrinks the error by dv / v.
    static Vec3 undone(const Impulse& impulse, const Vec3& r, const Vec3& v_after) {
        Vec3 v = v_after;
        for (int pass = 0; pass < 100; ++pass) {
            const Vec3 next = v_after - triad(impulse.axes, r, v) * impulse.delta_v_m_s;
            const double change_m_s = norm(next - v);
            v = next;
            if (change_m_s < 1.0e-11 * norm(v_after)) {
                return v;
            }
        }
        throw Error(ErrorCode::no_convergence, "an impulse as large as the speed cannot be undone backwards");
    }

    // False when the flight ends inside the arc.
    bool fly_arc(double end) {
        if (end == t_) {
            return true;
        }
        if constexpr (N == plain) {
            const double start_up = (jackson_order + 4) * flight_.step_s;
            if (flight_.method == Method::gauss_jackson8 && !forces_.has_burn() && std::abs(end - t_) > start_up) {
                return fly_jackson(end);
            }
        }
        forces_.set_smoothing({});
        return flight_.method == Method::verner98 ? fly_adaptive<Verner98>(end) : fly_adaptive<Dop853>(end);
    }

    template <class Table> bool fly_adaptive(double end) {
        watch_.begin(t_, y_.data()); // an arc with a fixed step has not followed the shadow
        RungeKutta<Table, N, Rates<N>> integration(rates_, t_, y_, flight_.tolerance_m, first_step_s());
        while (integration.t() != end) {
            integration.advance(end);
            ++record_.steps;
            if (!take(integration, true)) {
                return false;
            }
        }
        wanted_step_s_ = integration.wanted_step_s();
        return true;
    }

    [[nodiscard]] double first_step_s() const {
        if (wanted_step_s_ > 0.0) {
            return wanted_step_s_;
        }
        // A tenth of the time that the orbit takes for a radian; control does the rest.
        return 0.1 * norm(vec_at(&y_[0])) / norm(vec_at(&y_[3]));
    }

    // Looks at a step of a Runge-Kutta integration: events, edges, output. False when the flight ends in it.
    template <class Integration> bool take(Integration& integration, bool edges) {
        const auto at = [&](double t) { return t == integration.t() ? integration.y() : integration.interpolate(t); };
        const auto seen = watch_.look(integration.t_before(), integration.t(), edges, at);
        if (seen.edge) {
            integration.retake(seen.t);
        }
        const bool ended = note(seen, at);
        t_ = ended ? seen.t : integration.t();
        y_ = at(t_);
        write_until(t_, at);
        return !ended;
    }

    // True when a terminal event ends the flight.
    template <class At> bool note(const Seen& seen, const At& at) {
        for (const auto& [stop, t] : seen.stops) {
            Sighting sighting{stop, flight_.t_tai_s + t, {}};
            const auto state = at(t);
            std::copy_n(state.begin(), plain, sighting.state.begin());
            record_.sightings.push_back(sighting);
        }
        record_.stopped = record_.stopped || seen.terminal;
        record_.reentered = record_.reentered || seen.reentry;
        return seen.terminal || seen.reentry;
    }

    bool fly_jackson(double end) requires(N == plain) {
        const double h = direction_ * flight_.step_s;
        forces_.set_smoothing({smoothing_steps * flight_.step_s, flight_.t_tai_s + std::min(t_, end),
                               flight_.t_tai_s + std::max(t_, end)});
        typename GaussJackson<jackson_order, Full, Dominant>::Start start;
        RungeKutta<Dop853, N, Rates<N>> first(rates_, t_, y_, start_tolerance_m, flight_.step_s);
        const double begin = t_;
        for (std::size_t k = 0; k <= jackson_order; ++k) {
            while (first.t() != begin + static_cast<double>(k) * h) {
                first.advance(begin + static_cast<double>(k) * h);
                if (!take(first, false)) {
                    return false;
                }
            }
            start[k] = point();
        }
        return fly_grid(start, end) && (t_ == end || fly_tail(end));
    }

    struct Full {
        Flyer& flyer;
        Vec3 operator()(double t, const Vec3& r, const Vec3& v) const {
            return flyer.forces_.acceleration_m_s2(flyer.flight_.t_tai_s + t, r, v, flyer.y_[6]);
        }
    };
    struct Dominant {
        Flyer& flyer;
        Vec3 operator()(double t, const Vec3& r) const { return flyer.forces_.dominant_m_s2(flyer.flight_.t_tai_s + t, r); }
    };

    [[nodiscard]] MotionPoint point() {
        const Vec3 r = vec_at(&y_[0]), v = vec_at(&y_[3]);
        return {t_, r, v, Full{*this}(t_, r, v)};
    }

    template <class Start> bool fly_grid(const Start& start, double end) {
        Full acceleration{*this};
        Dominant dominant{*this};
        GaussJackson<jackson_order, Full, Dominant> integration(acceleration, dominant, start);
        while ((end - integration.now().t - integration.step_s()) * direction_ >= 0.0) {
            integration.advance();
            ++record_.steps;
            if (!(integration.correction_m() < tolerable_correction_m)) {
                return hand_over(end);
            }
            record_.largest_correction_m = std::max(record_.largest_correction_m, integration.correction_m());
            const auto at = [&](double t) {
                const MotionPoint p = t == integration.now().t ? integration.now()
                                                               : hermite(integration.before(), integration.now(), t);
                StateOf<N> y{};
                put(&y[0], p.r);
                put(&y[3], p.v);
                y[6] = y_[6];
                return y;
            };
            const Seen seen = watch_.look(integration.before().t, integration.now().t, false, at);
            const bool ended = note(seen, at);
            t_ = ended ? seen.t : integration.now().t;
            y_ = at(t_);
            write_until(t_, at);
            if (ended) {
                return false;
            }
        }
        return true;
    }

    // The step before was good; from its end an adaptive method goes on, as through the last revolution of a decay.
    bool hand_over(double end) {
        forces_.set_smoothing({});
        record_.adaptive_from_tai_s = flight_.t_tai_s + t_;
        return fly_adaptive<Verner98>(end);
    }

    // From the last point of the grid to the end of the arc, less than a step away.
    bool fly_tail(double end) {
        RungeKutta<Dop853, N, Rates<N>> last(rates_, t_, y_, start_tolerance_m, flight_.step_s);
        while (last.t() != end) {
            last.advance(end);
            if (!take(last, false)) {
                return false;
            }
        }
        return true;
    }

    template <class At> void write_until(double t, const At& at) {
        while (record_.epochs_reached < epochs_.size()) {
            const std::size_t k = record_.epochs_reached;
            const double epoch = epochs_[k] - flight_.t_tai_s;
            if ((epoch - t) * direction_ > 0.0) {
                return;
            }
            const auto state = at(epoch);
            std::copy_n(state.begin(), plain, states_.begin() + static_cast<std::ptrdiff_t>(plain * k));
            if constexpr (N == full) {
                std::copy_n(state.begin() + plain, variational_columns,
                            variational_.begin() + static_cast<std::ptrdiff_t>(variational_columns * k));
            }
            ++record_.epochs_reached;
        }
    }

    static constexpr double start_tolerance_m = 1.0e-7, smoothing_steps = 3.0;
    static constexpr double tolerable_correction_m = 0.05; // a day of such steps leaves 0.1 m
};

void check(const Flight& flight, std::span<const double> epochs, std::span<double> states, std::span<double> variational) {
    const auto fail = [](ErrorCode code, const std::string& what) { throw Error(code, what); };
    const double r = norm(flight.r_gcrf_m), v = norm(flight.v_gcrf_m_s);
    if (!(std::isfinite(r) && std::isfinite(v) && std::isfinite(flight.t_tai_s)) || r < 1.0e6 || v < 1.0) {
        fail(ErrorCode::bad_value, "a state of " + std::to_string(r) + " m and " + std::to_string(v) + " m/s is no orbit");
    }
    if (!(flight.mass_kg > 0.0) || !(flight.step_s > 0.0) || !(flight.tolerance_m > 0.0)) {
        fail(ErrorCode::bad_value, "mass, step and tolerance must be positive");
    }
    if (states.size() != state_columns * epochs.size() ||
        (!variational.empty() && variational.size() != variational_columns * epochs.size())) {
        fail(ErrorCode::bad_shape, "there must be one row of output per epoch");
    }
    const double sign = !epochs.empty() && epochs.back() < flight.t_tai_s ? -1.0 : 1.0;
    double before = flight.t_tai_s;
    for (const double epoch : epochs) {
        if (!((epoch - before) * sign >= 0.0)) {
            fail(ErrorCode::bad_interval, "epochs must run away from the start in one direction");
        }
        before = epoch;
    }
}

} // namespace

FlightRecord fly(Forces& forces, const Flight& flight, std::span<const double> epochs, std::span<double> states,
                 std::span<double> variational) {
    check(flight, epochs, states, variational);
    return variational.empty() ? Flyer<plain>(forces, flight, epochs, states, variational).fly()
                               : Flyer<full>(forces, flight, epochs, states, variational).fly();
}

} // namespace llamaspace
