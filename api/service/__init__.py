"""Use cases: what the service does for the people and programs that talk to it."""
