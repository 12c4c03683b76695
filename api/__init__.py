"""The service: who is asking, may they, and what happened."""
