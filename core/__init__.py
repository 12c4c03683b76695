"""The domain: time, frames, mission, subsystems, plans, telemetry, ground and commanding."""
