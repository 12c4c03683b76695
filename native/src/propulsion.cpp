// Blowdown pressure, thruster curves and non-negative least squares.
#include "llamaspace/propulsion.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

constexpr double warm_k = 298.15, atmosphere_pa = 101325.0;

void require(bool good, const std::string& message) {
    if (!good) {
        throw Error(ErrorCode::bad_value, message);
    }
}

// Least squares of the chosen columns by Householder reflections; `work` is column-major, rows by columns + 1.
void least_squares(std::vector<double>& work, std::size_t rows, std::size_t columns, std::vector<double>& x) {
    for (std::size_t p = 0; p < columns; ++p) {
        double* v = work.data() + p * rows;
        double length = 0.0;
        for (std::size_t i = p; i < rows; ++i) {
            length += v[i] * v[i];
        }
        length = std::copysign(std::sqrt(length), v[p]);
        if (length == 0.0) {
            continue;
        }
        v[p] += length;
        const double scale = 1.0 / (length * v[p]);
        for (std::size_t j = p + 1; j <= columns; ++j) {
            double* c = work.data() + j * rows;
            double along = 0.0;
            for (std::size_t i = p; i < rows; ++i) {
                along += v[i] * c[i];
            }
            for (std::size_t i = p; i < rows; ++i) {
                c[i] -= along * scale * v[i];
            }
        }
        // What is left of the column is needed above its diagonal only; the diagonal goes where the vector began.
        v[p] = -length;
    }
    const double* right = work.data() + columns * rows;
    for (std::size_t p = columns; p-- > 0;) {
        double sum = right[p];
        for (std::size_t j = p + 1; j < columns; ++j) {
            sum -= work[j * rows + p] * x[j];
        }
        const double diagonal = work[p * rows + p];
        x[p] = diagonal != 0.0 ? sum / diagonal : 0.0;
    }
}

} // namespace

void PropulsionModel::validate(std::size_t nodes) const {
    require(tank_node < nodes, "tank_node must be in the thermal network");
    require(std::isfinite(tank_volume_m3) && tank_volume_m3 > 0.0, "tank_volume_m3 must be above 0");
    require(std::isfinite(pressurant_mol) && pressurant_mol > 0.0, "pressurant_mol must be above 0");
    require(density_25c_kg_m3 > 0.0 && std::isfinite(density_slope_kg_m3_k), "density must be above 0");
    require(vapour_25c_pa >= 0.0 && boiling_k > warm_k, "boiling_k must be above 298.15 K, vapour_25c_pa not negative");
    require(pressure_pa.size() >= 2 && thrust_n.size() == pressure_pa.size() &&
                specific_impulse_s.size() == pressure_pa.size(),
            "pressure_pa, thrust_n and specific_impulse_s must have one length of at least 2");
    for (std::size_t i = 0; i < pressure_pa.size(); ++i) {
        require((i == 0 || pressure_pa[i] > pressure_pa[i - 1]) && thrust_n[i] > 0.0 && specific_impulse_s[i] > 0.0 &&
                    std::isfinite(pressure_pa[i]),
                "pressure_pa must increase; thrust_n and specific_impulse_s must be above 0");
    }
}

double PropulsionModel::density_kg_m3(double temp_k) const {
    return density_25c_kg_m3 + density_slope_kg_m3_k * (temp_k - warm_k);
}

double PropulsionModel::vapour_pressure_pa(double temp_k) const {
    if (vapour_25c_pa == 0.0) {
        return 0.0;
    }
    const double share = (1.0 / warm_k - 1.0 / temp_k) / (1.0 / warm_k - 1.0 / boiling_k);
    return vapour_25c_pa * std::exp(std::log(atmosphere_pa / vapour_25c_pa) * share);
}

double PropulsionModel::pressure_at_pa(double propellant_kg, double temp_k) const {
    const double gas_m3 = tank_volume_m3 - propellant_kg / density_kg_m3(temp_k);
    require(gas_m3 > 0.0, "propellant_kg " + std::to_string(propellant_kg) + " kg leaves no room for gas in the tank");
    return pressurant_mol * molar_gas_constant_j_mol_k * temp_k / gas_m3 + vapour_pressure_pa(temp_k);
}

ThrusterFlow thruster_flow(const PropulsionModel& model, double inlet_pa, double temp_k) {
    const auto& p = model.pressure_pa;
    std::size_t i = 0;
    while (i + 2 < p.size() && inlet_pa > p[i + 1]) {
        ++i;
    }
    const double share = std::clamp((inlet_pa - p[i]) / (p[i + 1] - p[i]), 0.0, 1.0);
    const double off_k = temp_k - model.reference_k;
    const double thrust = (model.thrust_n[i] + share * (model.thrust_n[i + 1] - model.thrust_n[i])) *
                          std::max(0.0, 1.0 + model.thrust_per_k * off_k);
    const double impulse =
        (model.specific_impulse_s[i] + share * (model.specific_impulse_s[i + 1] - model.specific_impulse_s[i])) *
        std::max(0.1, 1.0 + model.specific_impulse_per_k * off_k);
    return {thrust, impulse, thrust / (impulse * standard_gravity_m_s2)};
}

double nonnegative_least_squares(std::span<const double> a, std::span<const double> b, std::span<double> x) {
    const std::size_t rows = b.size(), columns = x.size();
    std::vector<char> passive(columns, 0);
    std::vector<double> residual(b.begin(), b.end()), work, solution;
    std::vector<std::size_t> chosen;
    std::ranges::fill(x, 0.0);
    double scale = 0.0;
    for (const double one : a) {
        scale = std::max(scale, std::abs(one));
    }
    double size = 0.0;
    for (const double one : b) {
        size = std::max(size, std::abs(one));
    }
    const double tolerance = 1e-12 * scale * std::max(size, 1e-300) * static_cast<double>(rows);
    const auto refresh = [&] {
        for (std::size_t i = 0; i < rows; ++i) {
            residual[i] = b[i];
            for (std::size_t j = 0; j < columns; ++j) {
                residual[i] -= a[i * columns + j] * x[j];
            }
        }
    };
    for (std::size_t round = 0; round < 30 * (columns + 1); ++round) {
        std::size_t best = columns;
        double steepest = tolerance;
        for (std::size_t j = 0; j < columns; ++j) {
            double slope = 0.0;
            for (std::size_t i = 0; i < rows; ++i) {
                slope += a[i * columns + j] * residual[i];
            }
            if (passive[j] == 0 && slope > steepest) {
                steepest = slope;
                best = j;
            }
        }
        if (best == columns || static_cast<std::size_t>(std::ranges::count(passive, 1)) == rows) {
            break;
        }
        passive[best] = 1;
        while (true) {
            chosen.clear();
            for (std::size_t j = 0; j < columns; ++j) {
                if (passive[j] != 0) {
                    chosen.push_back(j);
                }
            }
            work.assign(rows * (chosen.size() + 1), 0.0);
            solution.assign(chosen.size(), 0.0);
            for (std::size_t c = 0; c < chosen.size(); ++c) {
                for (std::size_t i = 0; i < rows; ++i) {
                    work[c * rows + i] = a[i * columns + chosen[c]];
                }
            }
            std::ranges::copy(b, work.begin() + static_cast<std::ptrdiff_t>(chosen.size() * rows));
            least_squares(work, rows, chosen.size(), solution);
            double share = 1.0;
            std::size_t first = columns; // to leave, on the way to the solution
            for (std::size_t c = 0; c < chosen.size(); ++c) {
                const double before = x[chosen[c]];
                if (solution[c] <= 0.0 && (first == columns || before / (before - solution[c]) < share)) {
                    share = before / (before - solution[c]);
                    first = chosen[c];
                }
            }
            const bool inside = first == columns;
            for (std::size_t c = 0; c < chosen.size(); ++c) {
                double& value = x[chosen[c]];
                value = inside ? solution[c] : value + share * (solution[c] - value);
                if (!inside && (chosen[c] == first || value <= 0.0)) {
                    value = 0.0;
                    passive[chosen[c]] = 0;
                }
            }
            if (inside || std::ranges::none_of(passive, [](char one) { return one != 0; })) {
                break;
            }
        }
        refresh();
    }
    double sum = 0.0;
    for (const double one : residual) {
        sum += one * one;
    }
    return std::sqrt(sum);
}

} // namespace llamaspace
