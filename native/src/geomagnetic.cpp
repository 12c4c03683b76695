// The magnetic potential is a Laplace field as gravity is, so its gradient comes from the same sums.
#include "llamaspace/geomagnetic.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace llamaspace {
namespace {

constexpr double reference_radius_m = 6371200.0; // IGRF: mean radius that the coefficients refer to
constexpr double tesla_per_nt = 1.0e-9;

} // namespace

GeomagneticModel::GeomagneticModel(std::span<const double> epochs_year, std::span<const GeomagneticTerm> terms)
    : epochs_year_(epochs_year.begin(), epochs_year.end()) {
    if (epochs_year_.size() < 2 || !std::ranges::is_sorted(epochs_year_, std::ranges::less_equal{}) || terms.empty()) {
        throw Error(ErrorCode::bad_value, "a geomagnetic model needs two or more increasing epochs and a term");
    }
    const int degree = std::ranges::max(terms, {}, &GeomagneticTerm::degree).degree;
    for (std::size_t k = 0; k < epochs_year_.size(); ++k) {
        std::vector<Harmonic> harmonics;
        for (const GeomagneticTerm& term : terms) {
            if (term.g_nt.size() != epochs_year_.size() || term.h_nt.size() != epochs_year_.size()) {
                throw Error(ErrorCode::bad_shape, "every geomagnetic term needs one g and one h for each epoch");
            }
            // Fully normalised functions are sqrt(2 n + 1) times Schmidt's; the field is minus the gradient.
            const double scale = -1.0 / std::sqrt(2.0 * term.degree + 1.0);
            harmonics.push_back({term.degree, term.order, scale * term.g_nt[k], scale * term.h_nt[k]});
        }
        at_epochs_.emplace_back(reference_radius_m * reference_radius_m, reference_radius_m, degree, degree, harmonics);
    }
}

Vec3 GeomagneticModel::field_itrf_t(const Vec3& r_itrf_m, double year) const {
    if (!(year >= first_year() && year <= last_year())) {
        throw Error(ErrorCode::no_data, "the year " + std::to_string(year) + " is outside the geomagnetic model, " +
                                            std::to_string(first_year()) + " to " + std::to_string(last_year()));
    }
    const auto after = std::ranges::upper_bound(epochs_year_, year);
    const auto k = static_cast<std::size_t>(std::min(after, epochs_year_.end() - 1) - epochs_year_.begin());
    const double share = (year - epochs_year_[k - 1]) / (epochs_year_[k] - epochs_year_[k - 1]);
    const Vec3 before = at_epochs_[k - 1].perturbation_m_s2(r_itrf_m), next = at_epochs_[k].perturbation_m_s2(r_itrf_m);
    return tesla_per_nt * (before + share * (next - before));
}

} // namespace llamaspace
