"""Consultations: their states, what people may do with them, and the clock that the meter charges by."""
