"""A registry, a store and a catalogue of the test's own; `tests.parts_fixtures` has them for other folders."""

from tests.parts_fixtures import here, parts, registry, sources

__all__ = ["here", "parts", "registry", "sources"]
