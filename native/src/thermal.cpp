// The thermal network: checks, heat taken in, rates and their implicit matrix, steady state, thermostats.
#include "llamaspace/thermal.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace llamaspace {
namespace {

constexpr double fresh_within_k = 8.0; // ROS2 keeps its order with an old matrix; this keeps its damping
constexpr double shortest_step_s = 1.0e-3;

void require(bool good, ErrorCode code, const std::string& message) {
    if (!good) {
        throw Error(code, message);
    }
}

void check_joins(const std::vector<double>& joins, std::size_t n, const char* name) {
    require(joins.size() == n * n, ErrorCode::bad_shape, std::string(name) + " must have shape (nodes, nodes)");
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            const double value = joins[i * n + j];
            require(std::isfinite(value) && value >= 0.0 && value == joins[j * n + i] && (i != j || value == 0.0),
                    ErrorCode::bad_value,
                    std::string(name) + " must be symmetric, not negative and zero on its diagonal; row " +
                        std::to_string(i) + ", column " + std::to_string(j));
        }
    }
}

// Gauss-Jordan elimination in place, by columns. Without pivots: the matrix is one minus a matrix whose columns,
// weighted by capacity, are dominated by their diagonal.
bool invert(std::vector<double>& a, std::size_t n, std::size_t stride) {
    for (std::size_t p = 0; p < n; ++p) {
        const double pivot = a[p * stride + p];
        if (!(std::abs(pivot) > 1e-300) || !std::isfinite(pivot)) {
            return false;
        }
        const double over = 1.0 / pivot;
        a[p * stride + p] = 1.0;
        for (std::size_t j = 0; j < n; ++j) {
            a[j * stride + p] *= over;
        }
        std::array<double, ThermalNetwork::node_limit> pivot_column{};
        std::copy_n(a.begin() + static_cast<std::ptrdiff_t>(p * stride), stride, pivot_column.begin());
        pivot_column[p] = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            a[p * stride + i] = i == p ? over : 0.0;
        }
        for (std::size_t j = 0; j < n; ++j) {
            const double scale = a[j * stride + p];
            double* column = a.data() + j * stride;
            for (std::size_t i = 0; i < stride; ++i) {
                column[i] -= pivot_column[i] * scale;
            }
        }
    }
    return true;
}

void add_product(const std::vector<double>& columns, const double* x, double* out, std::size_t n, std::size_t stride) {
    for (std::size_t j = 0; j < n; ++j) {
        const double* column = columns.data() + j * stride;
        const double scale = x[j];
        for (std::size_t i = 0; i < stride; ++i) {
            out[i] += column[i] * scale;
        }
    }
}

// Angle of a direction in its plane, within 2e-4 rad: it only picks a cell of ten degrees.
double rough_angle_rad(double y, double x) {
    const double ax = std::abs(x), ay = std::abs(y);
    const double t = std::min(ax, ay) / std::max({ax, ay, 1e-300}), s = t * t;
    double angle = ((-0.0464964749 * s + 0.15931422) * s - 0.327622764) * s * t + t;
    angle = ay > ax ? 0.5 * std::numbers::pi - angle : angle;
    angle = x < 0.0 ? std::numbers::pi - angle : angle;
    return y < 0.0 ? -angle : angle;
}

// Reflectances by latitude and longitude, and the light that comes back from the cap that a position sees.
class ReflectanceMap {
    // Points of equal weight for a plate that faces the centre: rings in equal steps of the view factor.
    static constexpr std::size_t rings = 10, spokes = 20, bins = 256;

  public:
    ReflectanceMap(std::span<const double> table, std::size_t rows, std::size_t columns)
        : table_(table), columns_(columns) {
        for (std::size_t row = 1; row < rows; ++row) {
            const double share = static_cast<double>(row) / static_cast<double>(rows);
            edges_.push_back(std::sin((share - 0.5) * std::numbers::pi));
        }
        edges_.push_back(2.0); // no sine reaches it
        for (std::size_t bin = 0; bin < bins; ++bin) {
            const double lowest = 2.0 * static_cast<double>(bin) / bins - 1.0;
            first_row_[bin] = static_cast<std::size_t>(std::ranges::upper_bound(edges_, lowest) - edges_.begin());
        }
        for (std::size_t k = 0; k < 2 * spokes; ++k) {
            const double angle = std::numbers::pi * static_cast<double>(k) / spokes;
            cosine_[k] = std::cos(angle);
            sine_[k] = std::sin(angle);
        }
    }

    [[nodiscard]] double share(const Vec3& r_m, const Vec3& sun) const {
        const double distance = norm(r_m) / earth_radius_m;
        const Vec3 up = (1.0 / norm(r_m)) * r_m;
        const double horizon = std::sqrt(1.0 - 1.0 / (distance * distance)); // sine of the cap's half angle
        if (dot(up, sun) < -horizon) {
            return 0.0; // all that is seen is night
        }
        const Vec3 aside = std::abs(up.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
        Vec3 east = cross(aside, up);
        east = (1.0 / norm(east)) * east;
        const Vec3 north = cross(up, east);
        double total = 0.0;
        for (std::size_t ring = 0; ring < rings; ++ring) {
            const double at_ground = std::sqrt((static_cast<double>(ring) + 0.5) / rings); // sine of the zenith angle
            const double off_nadir = at_ground / distance;
            const double cos_ground = std::sqrt(1.0 - at_ground * at_ground);
            const double cos_nadir = std::sqrt(1.0 - off_nadir * off_nadir);
            const double cos_centre = cos_ground * cos_nadir + at_ground * off_nadir;
            const double sin_centre = at_ground * cos_nadir - cos_ground * off_nadir;
            for (std::size_t spoke = ring & 1; spoke < 2 * spokes; spoke += 2) {
                const Vec3 ground = cos_centre * up + (sin_centre * cosine_[spoke]) * east +
                                    (sin_centre * sine_[spoke]) * north;
                const double lit = dot(ground, sun);
                total += lit > 0.0 ? lit * at(ground) : 0.0;
            }
        }
        return total / (rings * spokes);
    }

  private:
    [[nodiscard]] double at(const Vec3& up) const {
        const double z = std::clamp(up.z, -1.0, 1.0);
        std::size_t row = first_row_[std::min(bins - 1, static_cast<std::size_t>((z + 1.0) * 0.5 * bins))];
        while (z >= edges_[row]) {
            ++row;
        }
        const double turn = rough_angle_rad(up.y, up.x) / (2.0 * std::numbers::pi) + 0.5;
        const auto column = static_cast<std::size_t>(std::max(0.0, turn) * static_cast<double>(columns_));
        return table_[row * columns_ + std::min(columns_ - 1, column)];
    }

    std::span<const double> table_;
    std::size_t columns_;
    std::vector<double> edges_;
    std::array<std::size_t, bins> first_row_{};
    std::array<double, 2 * spokes> cosine_{}, sine_{};
};

} // namespace

double plate_to_sphere_view(double cosine, double distance_ratio) {
    const double h = distance_ratio, c = std::clamp(cosine, -1.0, 1.0);
    const double root = std::sqrt(std::max(0.0, h * h - 1.0)), sine = std::sqrt(1.0 - c * c);
    if (h * c >= 1.0) { // all of the sphere above the plate's horizon
        return c / (h * h);
    }
    if (h * c <= -1.0) { // all of it below
        return 0.0;
    }
    // The horizon cuts the sphere (Gilmore, section 2: view factor of a tilted plate to the Earth).
    const double along = std::clamp(root * c / std::max(sine, 1e-300), -1.0, 1.0);
    const double cut = std::sqrt(std::max(0.0, 1.0 - h * h * c * c));
    const double view = 0.5 - std::asin(std::clamp(root / (h * std::max(sine, 1e-300)), -1.0, 1.0)) / std::numbers::pi +
                        (c * std::acos(-along) - root * cut) / (std::numbers::pi * h * h);
    return std::max(0.0, view);
}

ThermalNetwork::ThermalNetwork(std::vector<double> capacity_j_k, std::vector<double> conductance_w_k,
                               std::vector<double> exchange_m2, std::vector<ThermalFace> faces,
                               std::vector<ThermalHeater> heaters)
    : capacity_(std::move(capacity_j_k)), conductance_(std::move(conductance_w_k)), exchange_(std::move(exchange_m2)),
      space_(capacity_.size(), 0.0), faces_(std::move(faces)), heaters_(std::move(heaters)) {
    const std::size_t n = capacity_.size();
    require(n >= 1 && n <= node_limit, ErrorCode::bad_shape, "capacity_j_k must have 1 to 64 nodes");
    for (const double one : capacity_) {
        require(std::isfinite(one) && one > 0.0, ErrorCode::bad_value, "capacity_j_k must be above 0");
    }
    check_joins(conductance_, n, "conductance_w_k");
    check_joins(exchange_, n, "exchange_m2");
    for (const ThermalFace& face : faces_) {
        require(face.node < n, ErrorCode::bad_value, "faces: node is not in the network");
        require(std::isfinite(face.area_m2) && face.area_m2 > 0.0 && face.absorptivity >= 0.0 &&
                    face.absorptivity <= 1.0 && face.emissivity >= 0.0 && face.emissivity <= 1.0,
                ErrorCode::bad_value, "faces: area must be above 0, absorptivity and emissivity within 0 to 1");
        require(face.axes != FaceAxes::body || std::abs(norm(face.normal) - 1.0) < 1e-6, ErrorCode::bad_value,
                "faces: normal must be a unit vector");
        space_[face.node] += face.area_m2 * face.emissivity;
    }
    require(heaters_.size() <= heater_limit, ErrorCode::bad_shape, "heaters: at most 32");
    for (const ThermalHeater& heater : heaters_) {
        require(heater.node < n && heater.power_w >= 0.0 && heater.on_below_k < heater.off_above_k,
                ErrorCode::bad_value, "heaters: node must exist, power not be negative, and on_below_k lie below off_above_k");
    }
}

void add_absorbed_w(const ThermalNetwork& network, const ThermalSurroundings& around, double* sunlight_w, double* infrared_w) {
    const double direct = around.sun_w_m2 * around.illumination, reflected = around.sun_w_m2 * around.albedo;
    const double ratio = around.earth_distance_m / earth_radius_m;
    Vec3 last{};
    double view = -1.0, to_sun = 0.0;
    for (const ThermalFace& face : network.faces()) {
        const Vec3 normal = face.axes == FaceAxes::body          ? face.normal
                            : face.axes == FaceAxes::array_front ? around.array_normal
                                                                 : -1.0 * around.array_normal;
        if (view < 0.0 || normal.x != last.x || normal.y != last.y || normal.z != last.z) {
            view = plate_to_sphere_view(dot(normal, around.earth), ratio);
            to_sun = std::max(0.0, dot(normal, around.sun));
            last = normal;
        }
        sunlight_w[face.node] += face.absorptivity * face.area_m2 * (direct * to_sun + reflected * view);
        infrared_w[face.node] += face.emissivity * face.area_m2 * around.infrared_w_m2 * view;
    }
}

ThermalSolver::ThermalSolver(const ThermalNetwork& network, const ThermalFactors& factors)
    : nodes_(network.nodes()), stride_((nodes_ + 3) / 4 * 4), capacity_(stride_, 0.0), per_capacity_(stride_, 0.0),
      linear_(nodes_ * stride_, 0.0), quartic_(nodes_ * stride_, 0.0) {
    for (std::size_t i = 0; i < nodes_; ++i) {
        capacity_[i] = network.capacity_j_k()[i];
        per_capacity_[i] = 1.0 / capacity_[i];
        quartic_[i * stride_ + i] -=
            stefan_boltzmann_w_m2_k4 * factors.emissivity * network.space_m2()[i] * per_capacity_[i];
        for (std::size_t j = 0; j < nodes_; ++j) {
            const double g = factors.conductance * network.conductance_w_k()[i * nodes_ + j] * per_capacity_[i];
            const double r = stefan_boltzmann_w_m2_k4 * network.exchange_m2()[i * nodes_ + j] * per_capacity_[i];
            linear_[j * stride_ + i] += g;
            linear_[i * stride_ + i] -= g;
            quartic_[j * stride_ + i] += r;
            quartic_[i * stride_ + i] -= r;
        }
    }
    for (Inverse& one : kept_) {
        one.columns.resize(nodes_ * stride_);
        one.at_k.resize(stride_, 0.0);
    }
}

void ThermalSolver::rates_k_s(const double* temp_k, const double* heat_w, double* out) const {
    std::array<double, ThermalNetwork::node_limit> fourth; // NOLINT: written below as far as it is read
    for (std::size_t i = 0; i < stride_; ++i) {
        const double square = temp_k[i] * temp_k[i];
        fourth[i] = square * square;
        out[i] = heat_w[i] * per_capacity_[i];
    }
    for (std::size_t j = 0; j < nodes_; ++j) {
        const double* a = linear_.data() + j * stride_;
        const double* b = quartic_.data() + j * stride_;
        const double t = temp_k[j], t4 = fourth[j];
        for (std::size_t i = 0; i < stride_; ++i) {
            out[i] += a[i] * t + b[i] * t4;
        }
    }
}

void ThermalSolver::gains_w(const double* temp_k, const double* heat_w, double* out) const {
    rates_k_s(temp_k, heat_w, out);
    for (std::size_t i = 0; i < stride_; ++i) {
        out[i] *= capacity_[i];
    }
}

void ThermalSolver::prepare(const double* temp_k, double shift_s) {
    for (std::size_t slot = 0; slot < kept_.size(); ++slot) {
        if (kept_[slot].shift_s == shift_s) {
            double drift = 0.0;
            for (std::size_t i = 0; i < nodes_; ++i) {
                drift = std::max(drift, std::abs(temp_k[i] - kept_[slot].at_k[i]));
            }
            if (drift < fresh_within_k) {
                in_use_ = slot;
                return;
            }
            in_use_ = slot;
            kept_[slot].shift_s = -1.0;
        }
    }
    if (kept_[in_use_].shift_s >= 0.0) {
        in_use_ = 1 - in_use_;
    }
    Inverse& made = kept_[in_use_];
    for (std::size_t j = 0; j < nodes_; ++j) {
        const double slope = 4.0 * temp_k[j] * temp_k[j] * temp_k[j];
        for (std::size_t i = 0; i < stride_; ++i) {
            made.columns[j * stride_ + i] =
                -shift_s * (linear_[j * stride_ + i] + slope * quartic_[j * stride_ + i]) + (i == j ? 1.0 : 0.0);
        }
    }
    require(invert(made.columns, nodes_, stride_), ErrorCode::no_convergence, "temperatures: the implicit matrix is singular");
    std::copy_n(temp_k, stride_, made.at_k.begin());
    made.shift_s = shift_s;
}

void ThermalSolver::solve(const double* in, double* out) const {
    std::fill_n(out, stride_, 0.0);
    add_product(kept_[in_use_].columns, in, out, nodes_, stride_);
}

std::vector<double> ThermalSolver::steady_state_k(std::span<const double> heat_w, std::span<const double> guess_k) const {
    std::vector<double> temp(stride_, 0.0), heat(stride_, 0.0), gain(stride_), matrix(nodes_ * stride_);
    std::copy(guess_k.begin(), guess_k.end(), temp.begin());
    std::copy(heat_w.begin(), heat_w.end(), heat.begin());
    for (int round = 0; round < 200; ++round) {
        gains_w(temp.data(), heat.data(), gain.data());
        for (std::size_t j = 0; j < nodes_; ++j) {
            const double slope = 4.0 * std::pow(temp[j], 3);
            for (std::size_t i = 0; i < stride_; ++i) {
                matrix[j * stride_ + i] = -capacity_[i] * (linear_[j * stride_ + i] + slope * quartic_[j * stride_ + i]);
            }
        }
        if (!invert(matrix, nodes_, stride_)) {
            break;
        }
        std::vector<double> change(stride_, 0.0);
        add_product(matrix, gain.data(), change.data(), nodes_, stride_);
        double largest = 0.0;
        for (std::size_t i = 0; i < nodes_; ++i) {
            largest = std::max(largest, std::abs(change[i]));
            temp[i] = std::max(3.0, temp[i] + std::clamp(change[i], -0.5 * temp[i], temp[i]));
        }
        if (!std::isfinite(largest)) {
            break;
        }
        if (largest < 1e-9) {
            temp.resize(nodes_);
            return temp;
        }
    }
    throw Error(ErrorCode::no_convergence, "temperatures: no steady state; is there a way out for the heat of every node?");
}

std::uint32_t switched(const ThermalNetwork& network, const double* temp_k, std::uint32_t on) {
    for (std::size_t h = 0; h < network.heaters().size(); ++h) {
        const ThermalHeater& heater = network.heaters()[h];
        const std::uint32_t bit = 1U << h;
        if (temp_k[heater.node] <= heater.on_below_k) {
            on |= bit;
        } else if (temp_k[heater.node] >= heater.off_above_k) {
            on &= ~bit;
        }
    }
    return on;
}

double first_switching(const ThermalNetwork& network, const double* from_k, const double* to_k, std::uint32_t on) {
    double first = 1.0;
    for (std::size_t h = 0; h < network.heaters().size(); ++h) {
        const ThermalHeater& heater = network.heaters()[h];
        const bool is_on = (on >> h & 1U) != 0;
        const double limit = is_on ? heater.off_above_k : heater.on_below_k;
        const double before = from_k[heater.node], after = to_k[heater.node];
        if (is_on ? after > limit : after < limit) {
            first = std::min(first, std::clamp((limit - before) / (after - before), 0.0, 1.0));
        }
    }
    return first;
}

ThermalFlight fly_thermal(const ThermalNetwork& network, std::span<const double> t_s, std::span<const double> heat_w,
                          std::span<const double> start_k, double tolerance_k) {
    const std::size_t k = network.nodes(), heaters = network.heaters().size(), n = t_s.size();
    for (std::size_t i = 1; i < n; ++i) {
        require(t_s[i] > t_s[i - 1], ErrorCode::bad_interval, "t_s must increase; instant " + std::to_string(i));
    }
    const auto finite = [](double one) { return std::isfinite(one); };
    require(std::ranges::all_of(heat_w, finite), ErrorCode::bad_value, "heat_w must be finite");
    require(std::ranges::all_of(start_k, [](double one) { return one >= 3.0 && one <= 1.0e4; }), ErrorCode::bad_value,
            "start_k must be within 3 K to 10 000 K");
    ThermalSolver solver(network, {});
    Ros2 method(solver.stride());
    std::vector<double> now(solver.stride(), 0.0), next(solver.stride(), 0.0), heat(solver.stride(), 0.0);
    std::copy(start_k.begin(), start_k.end(), now.begin());
    ThermalFlight out{std::vector<double>(n * k), std::vector<double>((n - 1) * heaters, 0.0)};
    std::copy_n(now.begin(), k, out.temp_k.begin());
    std::uint32_t on = 0;
    double usual_s = 1.0e9;
    for (std::size_t interval = 0; interval + 1 < n; ++interval) {
        const double whole_s = t_s[interval + 1] - t_s[interval];
        double left_s = whole_s;
        const auto given = [&](int, const double*, double* to) { std::copy(heat.begin(), heat.end(), to); };
        while (left_s > 1.0e-9 * whole_s) {
            on = switched(network, now.data(), on);
            std::fill(heat.begin(), heat.end(), 0.0);
            std::copy_n(heat_w.begin() + static_cast<std::ptrdiff_t>(interval * k), k, heat.begin());
            for (std::size_t h = 0; h < heaters; ++h) {
                heat[network.heaters()[h].node] += (on >> h & 1U) != 0 ? network.heaters()[h].power_w : 0.0;
            }
            double step_s = left_s / std::ceil(left_s / std::min(usual_s, left_s));
            const double error = method.step(solver, step_s, tolerance_k, now.data(), next.data(), given);
            if (!(error <= 1.0) && step_s > shortest_step_s) {
                usual_s = step_s * std::max(0.2, 0.9 / std::sqrt(error));
                continue;
            }
            require(error <= 1.0, ErrorCode::no_convergence, "temperatures: the step vanishes");
            usual_s = step_s * std::clamp(0.9 / std::sqrt(error + 1e-12), 0.5, 4.0);
            const double share = first_switching(network, now.data(), next.data(), on);
            if (share < 1.0) {
                step_s = std::max(share * step_s, std::min(step_s, shortest_step_s));
                method.step(solver, step_s, tolerance_k, now.data(), next.data(), given);
            }
            now.swap(next);
            left_s -= step_s;
            for (std::size_t h = 0; h < heaters; ++h) {
                out.heater_duty[interval * heaters + h] += (on >> h & 1U) != 0 ? step_s / whole_s : 0.0;
            }
        }
        std::copy_n(now.begin(), k, out.temp_k.begin() + static_cast<std::ptrdiff_t>((interval + 1) * k));
    }
    return out;
}

void albedo_shares(std::span<const double> r_itrf_m, std::span<const double> sun_itrf, std::span<const double> table,
                   std::size_t rows, std::size_t columns, std::span<double> out) {
    const ReflectanceMap map(table, rows, columns);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const Vec3 r{r_itrf_m[3 * i], r_itrf_m[3 * i + 1], r_itrf_m[3 * i + 2]};
        out[i] = map.share(r, {sun_itrf[3 * i], sun_itrf[3 * i + 1], sun_itrf[3 * i + 2]});
    }
}

} // namespace llamaspace
