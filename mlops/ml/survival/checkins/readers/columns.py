"""Which column of a table is which answer about a day: by the product, by its heading, and by what a person says.

What a column is called is not believed where its numbers say otherwise, and nothing is taken by its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers.amounts import is_missing
from mlops.ml.survival.checkins.readers.dates import take_apart
from mlops.ml.survival.checkins.readers.lines import Sheet
from mlops.ml.survival.checkins.readers.names import DAY_ROLES, PERSONS, SOURCES, Title, read_title
from mlops.ml.survival.checkins.readers.plan import FIELDS, LEAVE_OUT, Asked, DaysRead, LeftOut, Told
from mlops.ml.survival.checkins.readers.products import Known, Product, find_product

_SCORE_WORDS = ("score", "readiness", "recovery", "index", "balance", "performance", "strain", "status")
_MAX_PERSONS = 30


@dataclass(frozen=True)
class Column:
    """A column that is taken for `field`; `known` is what the product documents about it."""

    at: int
    title: Title
    field: str
    known: Known | None = None

    @property
    def why(self) -> str:
        """How it was found."""
        return "as the product documents it" if self.known else f"the heading “{self.title.text[:40]}”"


@dataclass
class Layout:
    """Every column that counts: the one of days with its role, the answers, who and which device a line is of."""

    product: Product | None
    day: Column
    role: str
    fields: list[Column] = field(default_factory=list)
    person: Column | None = None
    source: Column | None = None
    end: Column | None = None
    marks: dict[str, int] = field(default_factory=dict)
    """Where the columns stand by which a product tells its lines apart."""
    """The end of a night or session, where the column of days is another: it tells two sessions of a day apart."""


def cells_of(sheet: Sheet, at: int) -> list[str]:
    """The filled cells of a column."""
    return [row[at].strip() for _, row in sheet.rows if at < len(row) and not is_missing(row[at])]


def find_layout(sheet: Sheet, told: Told, read: DaysRead) -> Layout:
    """Find the columns. Notes in `read` what is not used and why; raises UnreadableInput without a column of days."""
    titles = [read_title(text) for text in sheet.titles]
    for at, unit in sheet.units.items():
        if at < len(titles) and not titles[at].unit:
            titles[at] = replace(titles[at], unit=unit)
    product = find_product(frozenset(title.key for title in titles))
    read.product = product.title if product else ""
    read.titles = [title.text for title in titles]
    candidates = [column for at, title in enumerate(titles) if (column := _candidate(at, title, product, told, read))]
    day, role = _day_column(sheet, titles, candidates, told)
    layout = Layout(product, day, role)
    layout.end = next(
        (one for one in candidates if one.field in DAY_ROLES[1:] and one.at != day.at and _is_dates(sheet, one.at)),
        None,
    )  # fmt: skip
    wanted = {*product.skipped, *product.first_of} if product else set()
    layout.marks = {title.key: at for at, title in enumerate(titles) if title.key in wanted}
    taken: dict[str, Column] = {}
    chosen = sorted(
        (one for one in candidates if one.field not in DAY_ROLES),
        key=lambda one: (not _told_for(one, told), one.known is None, (one.title.field() or ("", 99))[1], one.at),
    )
    for column in chosen:
        if not cells_of(sheet, column.at):
            _leave(read, column.title, "empty")
        elif column.field in taken:
            _leave(read, column.title, f"“{taken[column.field].title.text[:40]}” is used")
        elif column.at != day.at:
            taken[column.field] = column
    layout.fields = sorted(taken.values(), key=lambda one: one.at)
    used = {day.at, *layout.marks.values(), *(one.at for one in candidates)}
    for at, title in enumerate(titles):
        if at in used:
            continue
        if title.key in PERSONS and layout.person is None:
            layout.person = Column(at, title, "person")
        elif title.key in SOURCES and layout.source is None:
            layout.source = Column(at, title, "source")
        elif all(title.text != one.title for one in read.ignored):
            score = any(word in title.key for word in _SCORE_WORDS)
            _leave(read, title if title.text else replace(title, text=f"column {at + 1}"),
                   "a score, not a measure" if score else "not known")  # fmt: skip
    return layout


def _candidate(at: int, title: Title, product: Product | None, told: Told, read: DaysRead) -> Column | None:
    for key, text in told.items():
        name = key.removeprefix("column.")
        if name != key and name in ("day", *FIELDS) and text == title.text and text:
            return Column(at, title, name)
    known = None
    if product is not None:
        known = product.columns.get(title.key) or product.columns.get(title.base)
    if known is not None:
        if not known.field:
            _leave(read, title, known.why)
            return None
        name = known.field
    else:
        found = title.day_role() or title.field()
        if found is None:
            return None
        name = _by_words(found[0], title)
    if told.get(f"column.{name}") == LEAVE_OUT:
        _leave(read, title, "from your answer")
        return None
    if told.get(f"column.{name}"):
        _leave(read, title, "you chose another column")
        return None
    return Column(at, title, name, known)


def _by_words(name: str, title: Title) -> str:
    """HRV whose kind stands elsewhere in the heading: "HRV (RMSSD)"."""
    if name == "hrv":
        text = title.text.casefold()
        for word, found in (("lnrmssd", "hrv_ln"), ("rmssd", "hrv_rmssd"), ("sdnn", "hrv_sdnn")):
            if word in text.replace(" ", ""):
                return found
    return name


def _told_for(column: Column, told: Told) -> bool:
    return told.get(f"column.{column.field}") == column.title.text


def _day_column(sheet: Sheet, titles: Sequence[Title], candidates: Sequence[Column], told: Told) -> tuple[Column, str]:
    named = [one for one in candidates if one.field in DAY_ROLES and (_told_for(one, told) or _is_dates(sheet, one.at))]

    def order(one: Column) -> tuple[bool, int, int, int]:
        rank = (one.title.day_role() or ("", 0))[1]
        return not _told_for(one, told), DAY_ROLES.index(one.field), rank, one.at

    if named:
        best = min(named, key=order)
        return best, best.field
    for at, title in enumerate(titles):
        if _is_dates(sheet, at, share=0.8) and not _all_numbers(sheet, at):
            return Column(at, title, "day"), "moment"
    raise UnreadableInput("no column contains dates; name one of them “date”", row=1, code="no_day")


def _is_dates(sheet: Sheet, at: int, share: float = 0.5) -> bool:
    cells = cells_of(sheet, at)[:400]
    return bool(cells) and sum(take_apart(cell) is not None for cell in cells) >= share * len(cells)


def _all_numbers(sheet: Sheet, at: int) -> bool:
    return all(cell.replace(".", "", 1).isdigit() for cell in cells_of(sheet, at))


def _leave(read: DaysRead, title: Title, why: str) -> None:
    if title.text:
        read.ignored.append(LeftOut(title.text[:60], why))


def choose_person(sheet: Sheet, layout: Layout, told: Told, read: DaysRead) -> str | None:
    """Whose lines count in a file of several people: asked; None where it is a file of one."""
    if layout.person is None:
        return None
    people = sorted(set(cells_of(sheet, layout.person.at)))
    if len(people) < 2:
        return None
    if told.get("person") in people:
        return told["person"]
    choices = tuple((one, one[:60]) for one in people[:_MAX_PERSONS])
    read.ask(Asked("person", f"The file contains days of {len(people)} people. Which one are you?", choices))
    return ""
