"""Names that people give themselves and their teams: others read them on pages, and in mails they did not ask for."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_LINK = re.compile(r"://|\bwww\.|mailto:|javascript:|\]\(|[<>]|\w\.\w{2,}[/?#:]", re.IGNORECASE)
_HIDDEN = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Characters that change the direction of what follows."""
MOST_IN_MAIL = 80


def validate_name(name: str) -> None:
    """Refuse addresses, markup and characters that nobody sees.

    >>> validate_name("F.C. St.Pauli")
    """
    if _LINK.search(_plain(name)):
        raise ValidationError(_("Names cannot contain links or markup."), code="name")
    if any(_is_hidden(character) for character in name):
        raise ValidationError(_("Names cannot contain line breaks or invisible characters."), code="name")


def name_in_mail(name: object) -> str:
    """Somebody's words as they may stand in a mail: one short line in which no mail program finds a link.

    >>> name_in_mail("www.evil.example/login")
    'www. evil. example login'
    """
    text = "".join(" " if _is_hidden(c) or c in '<>[](){}/\\"`|' else c for c in _plain(str(name)))
    text = re.sub(r"\.(?=\S)", ". ", text).replace("@", " at ").replace(":", " ")
    return " ".join(text.split())[:MOST_IN_MAIL]


def user_in_mail(user: object) -> str:
    """A person's name the same way; allauth uses it in its mails."""
    return name_in_mail(user)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or character in _TURNS


def _plain(name: str) -> str:
    """With one kind of dot and slash: mail programs take several for ours."""
    text = unicodedata.normalize("NFKC", name)
    return text.replace("\u3002", ".").replace("\u2024", ".").replace("\u2215", "/").replace("\u2044", "/")
