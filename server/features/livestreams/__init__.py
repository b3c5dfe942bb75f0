"""The doors of livestreams beside the live commands: scheduling, lists, snapshots."""
