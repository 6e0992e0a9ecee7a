"""The language in which a person reads, for what is written to them while they are not there: jobs, alerts, mail."""

from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.utils import translation

SITE = settings.LANGUAGE_CODE
"""What belongs to nobody in particular, and what travels with a model or a dataset, is written in this one."""


def language_of(user: Any) -> str:
    """The language that a person chose; the site's own for nobody and for who has not chosen."""
    return getattr(user, "language", "") or SITE


def speaking_to(user: Any) -> AbstractContextManager[None]:
    """Inside the block, words are those of a person's language; None: the site's."""
    return translation.override(language_of(user))
