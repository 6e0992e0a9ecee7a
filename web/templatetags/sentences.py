"""Words as sentences write them."""

from django import template
from django.template.defaultfilters import stringfilter

register = template.Library()


@register.filter
@stringfilter
def sentence_case(text: str) -> str:
    """ "Email Addresses" → "Email addresses"; names such as FlexTail and acronyms keep their capitals."""
    first, *rest = text.split() or [""]
    return " ".join([first, *(word.lower() if word.istitle() else word for word in rest)])
