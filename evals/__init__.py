"""Scenarios, scorers and benchmarks that measure the product."""
