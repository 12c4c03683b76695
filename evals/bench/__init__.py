"""Performance beside peers: each row runs ours and the peer in one process and compares speed and accuracy."""

from evals.bench.model import BenchReport, BenchResult, Benchmark, Goal, PeerMissing
from evals.bench.timing import alternate, machine

__all__ = ["BenchReport", "BenchResult", "Benchmark", "Goal", "PeerMissing", "alternate", "machine"]
