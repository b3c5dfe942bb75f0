"""Waiting in line for a busy reader: places, turns, and the reservation that a turn is."""
