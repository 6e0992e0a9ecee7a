"""A pretended app that brings its own kind: numbers from tables. Nothing of it is known to the engine."""
