"""How much a figure must rest on before a gate believes it, and how far a version may fall behind the champion."""

from dataclasses import dataclass

MIN_GROUPS = 3
"""People (videos, whatever a split keeps together) that must have judged: one says how one person moves."""
MIN_EXAMPLES = 30
"""Examples that must have judged: below, one answer more or less moves a share by over three points."""
WORSE_BY = 0.02
"""What a version may be worse than the champion on the same examples: two points of a share."""


@dataclass(frozen=True)
class JudgingRules:
    """The defaults suit labels of short examples; a kind whose truth is rarer sets its own.

    min_groups    groups that must have judged
    min_examples  examples that must have judged, all groups together
    worse_by      how much worse than the champion's the primary metric may be on the same examples: points of a share,
                  of any other metric this part of the champion's value
    """

    min_groups: int = MIN_GROUPS
    min_examples: int = MIN_EXAMPLES
    worse_by: float = WORSE_BY
