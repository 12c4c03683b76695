"""Missions: spacecraft, ground stations, targets, flight rules, and the files they come from."""
