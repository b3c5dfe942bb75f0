"""Livestreams through the doors, and the engines that carry their media."""
