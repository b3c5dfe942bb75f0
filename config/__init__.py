"""Settings and the vocabulary that every folder shares; imports nothing of ours."""
