"""The benchmarks: each is one command, and measures its peer in the same run."""
