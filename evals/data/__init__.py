"""Scripts that make the data files which the packages ship, from their published origins."""
