"""Engines that carry a livestream's media from one publisher to many viewers; the rest of the product cannot tell them apart."""
