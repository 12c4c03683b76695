// The one exception type of the library: bad input, with a code that callers can switch on.
#pragma once

#include <stdexcept>
#include <string>

namespace llamaspace {

enum class ErrorCode : int {
    bad_shape = 1,    // arrays whose lengths do not fit together
    bad_value = 2,    // a number outside what the model accepts
    bad_interval = 3, // an end before its start
    propagation = 4,  // SGP4 failed at an epoch that a search needed
    no_convergence = 10, // an integration step that vanishes
    no_path = 30,        // no turn that keeps every boresight out of its forbidden cone
    no_data = 20,     // an instant outside the ephemeris or table that it needs
};

class Error : public std::runtime_error {
  public:
    Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

  private:
    ErrorCode code_;
};

} // namespace llamaspace
