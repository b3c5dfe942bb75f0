"""Recordings over HTTP: the list of a consultation's, and their files to play or keep."""
