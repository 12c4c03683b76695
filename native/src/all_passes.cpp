// Passes in bulk: one sweep of each satellite in ITRF, a cheap test per site and sample, then roots on cubics.
#include "llamaspace/events.hpp"

#include "intervals.hpp"
#include "llamaspace/error.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <thread>

namespace llamaspace {
namespace {

// ITRF from TEME on an even grid of the span, for all satellites that are sampled alike.
struct Grid {
    std::size_t count;
    double step_s;
    std::vector<double> minutes; // since the start of the span
    std::vector<Mat3> itrf_from_teme;
    std::vector<Vec3> pole_itrf_rad_s; // the turn of ITRF relative to TEME
};

Grid grid_of(Span span, double step_s, const EarthRotation& earth) {
    constexpr double sidereal_rad_s = 7.29211585530066e-5; // rate of the sidereal time of 1982 (Aoki et al. 1982)
    const double length_s = span.end_tai_s - span.start_tai_s;
    const auto count = static_cast<std::size_t>(std::max(3.0, std::ceil(length_s / step_s))) + 1;
    Grid grid{count, length_s / static_cast<double>(count - 1), {}, {}, {}};
    for (std::size_t k = 0; k < count; ++k) {
        const double since_start_s = grid.step_s * static_cast<double>(k), t = span.start_tai_s + since_start_s;
        const Mat3 polar = dcm_itrf_from_pef(t, earth.orientation(t));
        grid.minutes.push_back(since_start_s / 60.0);
        grid.itrf_from_teme.push_back(polar * earth.dcm_pef_from_teme(t));
        grid.pole_itrf_rad_s.push_back(polar * Vec3{0.0, 0.0, sidereal_rad_s});
    }
    return grid;
}

struct Motion {
    Vec3 r, v;
};

// Samples of a grid, both ends included.
struct Stretch {
    std::size_t first, last;
};

// Which of many sites a satellite may see around a sample, by the angle at the Earth's centre: with thousands of sites
// nearly every pair of sample and site is far beyond the horizon.
class NearSites {
  public:
    NearSites(std::span<const Site> sites, std::span<const double> masks_rad)
        : lowest_mask_rad_(*std::ranges::min_element(masks_rad)), bands_(bands) {
        for (std::size_t k = 0; k < sites.size(); ++k) {
            const Vec3 up = (1.0 / norm(sites[k].r_itrf_m)) * sites[k].r_itrf_m;
            lowest_radius_m_ = std::min(lowest_radius_m_, norm(sites[k].r_itrf_m));
            bands_[band_of(up.z)].push_back({up, static_cast<std::uint32_t>(k)});
        }
    }

    // Calls `report(site)` for every site that the satellite may see within half a step of this sample.
    template <class Report> void around(const Motion& sample, double step_s, Report report) const {
        const double radius_m = norm(sample.r);
        const double reach = reach_rad(radius_m) + norm(sample.v) * step_s / radius_m;
        if (reach >= std::numbers::pi) {
            return all(report);
        }
        const Vec3 up = (1.0 / radius_m) * sample.r;
        const double cosine = std::cos(reach), latitude = std::asin(std::clamp(up.z, -1.0, 1.0));
        const double half = std::numbers::pi / 2.0;
        const std::size_t first = band_of(std::sin(std::max(-half, latitude - reach)));
        const std::size_t last = band_of(std::sin(std::min(half, latitude + reach)));
        for (std::size_t band = first; band <= last; ++band) {
            for (const auto& [site_up, site] : bands_[band]) {
                if (dot(site_up, up) > cosine) {
                    report(site);
                }
            }
        }
    }

  private:
    static constexpr std::size_t bands = 90;                    // of two degrees
    static constexpr double vertical_slack_rad = 0.0034 + 1e-3; // geodetic against geocentric vertical, and rounding

    struct Placed {
        Vec3 up;
        std::uint32_t site;
    };

    static std::size_t band_of(double sine_of_latitude) {
        const double share = std::asin(std::clamp(sine_of_latitude, -1.0, 1.0)) / std::numbers::pi + 0.5;
        return std::min(bands - 1, static_cast<std::size_t>(share * static_cast<double>(bands)));
    }
    // The largest angle at the centre at which a satellite stands above the lowest mask of the lowest site.
    [[nodiscard]] double reach_rad(double radius_m) const {
        const double mask = lowest_mask_rad_ - vertical_slack_rad;
        const double ratio = std::min(1.0, lowest_radius_m_ / radius_m);
        return std::acos(ratio * std::cos(mask)) - mask + vertical_slack_rad;
    }
    template <class Report> void all(Report report) const {
        for (const auto& band : bands_) {
            for (const auto& placed : band) {
                report(placed.site);
            }
        }
    }

    double lowest_mask_rad_;
    double lowest_radius_m_{1.0e7};
    std::vector<std::vector<Placed>> bands_;
};

// One satellite's path in ITRF; the same arrays serve satellite after satellite.
class Sweep {
  public:
    // False where SGP4 fails inside the span.
    bool fly(const Sgp4Satellite& satellite, double offset_min, const Grid& grid) {
        grid_ = &grid;
        teme_r_.resize(3 * grid.count);
        teme_v_.resize(3 * grid.count);
        codes_.resize(grid.count);
        propagate_grid({&satellite, 1}, {&offset_min, 1}, grid.minutes, teme_r_, teme_v_, codes_);
        if (std::ranges::any_of(codes_, [](std::uint8_t code) { return code != 0; })) {
            return false;
        }
        for (auto* column : {&x_, &y_, &z_}) {
            column->resize(grid.count);
        }
        motions_.resize(grid.count);
        for (std::size_t k = 0; k < grid.count; ++k) {
            const Vec3 r = grid.itrf_from_teme[k] * Vec3{teme_r_[3 * k], teme_r_[3 * k + 1], teme_r_[3 * k + 2]};
            const Vec3 turned = grid.itrf_from_teme[k] * Vec3{teme_v_[3 * k], teme_v_[3 * k + 1], teme_v_[3 * k + 2]};
            motions_[k] = {r, turned - cross(grid.pole_itrf_rad_s[k], r)};
            x_[k] = r.x;
            y_[k] = r.y;
            z_[k] = r.z;
        }
        return true;
    }

    [[nodiscard]] const Motion& sample(std::size_t k) const { return motions_[k]; }

    // Seconds since the start of the span to the cubic through both neighbours' states.
    [[nodiscard]] Motion at(double s) const {
        const double h = grid_->step_s, steps = std::max(0.0, s / h);
        const std::size_t k = std::min(static_cast<std::size_t>(steps), grid_->count - 2);
        const Motion &a = motions_[k], &b = motions_[k + 1];
        const double u = s / h - static_cast<double>(k), w = 1.0 - u;
        return {(w * w * (1.0 + 2.0 * u)) * a.r + (h * u * w * w) * a.v + (u * u * (1.0 + 2.0 * w)) * b.r -
                    (h * u * u * w) * b.v,
                (6.0 * u * w / h) * (b.r - a.r) + (w * (1.0 - 3.0 * u)) * a.v + (u * (1.0 - 3.0 * w)) * b.v};
    }

    // Above the mask where positive: height over the site's horizon less the mask's share of the range, m; for the
    // samples of a stretch.
    void margins(const Site& site, double sine_of_mask, Stretch stretch, std::vector<double>& out) const {
        out.resize(grid_->count);
        const double ox = site.r_itrf_m.x, oy = site.r_itrf_m.y, oz = site.r_itrf_m.z;
        const double ux = site.up.x, uy = site.up.y, uz = site.up.z;
        const double *x = x_.data(), *y = y_.data(), *z = z_.data();
        double* margin = out.data();
        for (std::size_t k = stretch.first; k <= stretch.last; ++k) {
            const double dx = x[k] - ox, dy = y[k] - oy, dz = z[k] - oz;
            margin[k] = dx * ux + dy * uy + dz * uz - sine_of_mask * std::sqrt(dx * dx + dy * dy + dz * dz);
        }
    }

  private:
    const Grid* grid_{};
    std::vector<double> teme_r_, teme_v_, x_, y_, z_;
    std::vector<std::uint8_t> codes_;
    std::vector<Motion> motions_;
};

// The passes of one satellite over one site.
class Visibility {
  public:
    Visibility(const Sweep& sweep, const Grid& grid, const Site& site, double mask_rad, Stretch stretch,
               std::vector<double>& margins)
        : sweep_(sweep), grid_(grid), site_(site), sine_(std::sin(mask_rad)), stretch_(stretch), margins_(margins) {
        sweep.margins(site, sine_, stretch, margins);
    }

    template <class Report> void passes(Report report) const {
        double rise_s = 0.0;
        bool inside = margins_[stretch_.first] > 0.0, open_start = inside;
        const auto cross_edge = [&](double edge_s) {
            if (inside) {
                report(rise_s, edge_s, open_start, false);
            } else {
                rise_s = edge_s;
                open_start = false;
            }
            inside = !inside;
        };
        for (std::size_t k = stretch_.first; k < stretch_.last; ++k) {
            const double a = margins_[k], b = margins_[k + 1];
            if ((a > 0.0) != (b > 0.0)) {
                cross_edge(edge(time(k), a, time(k + 1), b));
            } else if (may_turn(k)) {
                const double middle_s = turning_point(k), value = margin(middle_s);
                if ((value > 0.0) != (a > 0.0)) { // a pass, or a gap, between two samples
                    cross_edge(edge(time(k), a, middle_s, value));
                    cross_edge(edge(middle_s, value, time(k + 1), b));
                }
            }
        }
        if (inside) {
            report(rise_s, time(stretch_.last), open_start, true);
        }
    }

    [[nodiscard]] PassEvent describe(double rise_s, double set_s, bool open_start, bool open_end, double start_tai_s) const {
        const auto sine_at = [this](double s) { return sine_of_elevation(offset(s)); };
        const auto nearness_at = [this](double s) { return -norm(offset(s)); };
        const double top_s = best(rise_s, set_s, sine_at, [this](double s) { return climb(s); });
        const double near_s = best(rise_s, set_s, nearness_at, [this](double s) { return -dot(offset(s), sweep_.at(s).v); });
        const auto look = [this](double s) { return look_angles(sweep_.at(s).r, site_); };
        return {.aos_tai_s = start_tai_s + rise_s,
                .los_tai_s = start_tai_s + set_s,
                .culmination_tai_s = start_tai_s + top_s,
                .max_elevation_rad = look(top_s).elevation_rad,
                .aos_azimuth_rad = look(rise_s).azimuth_rad,
                .los_azimuth_rad = look(set_s).azimuth_rad,
                .min_range_m = look(near_s).range_m,
                .truncated_start = open_start,
                .truncated_end = open_end};
    }

  private:
    [[nodiscard]] double time(std::size_t k) const { return grid_.step_s * static_cast<double>(k); }
    [[nodiscard]] Vec3 offset(double s) const { return sweep_.at(s).r - site_.r_itrf_m; }
    [[nodiscard]] double sine_of_elevation(const Vec3& d) const { return dot(d, site_.up) / norm(d); }
    [[nodiscard]] double margin(double s) const {
        const Vec3 d = offset(s);
        return dot(d, site_.up) - sine_ * norm(d);
    }
    [[nodiscard]] double slope(const Motion& m) const {
        const Vec3 d = m.r - site_.r_itrf_m;
        return dot(m.v, site_.up) - sine_ * dot(d, m.v) / norm(d);
    }
    // Has the sign of the elevation's rate.
    [[nodiscard]] double climb(double s) const {
        const Motion m = sweep_.at(s);
        const Vec3 d = m.r - site_.r_itrf_m;
        return dot(m.v, site_.up) * dot(d, d) - dot(d, site_.up) * dot(d, m.v);
    }
    [[nodiscard]] double edge(double a_s, double a, double b_s, double b) const {
        return intervals::root([this](double s) { return margin(s); }, a_s, a, b_s, b);
    }

    // Whether the margin may change its sign twice between samples k and k + 1: it turns there, and by its slopes could
    // reach zero. About a pass the margin is concave (the path bends down, the range bends up), so its tangents lie above it.
    [[nodiscard]] bool may_turn(std::size_t k) const {
        const double a = margins_[k], b = margins_[k + 1];
        const double reach = 20.0e3 * grid_.step_s; // no satellite of the Earth changes its margin faster
        if (std::min(std::abs(a), std::abs(b)) > reach) {
            return false;
        }
        const double from = slope(sweep_.sample(k)), to = slope(sweep_.sample(k + 1));
        const double sign = a > 0.0 ? -1.0 : 1.0; // a peak below zero or a dip above it
        return sign * from > 0.0 && sign * to < 0.0 &&
               sign * a + sign * from * grid_.step_s > 0.0 && sign * b - sign * to * grid_.step_s > 0.0;
    }
    [[nodiscard]] double turning_point(std::size_t k) const {
        const auto rate = [this](double s) { return slope(sweep_.at(s)); };
        return intervals::root(rate, time(k), rate(time(k)), time(k + 1), rate(time(k + 1)));
    }

    // Where `value` is largest between two times, by the root of its rate next to the best sample.
    template <class Value, class Rate> double best(double from_s, double to_s, Value value, Rate rate) const {
        double best_s = from_s, highest = value(from_s);
        const auto offer = [&](double s) {
            const double here = value(s);
            if (here > highest) {
                highest = here;
                best_s = s;
            }
        };
        const double step_s = std::min(grid_.step_s, (to_s - from_s) / 4.0);
        for (double s = from_s + step_s; s < to_s; s += step_s) {
            offer(s);
        }
        offer(to_s);
        const double low_s = std::max(from_s, best_s - step_s), high_s = std::min(to_s, best_s + step_s);
        const double low = rate(low_s), high = rate(high_s);
        if (low > 0.0 && high < 0.0) {
            offer(intervals::root(rate, low_s, low, high_s, high));
        }
        return best_s;
    }

    const Sweep& sweep_;
    const Grid& grid_;
    const Site& site_;
    double sine_;
    Stretch stretch_;
    std::vector<double>& margins_;
};

// For each site the stretches of samples in which it may be seen; the whole span for a few sites.
class Candidates {
  public:
    Candidates(std::span<const Site> sites, std::span<const double> masks_rad) : stretches_(sites.size()) {
        if (sites.size() > few) {
            near_.emplace(sites, masks_rad);
        }
    }

    const std::vector<std::vector<Stretch>>& of(const Sweep& sweep, const Grid& grid) {
        for (auto& one : stretches_) {
            one.clear();
        }
        if (!near_) {
            for (auto& one : stretches_) {
                one.push_back({0, grid.count - 1});
            }
            return stretches_;
        }
        for (std::size_t k = 0; k < grid.count; ++k) {
            // One sample more on both sides, so that a stretch begins and ends out of sight unless the span cuts it.
            near_->around(sweep.sample(k), 2.0 * grid.step_s, [&](std::uint32_t site) {
                auto& mine = stretches_[site];
                const std::size_t first = k > 0 ? k - 1 : 0, last = std::min(k + 1, grid.count - 1);
                if (!mine.empty() && first <= mine.back().last) {
                    mine.back().last = last;
                } else {
                    mine.push_back({first, last});
                }
            });
        }
        return stretches_;
    }

  private:
    static constexpr std::size_t few = 24; // below, sorting out costs more than it saves
    std::optional<NearSites> near_;
    std::vector<std::vector<Stretch>> stretches_;
};

// 15 s times a power of two, at most `longest_s`: few different grids serve all satellites.
double shared_step_s(double longest_s) {
    double step_s = 15.0;
    while (step_s > longest_s) {
        step_s *= 0.5;
    }
    while (2.0 * step_s <= longest_s) {
        step_s *= 2.0;
    }
    return step_s;
}

void require_task(const AllPassesTask& task) {
    require_span(task.span);
    if (task.offsets_min.size() != task.satellites.size() || task.min_elevations_rad.size() != task.sites.size()) {
        throw Error(ErrorCode::bad_shape, "passes need an offset per satellite and an elevation mask per site");
    }
    const auto sensible = [](double mask) { return std::abs(mask) < std::numbers::pi / 2.0; };
    if (!std::ranges::all_of(task.min_elevations_rad, sensible)) {
        throw Error(ErrorCode::bad_value, "an elevation mask is not between -pi/2 and pi/2");
    }
}

} // namespace

AllPasses find_all_passes(const AllPassesTask& task, const EarthOrientationTable& table) {
    require_task(task);
    const EarthRotation earth(table); // passes need no nutation
    std::map<double, Grid> grids;
    std::vector<const Grid*> grid_for;
    for (const auto& satellite : task.satellites) {
        const double step_s = shared_step_s(2.0 * search_step_s(satellite));
        auto found = grids.find(step_s);
        if (found == grids.end()) {
            found = grids.emplace(step_s, grid_of(task.span, step_s, earth)).first;
        }
        grid_for.push_back(&found->second);
    }
    struct Found {
        std::vector<PassOf> passes;
        bool failed{};
    };
    std::vector<Found> found(task.satellites.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        Sweep sweep;
        std::vector<double> margins;
        Candidates candidates(task.sites, task.min_elevations_rad);
        for (std::size_t k = next++; k < task.satellites.size(); k = next++) {
            if (!sweep.fly(task.satellites[k], task.offsets_min[k], *grid_for[k])) {
                found[k].failed = true;
                continue;
            }
            const auto& stretches = candidates.of(sweep, *grid_for[k]);
            for (std::size_t site = 0; site < task.sites.size(); ++site) {
                for (const Stretch stretch : stretches[site]) {
                    const Visibility seen(sweep, *grid_for[k], task.sites[site], task.min_elevations_rad[site], stretch, margins);
                    seen.passes([&](double rise_s, double set_s, bool open_start, bool open_end) {
                        found[k].passes.push_back(
                            {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(site),
                             seen.describe(rise_s, set_s, open_start, open_end, task.span.start_tai_s)});
                    });
                }
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned k = 1; k < std::clamp(task.threads, 1U, 256U); ++k) {
            others.emplace_back(work);
        }
        work();
    }
    AllPasses out;
    for (std::size_t k = 0; k < found.size(); ++k) {
        out.passes.insert(out.passes.end(), found[k].passes.begin(), found[k].passes.end());
        if (found[k].failed) {
            out.unsearched.push_back(static_cast<std::uint32_t>(k));
        }
    }
    return out;
}

} // namespace llamaspace
