"""The language in which a person reads, for what is written to them while they are not there: jobs, alerts, mail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils import translation

from web import units

SITE = settings.LANGUAGE_CODE
"""What belongs to nobody in particular, and what travels with a model or a dataset, is written in this one."""


def language_of(user: Any) -> str:
    """The language that a person chose; the site's own for nobody and for who has not chosen."""
    return getattr(user, "language", "") or SITE


@contextmanager
def speaking_to(user: Any) -> Iterator[None]:
    """Inside the block, words are those of a person's language, quantities in their units; None: the site's."""
    with translation.override(language_of(user)), units.override(getattr(user, "reads_in", units.METRIC)):
        yield
