"""Making and removing demo life through the parts that apps register."""

from web.registries import demo


def demo_load(*, say: demo.Say) -> None:
    """Let every app make its demo rows, in order. Idempotent."""
    for part in demo.parts():
        say(f"Demo: {part.name}")
        part.make(say)


def demo_remove(*, say: demo.Say) -> int:
    """Let every app remove its demo rows, in reverse order; returns how many rows went."""
    total = 0
    for part in reversed(demo.parts()):
        n_rows = part.remove(say)
        say(f"{part.name}: {n_rows} removed")
        total += n_rows
    return total
