// The names of the vector instructions that batches can be told to use.
#pragma once

#include "llamaspace/error.hpp"
#include "llamaspace/lanes.hpp"

#include <map>
#include <string>

namespace llamaspace::bindings {

inline Lanes lanes_of(const std::string& name) {
    static const std::map<std::string, Lanes> names{{"automatic", Lanes::automatic},
                                                    {"scalar", Lanes::scalar},
                                                    {"portable", Lanes::portable},
                                                    {"avx2", Lanes::avx2},
                                                    {"avx512", Lanes::avx512}};
    const auto found = names.find(name);
    if (found == names.end()) {
        throw Error(ErrorCode::bad_value, "lanes must be automatic, scalar, portable, avx2 or avx512, not " + name);
    }
    return found->second;
}

} // namespace llamaspace::bindings
