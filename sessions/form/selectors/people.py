"""Who is in the clip of a report, where it is not certain whose form was meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from sessions.models import FormReport

ALIKE = 0.25
"""Who stands out by this share of the first person, or more, may be meant as well."""
MOST = 6


@dataclass(frozen=True)
class Someone:
    """number: counts from 1 for people; place: left, top, width, height in the picture in percent at `best_s`."""

    number: int
    subject: int
    from_s: float
    to_s: float
    best_s: float
    place: tuple[float, float, float, float]
    is_followed: bool


def people_in(row: FormReport) -> Sequence[Someone]:
    """People among whom one must be chosen; empty where there is one only, or somebody has chosen already."""
    features = row.features
    if row.video is None or features is None or features.subject is not None:
        return ()
    people = features.facts.get("people", [])
    found = [
        _someone(number, one, followed=features.facts.get("subject"))
        for number, one in enumerate(people[:MOST])
        if "box" in one and one["score"] >= ALIKE * people[0]["score"]
    ]
    return found if len(found) > 1 else ()


def _someone(number: int, one: dict, *, followed: int | None) -> Someone:
    left, top, right, bottom = (100 * side for side in one["box"])
    place = (round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
    return Someone(
        number + 1, number, one["from_s"], one["to_s"], one["best_s"], place, is_followed=number == followed
    )
