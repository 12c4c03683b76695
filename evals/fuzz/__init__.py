"""Damaged messages by the million: a reader refuses them with its own error, or reads what writing gives back."""
