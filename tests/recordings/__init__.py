"""Recordings through the doors: consent, the relay, files, crashes."""
