"""The doors of notifications: lists, preferences, browsers that want push, and the link that turns a kind off."""
