"""Marking words of kinds for translation; they are translated where they are shown.

Django's own marker asks for settings, which a child that reads a foreign model does not have.
"""


def gettext_noop(text: str) -> str:
    """The text itself, found by `make words`."""
    return text
