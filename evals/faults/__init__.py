"""Faulty plans, planted by mutating valid ones: what the plan's checks must find, with the right code and window."""

from evals.faults.model import Fault, Outcome, Planted, Site
from evals.faults.run import FAULTS, judge, judge_all

__all__ = ["FAULTS", "Fault", "Outcome", "Planted", "Site", "judge", "judge_all"]
