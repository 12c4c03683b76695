"""Public planning cases solved through the product's own scheduling model, and independent checks of what comes out.

The cases are AstroReason-Bench's (arXiv 2601.11354, MIT): agile Earth observation, stereo pairs, revisit, relay.
"""
