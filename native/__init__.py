"""The C++ core; `native._core` is the compiled module."""
