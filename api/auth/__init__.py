"""Local accounts, signed tokens, and who may do what."""
