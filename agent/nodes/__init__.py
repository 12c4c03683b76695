"""The graph's nodes, one per file: each reads the state and returns what it changes."""
