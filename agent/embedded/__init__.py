"""The embedded model: understands operators' requests without a key, a network or weights."""

from agent.embedded.model import EmbeddedChat

__all__ = ["EmbeddedChat"]
