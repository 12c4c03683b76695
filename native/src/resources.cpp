// Steps the coupled resources of each member along the timeline.
#include "llamaspace/resources.hpp"

#include "llamaspace/error.hpp"
#include "resource_checks.hpp"

#include <algorithm>
#include <cmath>

namespace llamaspace {
namespace {

constexpr double shortest_step_s = 1.0e-3;
constexpr double short_of_power_w = 1.0e-6;

ThermalSurroundings surroundings_of(const ArrayModel& array, const double* row) {
    const Vec3 sun{row[0], row[1], row[2]}, earth{row[5], row[6], row[7]};
    return {sun, row[3], row[4], earth, row[8], row[9], row[10], array_normal(array, sun)};
}

// What an interval offers, before the factors of a member: one row of `columns()` numbers.
class Conditions {
  public:
    Conditions(const ResourceDesign& design, std::span<const double> around)
        : nodes_(design.thermal.nodes()), rows_(around.size() / ResourceTimeline::around_columns),
          values_(rows_ * (2 * nodes_ + 1), 0.0) {
        for (std::size_t i = 0; i < rows_; ++i) {
            const ThermalSurroundings s =
                surroundings_of(design.power.array, around.data() + i * ResourceTimeline::around_columns);
            double* row = values_.data() + i * (2 * nodes_ + 1);
            add_absorbed_w(design.thermal, s, row, row + nodes_);
            row[2 * nodes_] = s.sun_w_m2 * s.illumination * std::max(0.0, dot(s.array_normal, s.sun));
        }
    }
    [[nodiscard]] const double* sunlight_w(std::size_t i) const { return values_.data() + i * (2 * nodes_ + 1); }
    [[nodiscard]] const double* infrared_w(std::size_t i) const { return sunlight_w(i) + nodes_; }
    [[nodiscard]] double array_sunlight_w_m2(std::size_t i) const { return sunlight_w(i)[2 * nodes_]; }

  private:
    std::size_t nodes_, rows_;
    std::vector<double> values_;
};

// What flows at an instant.
struct Flows {
    BatteryFlow battery;
    double array_w, array_available_w, load_w, unmet_w;
    double thrust_n, specific_impulse_s, propellant_kg_s, pressure_pa;
};

// What a step adds up.
struct Sums {
    double battery_a = 0, battery_w = 0, array_w = 0, array_available_w = 0, load_w = 0, unmet_w = 0, thrust_n_s = 0,
           seconds = 0;
};

struct Interval {
    std::size_t index;
    double duration_s, recorded_byte_s, sent_byte_s, thrusters;
    std::uint64_t consumers;
    std::uint32_t heaters;
};

class Member {
    const ResourceDesign& design_;
    MemberFactors factors_;
    ResourceTolerance tolerance_;
    ThermalSolver solver_;
    Ros2 method_;
    std::vector<double> next_k_, absorbed_w_;
    Interval now_{};
    double array_sunlight_w_m2_ = 0.0, usual_s_ = 1.0e9;
    std::array<Flows, 2> stages_{};

  public:
    Member(const ResourceDesign& design, const MemberFactors& factors, const ResourceTolerance& tolerance)
        : design_(design), factors_(factors), tolerance_(tolerance),
          solver_(design.thermal, {factors.conductance, factors.emissivity}), method_(solver_.stride()),
          next_k_(solver_.stride(), 0.0), absorbed_w_(solver_.stride(), 0.0), temp_k(solver_.stride(), 0.0),
          heater_s(design.thermal.heaters().size(), 0.0) {}

    void fly(const Interval& interval, const Conditions& conditions) {
        set_interval(interval, conditions);
        double left_s = interval.duration_s;
        while (left_s > 1.0e-9 * interval.duration_s) {
            switch_devices();
            left_s -= advance(left_s);
        }
    }

    double soc = 0.0, propellant_kg = 0.0, stored_bytes = 0.0, sent_bytes = 0.0, lost_bytes = 0.0, impulse_n_s = 0.0;
    std::uint32_t heaters_on = 0, shed = 0, shed_seen = 0;
    std::vector<double> temp_k, heater_s; // seconds that each heater was on since the last record
    Flows last{};
    Sums sums{};

  private:
    void set_interval(const Interval& interval, const Conditions& conditions) {
        now_ = interval;
        const double* sunlight = conditions.sunlight_w(interval.index);
        const double* infrared = conditions.infrared_w(interval.index);
        for (std::size_t i = 0; i < solver_.nodes(); ++i) {
            absorbed_w_[i] = factors_.absorptivity * sunlight[i] + factors_.emissivity * infrared[i];
        }
        array_sunlight_w_m2_ = conditions.array_sunlight_w_m2(interval.index);
        shed &= ~brown_out;
        for (std::size_t s = 0; s < design_.power.shedding.size(); ++s) {
            if (soc >= design_.power.shedding[s].restore_soc) {
                shed &= ~(1U << s);
            }
        }
    }

    void switch_devices() {
        heaters_on = switched(design_.thermal, temp_k.data(), heaters_on);
        for (std::size_t s = 0; s < design_.power.shedding.size(); ++s) {
            if (soc <= design_.power.shedding[s].below_soc) {
                shed |= 1U << s;
            }
        }
    }

    [[nodiscard]] std::uint64_t powered() const {
        std::uint64_t on = now_.consumers;
        for (std::size_t s = 0; s < design_.power.shedding.size(); ++s) {
            if ((shed >> s & 1U) != 0) {
                on &= ~design_.power.shedding[s].consumers;
            }
        }
        return on;
    }

    // Sheds the next step that is not yet shed; false if there is none.
    bool shed_more() {
        for (std::size_t s = 0; s < design_.power.shedding.size(); ++s) {
            if ((shed >> s & 1U) == 0) {
                shed |= 1U << s;
                return true;
            }
        }
        return false;
    }

    // Flows at a charge and temperatures; adds their heat to what is absorbed.
    Flows flows_at(double soc_now, double propellant_now_kg, const double* temp, double* heat_w) {
        const PowerModel& power = design_.power;
        const std::uint64_t on = powered();
        double consumers_w = 0.0, heaters_w = 0.0;
        for (std::size_t c = 0; c < power.consumers.size(); ++c) {
            consumers_w += (on >> c & 1U) != 0 ? power.consumers[c].power_w : 0.0;
        }
        consumers_w *= factors_.load;
        const std::uint32_t heating = heaters_on & now_.heaters;
        for (std::size_t h = 0; h < design_.thermal.heaters().size(); ++h) {
            heaters_w += (heating >> h & 1U) != 0 ? design_.thermal.heaters()[h].power_w : 0.0;
        }
        const double wanted_w = (consumers_w + heaters_w) / power.distribution_efficiency + power.quiescent_w;
        const double available_w =
            factors_.array_power * array_power_w(power.array, array_sunlight_w_m2_, temp[power.array_node]);
        const double offered_w = available_w * power.array_converter_efficiency;
        Flows f{};
        f.battery = battery_flow(power.battery, soc_now, temp[power.battery_node], offered_w - wanted_w,
                                 factors_.battery_capacity, factors_.battery_resistance);
        f.unmet_w = f.battery.unmet_w;
        f.load_w = wanted_w - f.unmet_w;
        f.array_available_w = available_w;
        f.array_w = (offered_w - f.battery.refused_w) / power.array_converter_efficiency;
        const double served = wanted_w > 0.0 ? f.load_w / wanted_w : 1.0;
        add_heat(f, on, heating, served, consumers_w + heaters_w, heat_w);
        add_thrust(f, propellant_now_kg, temp[design_.propulsion.tank_node]);
        return f;
    }

    void add_heat(const Flows& f, std::uint64_t on, std::uint32_t heating, double served, double used_w,
                  double* heat_w) const {
        const PowerModel& power = design_.power;
        std::copy(absorbed_w_.begin(), absorbed_w_.end(), heat_w);
        for (std::size_t c = 0; c < power.consumers.size(); ++c) {
            if ((on >> c & 1U) != 0) {
                const ConsumerModel& one = power.consumers[c];
                heat_w[one.node] += served * factors_.load * one.power_w * one.heat_share;
            }
        }
        for (std::size_t h = 0; h < design_.thermal.heaters().size(); ++h) {
            if ((heating >> h & 1U) != 0) {
                heat_w[design_.thermal.heaters()[h].node] += served * design_.thermal.heaters()[h].power_w;
            }
        }
        heat_w[power.converter_node] +=
            f.load_w - served * used_w + f.array_w * (1.0 - power.array_converter_efficiency);
        heat_w[power.battery_node] += f.battery.heat_w;
        heat_w[power.array_node] -= f.array_w; // sunlight that leaves the array as current does not heat it
    }

    void add_thrust(Flows& f, double propellant_now_kg, double tank_k) const {
        f.pressure_pa = design_.propulsion.pressure_at_pa(std::max(0.0, propellant_now_kg), tank_k);
        const ThrusterFlow one = thruster_flow(design_.propulsion, f.pressure_pa, tank_k);
        f.specific_impulse_s = one.specific_impulse_s * factors_.specific_impulse;
        if (now_.thrusters > 0.0 && propellant_now_kg > 0.0) {
            f.thrust_n = now_.thrusters * one.thrust_n * factors_.thrust;
            f.propellant_kg_s = f.thrust_n / (f.specific_impulse_s * standard_gravity_m_s2);
        }
    }

    // One trial of the coupled system; charge and propellant by the trapezoidal pair that belongs to ROS2.
    struct Trial {
        double soc, propellant_kg, error;
    };
    Trial attempt(double step_s) {
        const auto heat = [&](int stage, const double* temp, double* out) {
            if (stage == 0) {
                stages_[0] = flows_at(soc, propellant_kg, temp, out);
                while (stages_[0].unmet_w > short_of_power_w) {
                    if (!shed_more()) {
                        shed |= brown_out;
                        break;
                    }
                    stages_[0] = flows_at(soc, propellant_kg, temp, out);
                }
            } else {
                stages_[1] = flows_at(soc + step_s * stages_[0].battery.soc_rate_s,
                                      propellant_kg - step_s * stages_[0].propellant_kg_s, temp, out);
            }
        };
        const double thermal = method_.step(solver_, step_s, tolerance_.temp_k, temp_k.data(), next_k_.data(), heat);
        const double rate0 = stages_[0].battery.soc_rate_s, rate1 = stages_[1].battery.soc_rate_s;
        const double error_soc = 0.5 * step_s * std::abs(rate1 - rate0);
        return {soc + 0.5 * step_s * (rate0 + rate1),
                propellant_kg - 0.5 * step_s * (stages_[0].propellant_kg_s + stages_[1].propellant_kg_s),
                std::max(thermal, error_soc / tolerance_.soc)};
    }

    // Advances by at most `left_s`; returns by how much.
    double advance(double left_s) {
        double step_s = left_s / std::ceil(left_s / std::min(usual_s_, left_s));
        Trial trial = attempt(step_s);
        while (!(trial.error <= 1.0) && step_s > shortest_step_s) {
            usual_s_ = step_s * std::max(0.2, 0.9 / std::sqrt(trial.error));
            step_s = std::max(0.5 * shortest_step_s, left_s / std::ceil(left_s / usual_s_));
            trial = attempt(step_s);
        }
        if (!std::isfinite(trial.soc) || !std::isfinite(next_k_[0])) {
            throw Error(ErrorCode::no_convergence, "resources: a step gave a value that is not finite");
        }
        usual_s_ = std::max(shortest_step_s, step_s * std::clamp(0.9 / std::sqrt(trial.error + 1e-12), 0.3, 4.0));
        const double share = std::min({first_switching(design_.thermal, temp_k.data(), next_k_.data(), heaters_on),
                                       first_shedding(trial.soc), emptying(trial.propellant_kg)});
        if (share < 1.0) {
            step_s = std::max(share * step_s, std::min(step_s, shortest_step_s));
            trial = attempt(step_s);
        }
        accept(trial, step_s);
        return step_s;
    }

    [[nodiscard]] double first_shedding(double soc_after) const {
        double first = 1.0;
        for (std::size_t s = 0; s < design_.power.shedding.size(); ++s) {
            const double limit = design_.power.shedding[s].below_soc;
            if ((shed >> s & 1U) == 0 && soc > limit && soc_after < limit) {
                first = std::min(first, (limit - soc) / (soc_after - soc));
            }
        }
        return first;
    }

    [[nodiscard]] double emptying(double after_kg) const {
        return after_kg < 0.0 && propellant_kg > 0.0 ? propellant_kg / (propellant_kg - after_kg) : 1.0;
    }

    void accept(const Trial& trial, double step_s) {
        const auto mean = [&](auto pick) { return 0.5 * (pick(stages_[0]) + pick(stages_[1])); };
        sums.battery_a += step_s * mean([](const Flows& f) { return f.battery.current_a; });
        sums.battery_w += step_s * mean([](const Flows& f) { return f.battery.power_w; });
        sums.array_w += step_s * mean([](const Flows& f) { return f.array_w; });
        sums.array_available_w += step_s * mean([](const Flows& f) { return f.array_available_w; });
        sums.load_w += step_s * mean([](const Flows& f) { return f.load_w; });
        sums.unmet_w += step_s * mean([](const Flows& f) { return f.unmet_w; });
        sums.seconds += step_s;
        const double impulse = step_s * mean([](const Flows& f) { return f.thrust_n; });
        sums.thrust_n_s += impulse;
        impulse_n_s += impulse;
        for (std::size_t h = 0; h < heater_s.size(); ++h) {
            heater_s[h] += ((heaters_on & now_.heaters) >> h & 1U) != 0 ? step_s : 0.0;
        }
        move_data(step_s);
        soc = std::clamp(trial.soc, 0.0, 1.0);
        // What is left after the step that empties the tank is rounding.
        propellant_kg = trial.propellant_kg > 1.0e-9 ? trial.propellant_kg : 0.0;
        temp_k.swap(next_k_);
        shed_seen |= shed;
        last = stages_[1];
    }

    // Exact: rates are constant, and the store fills or empties at most once in a step.
    void move_data(double step_s) {
        const std::uint64_t on = powered();
        const auto works = [on](int consumer) { return consumer < 0 || (on >> consumer & 1U) != 0; };
        const double in = works(design_.recording_consumer) ? now_.recorded_byte_s * step_s : 0.0;
        const double wanted = works(design_.sending_consumer) ? now_.sent_byte_s * step_s : 0.0;
        const double out = std::min(wanted, stored_bytes + in);
        const double after = stored_bytes + in - out;
        const double lost = std::max(0.0, after - design_.store_bytes);
        sent_bytes += out;
        lost_bytes += lost;
        stored_bytes = after - lost;
    }
};

class Recorder {
  public:
    Recorder(const ResourceDesign& design, const ResourceRecord& record, std::size_t rows, std::size_t member)
        : record_(record), nodes_(design.thermal.nodes()), heaters_(design.thermal.heaters().size()), rows_(rows),
          member_(member) {}

    void write(std::size_t row, Member& m) {
        const std::size_t at = member_ * rows_ + row;
        const double over = m.sums.seconds > 0.0 ? 1.0 / m.sums.seconds : 0.0;
        const std::array<double, resource_columns> values{m.soc,
                                                          m.last.battery.voltage_v,
                                                          m.sums.battery_a * over,
                                                          m.sums.battery_w * over,
                                                          m.sums.array_w * over,
                                                          m.sums.array_available_w * over,
                                                          m.sums.load_w * over,
                                                          m.sums.unmet_w * over,
                                                          m.propellant_kg,
                                                          m.last.pressure_pa,
                                                          m.sums.thrust_n_s * over,
                                                          m.last.specific_impulse_s,
                                                          m.impulse_n_s,
                                                          m.stored_bytes,
                                                          m.sent_bytes,
                                                          m.lost_bytes};
        std::ranges::copy(values, record_.values.begin() + static_cast<std::ptrdiff_t>(at * resource_columns));
        std::copy_n(m.temp_k.begin(), nodes_, record_.temp_k.begin() + static_cast<std::ptrdiff_t>(at * nodes_));
        for (std::size_t h = 0; h < heaters_; ++h) {
            record_.heater_duty[at * heaters_ + h] = m.heater_s[h] * over;
            m.heater_s[h] = 0.0;
        }
        record_.shed[at] = m.shed_seen;
        m.shed_seen = 0;
        m.sums = {};
    }

    // The row of the start: its state, and the flows of the row after.
    void complete_first() {
        double* first = record_.values.data() + member_ * rows_ * resource_columns;
        const double* second = first + resource_columns;
        for (const auto column :
             {ResourceColumn::bus_voltage_v, ResourceColumn::battery_current_a, ResourceColumn::battery_power_w,
              ResourceColumn::array_power_w, ResourceColumn::array_available_w, ResourceColumn::load_power_w,
              ResourceColumn::unmet_w, ResourceColumn::thrust_n, ResourceColumn::specific_impulse_s}) {
            first[static_cast<std::size_t>(column)] = second[static_cast<std::size_t>(column)];
        }
        const std::size_t at = member_ * rows_;
        record_.shed[at] = record_.shed[at + 1];
        std::copy_n(record_.heater_duty.begin() + static_cast<std::ptrdiff_t>((at + 1) * heaters_), heaters_,
                    record_.heater_duty.begin() + static_cast<std::ptrdiff_t>(at * heaters_));
    }

    void begin_extremes(const Member& m) {
        double* e = record_.extremes.data() + member_ * extreme_columns;
        e[0] = m.soc;
        e[1] = 1.0e300;
        e[2] = 1.0e300;
        e[3] = -1.0e300;
        e[4] = m.stored_bytes;
        std::copy_n(m.temp_k.begin(), nodes_, record_.temp_min_k.begin() + static_cast<std::ptrdiff_t>(member_ * nodes_));
        std::copy_n(m.temp_k.begin(), nodes_, record_.temp_max_k.begin() + static_cast<std::ptrdiff_t>(member_ * nodes_));
    }

    void widen_extremes(const Member& m) {
        double* e = record_.extremes.data() + member_ * extreme_columns;
        e[0] = std::min(e[0], m.soc);
        e[1] = std::min(e[1], m.last.battery.voltage_v);
        e[2] = std::min(e[2], m.last.battery.current_a);
        e[3] = std::max(e[3], m.last.battery.current_a);
        e[4] = std::max(e[4], m.stored_bytes);
        double* low = record_.temp_min_k.data() + member_ * nodes_;
        double* high = record_.temp_max_k.data() + member_ * nodes_;
        for (std::size_t i = 0; i < nodes_; ++i) {
            low[i] = std::min(low[i], m.temp_k[i]);
            high[i] = std::max(high[i], m.temp_k[i]);
        }
    }

  private:
    const ResourceRecord& record_;
    std::size_t nodes_, heaters_, rows_, member_;
};

} // namespace

std::size_t recorded_rows(std::size_t instants, std::size_t every) { return (instants - 2) / every + 2; }

void fly_resources(const ResourceDesign& design, const ResourceTimeline& timeline, const ResourceStart& start,
                   std::span<const double> factors, const ResourceTolerance& tolerance, const ResourceRecord& record) {
    check_resources(design, timeline, start, factors);
    const std::size_t members = start.soc.size(), instants = timeline.t_s.size(), intervals = instants - 1;
    const std::size_t nodes = design.thermal.nodes(), rows = recorded_rows(instants, record.every);
    const std::size_t around_size = intervals * ResourceTimeline::around_columns;
    Conditions conditions(design, timeline.around.subspan(0, around_size));
    for (std::size_t m = 0; m < members; ++m) {
        if (m > 0 && timeline.around_members > 1) {
            conditions = Conditions(design, timeline.around.subspan(m * around_size, around_size));
        }
        const double* f = factors.data() + m * MemberFactors::columns;
        Member member(design, {f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]}, tolerance);
        member.soc = start.soc[m];
        member.propellant_kg = start.propellant_kg[m];
        member.stored_bytes = start.stored_bytes[m];
        member.heaters_on = start.heaters_on[m];
        member.shed = start.shed[m];
        std::copy_n(start.temp_k.begin() + static_cast<std::ptrdiff_t>(m * nodes), nodes, member.temp_k.begin());
        member.last.pressure_pa = design.propulsion.pressure_at_pa(
            member.propellant_kg, member.temp_k[design.propulsion.tank_node]);
        Recorder recorder(design, record, rows, m);
        recorder.write(0, member);
        recorder.begin_extremes(member);
        const std::size_t offset = timeline.activity_members > 1 ? m * intervals : 0;
        for (std::size_t i = 0; i < intervals; ++i) {
            const double* a = timeline.activity.data() + (offset + i) * ResourceTimeline::activity_columns;
            member.fly({i, timeline.t_s[i + 1] - timeline.t_s[i], a[0], a[1], a[2], timeline.consumers[offset + i],
                        timeline.heaters[offset + i]},
                       conditions);
            recorder.widen_extremes(member);
            if ((i + 1) % record.every == 0 || i + 1 == intervals) {
                recorder.write((i + 1) / record.every + ((i + 1) % record.every != 0 ? 1 : 0), member);
            }
        }
        recorder.complete_first();
        record.heaters_end[m] = member.heaters_on;
        record.shed_end[m] = member.shed;
    }
}

} // namespace llamaspace
