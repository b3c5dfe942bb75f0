"""Relay servers, credentials for them, and media between real peers."""
