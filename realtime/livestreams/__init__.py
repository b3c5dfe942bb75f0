"""Livestreams: their life, who watches, what carries their media, and what is said in them."""
