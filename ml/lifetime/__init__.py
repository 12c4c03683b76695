"""How long a part will last: predictions with intervals that hold, and when to maintain."""
