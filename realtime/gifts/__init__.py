"""Gifts over the live protocol: sending them, once each, paid before they are shown."""
