"""The values of the telemetry archive in PostgreSQL as well, for other tools; nothing of the service reads them there."""
