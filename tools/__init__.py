"""Typed tools: the only way a language model touches the world."""
