"""Names of exercises in templates."""

from django import template

from sessions.form.words import exercise_title as title

register = template.Library()


@register.filter
def exercise_title(key: str) -> str:
    """The name of an exercise of the table, in the reader's language."""
    return title(key)
