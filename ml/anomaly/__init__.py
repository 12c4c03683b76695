"""Anomaly detection: what is unusual in telemetry, and how sure that is."""
