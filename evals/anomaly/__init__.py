"""Telemetry of simulated spacecraft with labelled faults, and how well the detector tells what is wrong in it."""
