"""Livestreams' media: a process of its own that passes one publisher's packets on to many viewers."""
