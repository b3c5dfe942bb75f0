"""The relay: a process of its own that media pass through, where they have to."""
