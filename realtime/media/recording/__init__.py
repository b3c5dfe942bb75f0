"""From RTP packets to WebM files, without decoding anything. Knows nothing of aiortc: packets come in as plain records."""
