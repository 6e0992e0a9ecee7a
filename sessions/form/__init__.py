"""Form reports: how well repetitions were done, from a video or from the mirror."""
