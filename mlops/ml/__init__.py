"""The pure library: reads files, learns, answers. It imports nothing of ours and never Django."""
