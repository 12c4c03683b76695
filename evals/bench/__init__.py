"""Performance beside peers: each row runs ours and the peer in one process and compares speed and accuracy."""

from evals.bench.model import Benchmark, BenchReport, BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate, machine

__all__ = ["BenchReport", "BenchResult", "Benchmark", "Goal", "PeerMissing", "alternate", "machine"]
