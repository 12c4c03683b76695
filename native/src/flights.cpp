// Flights shared among threads by an atomic counter.
#include "llamaspace/flights.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

namespace llamaspace {
namespace {

FlightEnd fly_one(const ForceSettings& settings, SpacecraftShape shape, Flight flight, const FlightCase& one,
                  std::span<const double> epochs, std::span<double> states) {
    std::ranges::fill(states, std::numeric_limits<double>::quiet_NaN());
    flight.r_gcrf_m = one.r_gcrf_m;
    flight.v_gcrf_m_s = one.v_gcrf_m_s;
    flight.mass_kg = one.mass_kg;
    shape.drag_coefficient = one.drag_coefficient;
    shape.radiation_coefficient = one.radiation_coefficient;
    try {
        Forces forces(settings, shape);
        const FlightRecord record = fly(forces, flight, epochs, states, {});
        return record.reentered ? FlightEnd::reentered : (record.stopped ? FlightEnd::stopped : FlightEnd::complete);
    } catch (const Error&) {
        return FlightEnd::failed; // reported by the case's end
    }
}

} // namespace

std::vector<FlightEnd> fly_all(const ForceSettings& settings, const SpacecraftShape& shape, const Flight& flight,
                               std::span<const FlightCase> cases, std::span<const double> epochs, std::span<double> states,
                               unsigned threads) {
    const std::size_t row = epochs.size() * state_columns;
    if (states.size() != row * cases.size()) {
        throw Error(ErrorCode::bad_shape, "there must be one row of output per case and epoch");
    }
    std::vector<FlightEnd> ends(cases.size(), FlightEnd::failed);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t k = next++; k < cases.size(); k = next++) {
            ends[k] = fly_one(settings, shape, flight, cases[k], epochs, states.subspan(row * k, row));
        }
    };
    const std::size_t helpers = std::min<std::size_t>(std::max(threads, 1U), std::max<std::size_t>(cases.size(), 1)) - 1;
    std::vector<std::jthread> others;
    for (std::size_t k = 0; k < helpers; ++k) {
        others.emplace_back(work);
    }
    work();
    others.clear(); // joins
    return ends;
}

} // namespace llamaspace
