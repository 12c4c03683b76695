// What is looked for in every step of a flight: stops that were asked for, re-entry, and the edges of the shadow.
#pragma once

#include "llamaspace/propagator.hpp"

#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace llamaspace {

// What a step holds. With `edge` the step must be taken again up to `t`; with `terminal` or `reentry` the flight ends there.
struct Seen {
    std::vector<std::pair<std::size_t, double>> stops; // index and time, in flight order
    bool edge{false}, terminal{false}, reentry{false};
    double t{0.0};
};

class FlightWatch {
  public:
    FlightWatch(Forces& forces, const Flight& flight, double direction);

    // Remember on which side of everything a state is; at the start and after an impulse.
    void begin(double t, const double* state);

    // `at` gives the state inside the step as something with data(). A crossing is located to 0.1 microseconds.
    template <class At> [[nodiscard]] Seen look(double t0, double t1, bool edges, const At& at) {
        Seen seen;
        if (items_.empty()) {
            return seen;
        }
        const auto end = at(t1);
        std::vector<std::pair<double, std::size_t>> crossings;
        for (std::size_t k = 0; k < items_.size(); ++k) {
            Item& item = items_[k];
            if (item.shadow_edge && !edges) {
                continue;
            }
            const double now = value(item, t1, end.data());
            if ((now > 0.0) == item.positive) {
                continue;
            }
            const auto crossing = counts(item, now) ? root(item, t0, t1, at) : std::nullopt;
            if (crossing) {
                crossings.emplace_back(*crossing, k);
            } else {
                item.positive = now > 0.0;
            }
        }
        settle(seen, crossings);
        return seen;
    }

  private:
    struct Item {
        StopKind kind;
        double value;
        bool terminal, shadow_edge, umbra, reentry;
        std::size_t index;
        bool positive;
    };

    Forces& forces_;
    double start_tai_s_, direction_;
    std::vector<Item> items_;

    [[nodiscard]] double value(const Item& item, double t, const double* state);
    // Whether a change of sign to `now` is the event and not its opposite.
    [[nodiscard]] bool counts(const Item& item, double now) const;
    // In flight order up to the first edge or end, whose sides are then taken over.
    void settle(Seen& seen, std::vector<std::pair<double, std::size_t>>& crossings);

    template <class At> [[nodiscard]] std::optional<double> root(const Item& item, double t0, double t1, const At& at) {
        // The Illinois form of false position, on a change of sign from item.positive at t0.
        double low = t0, high = t1;
        double f_low = value(item, low, at(low).data()), f_high = value(item, high, at(high).data());
        if ((f_low > 0.0) == (f_high > 0.0)) {
            return std::nullopt; // the step began on the edge itself
        }
        for (int pass = 0; pass < 100 && std::abs(high - low) > 1.0e-7; ++pass) {
            double middle = (low * f_high - high * f_low) / (f_high - f_low);
            if (pass % 8 == 7) {
                middle = 0.5 * (low + high);
            }
            const double f = value(item, middle, at(middle).data());
            if ((f > 0.0) == (f_high > 0.0)) {
                high = middle;
                f_high = f;
                f_low *= 0.5;
            } else {
                low = middle;
                f_low = f;
                f_high *= 0.5;
            }
        }
        return high;
    }
};

} // namespace llamaspace
