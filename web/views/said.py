"""Refusals of services as words on a page."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from web.refusals import Problem


def say(request: HttpRequest, error: ValidationError | Problem) -> None:
    """Show why something was refused at the top of the next page."""
    lines = [error.detail] if isinstance(error, Problem) else error.messages
    for line in dict.fromkeys(lines):
        messages.error(request, line)


@contextmanager
def refusals_said(request: HttpRequest) -> Iterator[None]:
    """Say why a service refused what is tried inside, and go on behind the block: to where the person came from."""
    try:
        yield
    except (Problem, ValidationError) as error:
        say(request, error)
