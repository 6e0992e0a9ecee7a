"""Videos: clips in, features out, labels on both, data sets and models of these; see docs/videos.md."""
