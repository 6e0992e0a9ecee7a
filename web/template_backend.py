"""Django's templates, in which numbers stand as they are unless a filter writes them for people.

A German page would write the x of a chart, a width or a data attribute with a comma. Filters that write for people
(`floatformat`, `intcomma`, `date`) still follow the language; in an attribute for a machine `floatformat` gets the
suffix "u".
"""

from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates, Template, reraise
from django.template.context import make_context
from django.utils.safestring import SafeString


class Written(Template):
    """A template whose context leaves plain numbers alone."""

    def render(self, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> SafeString:
        known = make_context(context, request, autoescape=self.backend.engine.autoescape)
        known.use_l10n = False
        try:
            return self.template.render(known)
        except TemplateDoesNotExist as error:
            reraise(error, self.backend)
            raise


class Templates(DjangoTemplates):
    """The backend of the settings."""

    def from_string(self, template_code: str) -> Written:
        return Written(self.engine.from_string(template_code), self)

    def get_template(self, template_name: str) -> Written:
        try:
            return Written(self.engine.get_template(template_name), self)
        except TemplateDoesNotExist as error:
            reraise(error, self)
            raise
