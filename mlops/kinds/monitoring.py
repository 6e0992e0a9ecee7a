"""How much of a kind must be served before anything is said about its drift."""

from dataclasses import dataclass

from mlops.ml.drift import MIN_ATHLETES, MIN_EXAMPLES, MIN_PER_PERSON


@dataclass(frozen=True)
class DriftRules:
    """The defaults suit streams; a kind that is asked once a day, or about one clip at a time, sets its own.

    period_days   answers of so many days are compared
    min_athletes  of whom there must be answers, at least 2
    min_examples  that must have been answered, all athletes together
    min_each      examples of an athlete, and of a group of the training data, that make a histogram
    """

    period_days: int = 7
    min_athletes: int = MIN_ATHLETES
    min_examples: int = MIN_EXAMPLES
    min_each: int = MIN_PER_PERSON
