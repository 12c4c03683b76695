// Lanes, screening and passes in bulk: the same states as the scalar code, nothing read or written out of place.
#include "check.hpp"
#include "llamaspace/error.hpp"
#include "llamaspace/events.hpp"
#include "llamaspace/screening.hpp"

#include <array>
#include <numbers>
#include <vector>

using namespace llamaspace;

namespace {

constexpr double pi = std::numbers::pi;

MeanElements elements(double rev_day, double eccentricity, double inclination_rad, double mean_anomaly_rad) {
    return {26600.25, rev_day * 2.0 * pi / 1440.0, eccentricity, inclination_rad, 0.4, 1.1, mean_anomaly_rad, 2.0e-5};
}

// Near Earth, geostationary (one day resonance, Lyddane's form), Molniya (half a day), and a decaying one.
std::vector<Sgp4Satellite> fleet() {
    std::vector<Sgp4Satellite> out;
    out.emplace_back(elements(15.2, 0.001, 1.7, 2.0));
    out.emplace_back(elements(1.0027, 0.0003, 0.002, 0.1));
    out.emplace_back(elements(2.006, 0.72, 1.1, 5.0));
    out.emplace_back(MeanElements{26600.25, 16.4 * 2.0 * pi / 1440.0, 0.001, 0.9, 0.4, 1.1, 2.0, 0.08});
    return out;
}

void every_kind_of_lanes_flies_as_the_scalar_code() {
    const auto satellites = fleet();
    const std::vector<double> offsets{-700.0, 10.0, 3000.5, 0.0};
    for (const std::size_t epochs : {1U, 2U, 5U, 8U, 19U}) {
        std::vector<double> minutes(epochs);
        for (std::size_t k = 0; k < epochs; ++k) {
            minutes[k] = 173.0 * static_cast<double>(k) - 400.0;
        }
        const std::size_t states = satellites.size() * epochs;
        std::vector<double> r0(3 * states), v0(3 * states), r(3 * states), v(3 * states);
        std::vector<std::uint8_t> codes0(states), codes(states);
        propagate_grid(satellites, offsets, minutes, r0, v0, codes0, Lanes::scalar);
        for (const Lanes lanes : {Lanes::automatic, Lanes::portable, Lanes::avx2, Lanes::avx512}) {
            if (!has_lanes(lanes)) {
                continue;
            }
            propagate_grid(satellites, offsets, minutes, r, v, codes, lanes, 2);
            CHECK(codes == codes0);
            for (std::size_t k = 0; k < 3 * states; ++k) {
                if (codes0[k / 3] == 0) {
                    CHECK_NEAR(r[k], r0[k], 1.0e-4);
                    CHECK_NEAR(v[k], v0[k], 1.0e-7);
                }
            }
        }
    }
}

void a_close_pair_is_found_once_per_meeting() {
    std::vector<Sgp4Satellite> satellites;
    satellites.emplace_back(elements(15.2, 0.001, 1.7, 2.0));
    satellites.emplace_back(elements(15.2, 0.001, 1.7, 2.0001));
    satellites.emplace_back(elements(15.2, 0.001, 0.2, 2.0));
    satellites.emplace_back(fleet()[3]);
    const std::vector<double> offsets(4, 0.0);
    const Screening found = screen({satellites, offsets, 86400.0, 5000.0});
    CHECK(!found.approaches.empty());
    for (const auto& approach : found.approaches) {
        CHECK(approach.first == 0 && approach.second == 1);
        CHECK(approach.miss_m <= 5000.0);
    }
    CHECK(found.unscreened.size() == 1 && found.unscreened.front().object == 3);
    bool refused = false;
    try {
        static_cast<void>(screen({satellites, offsets, 86400.0, -1.0}));
    } catch (const Error& error) {
        refused = error.code() == ErrorCode::bad_value;
    }
    CHECK(refused);
}

void passes_in_bulk_are_the_single_ones() {
    const std::array<EarthOrientation, 4> days{
        {{-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}, {-32.0, 0, 0, 0, 0, 0}}};
    const EarthOrientationTable earth(51544.0, days);
    const auto satellites = fleet();
    const std::vector<double> offsets(satellites.size(), 0.0), masks{0.1, 0.0};
    const std::vector<Site> sites{site_at(1.3, 0.3, 0.0), site_at(-0.5, 2.0, 500.0)};
    const Span span{0.0, 86400.0};
    const AllPasses all = find_all_passes({satellites, offsets, sites, masks, span, 2}, earth);
    CHECK(all.unsearched.size() == 1 && all.unsearched.front() == 3);
    std::size_t next = 0;
    for (std::size_t k = 0; k < 3; ++k) {
        for (std::size_t site = 0; site < sites.size(); ++site) {
            for (const auto& pass : find_passes({satellites[k], 0.0}, sites[site], span, masks[site], earth)) {
                CHECK(next < all.passes.size());
                const auto& bulk = all.passes[next++];
                CHECK(bulk.satellite == k && bulk.site == site);
                CHECK_NEAR(bulk.pass.aos_tai_s, pass.aos_tai_s, 0.02);
                CHECK_NEAR(bulk.pass.los_tai_s, pass.los_tai_s, 0.02);
            }
        }
    }
    CHECK(next == all.passes.size() && next > 4);
}

} // namespace

int main() {
    every_kind_of_lanes_flies_as_the_scalar_code();
    a_close_pair_is_found_once_per_meeting();
    passes_in_bulk_are_the_single_ones();
    return check::result();
}
