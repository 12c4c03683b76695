"""Learned models: anomalies, lifetimes, maneuver policies."""
