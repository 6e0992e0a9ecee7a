"""Searching runs by what they were given and what they reached: `metrics.accuracy > 0.9 and params.epochs = 50`.

Terms are joined by `and`. A term is a field, one of = != > >= < <=, and a value: a number, true, false, a word or a
"quoted text". Fields: `metrics.<name>` (also train_s, size_bytes, latency_ms, n_parameters), `params.<option>`,
task, estimator, status, seed, dataset, study, trial, score.
"""

import re
import uuid
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from mlops.jobs.models import JobStatus

MAX_LENGTH = 500
MAX_TERMS = 20
OPERATORS = {"=": "", "!=": "", ">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
COLUMNS = {
    "task": "task__name", "estimator": "estimator", "status": "job__status", "seed": "seed",
    "dataset": "dataset_id", "study": "study_id", "trial": "trial", "score": "score",
}  # fmt: skip
NUMBERS = frozenset({"seed", "trial", "score"})
IDS = frozenset({"dataset", "study"})
_TERM = re.compile(
    r"\s*(?P<field>[a-z_]+(?:\.[a-z][a-z0-9_]{0,39})?)\s*(?P<op>!=|>=|<=|=|>|<)\s*"
    r'(?P<value>"[^"\x00]{0,200}"|[^\s"\x00]{1,200})\s*'
)
_AND = re.compile(r"and\b", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})(e[+-]?\d{1,2})?", re.IGNORECASE)


class BadSearch(ValueError):
    """A search that cannot be read; the message is a sentence for a person."""


def run_query(text: str) -> Q:
    """The condition that a search text stands for; empty text matches everything. Raises BadSearch."""
    if len(text) > MAX_LENGTH:
        raise BadSearch(_("A search can have at most %(max_length)s characters.") % {"max_length": MAX_LENGTH})
    condition, position, n_terms = Q(), 0, 0
    while text[position:].strip():
        found = _TERM.match(text, position)
        if found is None:
            raise BadSearch(
                _("Can't read “%(text)s”. Write terms such as metrics.accuracy > 0.9, joined with and.")
                % {"text": text[position : position + 40].strip()}
            )
        condition &= _term(found["field"], found["op"], _value(found["value"]))
        position, n_terms = found.end(), n_terms + 1
        if n_terms > MAX_TERMS:
            raise BadSearch(_("A search can have at most %(max_terms)s terms.") % {"max_terms": MAX_TERMS})
        joined = _AND.match(text, position)
        if joined:
            position = joined.end()
            if not text[position:].strip():
                raise BadSearch(_("Add a term after “and”."))
        elif text[position:].strip():
            raise BadSearch(_("Add “and” before “%(text)s”.") % {"text": text[position : position + 40].strip()})
    return condition


def _term(field: str, op: str, value: Any) -> Q:
    root, _dot, name = field.partition(".")
    if root in ("metrics", "params") and name and "__" not in name:
        column = f"{'metrics' if root == 'metrics' else 'config'}__{name}"
        if op not in ("=", "!=") and not _is_number(value):
            raise BadSearch(_("Compare %(field)s with a number.") % {"field": field})
        if op == "!=":
            return Q(**{f"{column}__isnull": False}) & ~Q(**{column: value})
        return Q(**{f"{column}{OPERATORS[op]}": value})
    if field not in COLUMNS:
        known = ", ".join(["metrics.<name>", "params.<option>", *COLUMNS])
        text = _("You can't search by %(field)s. You can use: %(known)s.")
        raise BadSearch(text % {"field": field[:40], "known": known})
    return _column(field, op, value)


def _column(field: str, op: str, value: Any) -> Q:
    if field in NUMBERS:
        if not _is_number(value):
            raise BadSearch(_("Compare %(field)s with a number.") % {"field": field})
    elif op not in ("=", "!="):
        raise BadSearch(_("Compare %(field)s with = or != only.") % {"field": field})
    if field in IDS:
        try:
            value = uuid.UUID(str(value))
        except ValueError:
            raise BadSearch(_("Compare %(field)s with an id.") % {"field": field}) from None
    elif field == "status" and value not in JobStatus.values:
        raise BadSearch(_("The status is one of %(values)s.") % {"values": ", ".join(JobStatus.values)})
    elif field not in NUMBERS:
        value = str(value)
    condition = Q(**{f"{COLUMNS[field]}{OPERATORS[op]}": value})
    return ~condition if op == "!=" else condition


def _value(text: str) -> Any:
    if text.startswith('"'):
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
