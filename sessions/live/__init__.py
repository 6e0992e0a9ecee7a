"""Live streams: samples of a workout in, answers out, boards and watchers told; see docs/live.md."""
