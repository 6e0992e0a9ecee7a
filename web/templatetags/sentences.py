"""Words as sentences write them."""

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.translation import get_language

from web.said import respoken

register = template.Library()


@register.filter
@stringfilter
def sentence_case(text: str) -> str:
    """ "Email Addresses" → "Email addresses"; names such as FlexTail and acronyms keep their capitals."""
    if not (get_language() or "en").startswith("en"):
        return text  # German writes nouns with capitals
    first, *rest = text.split() or [""]
    return " ".join([first, *(word.lower() if word.istitle() else word for word in rest)])


@register.filter(name="respoken")
@stringfilter
def respoken_filter(text: str) -> str:
    """A stored English sentence of a library in the reader's language, where it is known (web/said.py)."""
    return respoken(text)
