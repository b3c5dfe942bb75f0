"""Recordings of consultations: consent, who holds them, and what becomes of their files."""
