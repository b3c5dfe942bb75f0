"""Real Janus servers: what only they have, and what becomes of livestreams when one is lost."""
