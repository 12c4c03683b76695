// The least a test program needs: count failures, say where, return non-zero.
#pragma once

#include <cmath>
#include <cstdio>

namespace check {

inline int failures = 0;

inline void that(bool good, const char* what, const char* file, int line) {
    if (!good) {
        std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
        ++failures;
    }
}

inline void near(double actual, double expected, double tolerance, const char* what, const char* file, int line) {
    if (!(std::abs(actual - expected) <= tolerance)) {
        std::fprintf(stderr, "%s:%d: %s is %.12g, expected %.12g within %g\n", file, line, what, actual, expected,
                     tolerance);
        ++failures;
    }
}

inline int result() { return failures == 0 ? 0 : 1; }

} // namespace check

#define CHECK(condition) check::that((condition), #condition, __FILE__, __LINE__)
#define CHECK_NEAR(actual, expected, tolerance) check::near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)
