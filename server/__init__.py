"""The front doors and the wiring."""
