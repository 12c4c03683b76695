"""Requests that the embedded model was not written against: a grammar with noise, and hand-written ones."""
