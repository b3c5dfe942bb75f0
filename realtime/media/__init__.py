"""Media between people: relay credentials now, signalling and recording later. The only place that may import aiortc."""
