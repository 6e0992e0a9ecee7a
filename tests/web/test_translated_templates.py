"""Every word that a template shows passes through a translation tag."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

EXCEPTIONS = {
    "web/styleguide.html": "for those who build pages; never in production",
}
"""Templates and folders that may hold plain words, each with the reason."""

COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.S)
BLOCK = re.compile(r"{% blocktranslate\b.*?%}.*?{% endblocktranslate %}", re.S)
INCLUDE = re.compile(r"{% include\b(.*?)%}", re.S)
MACHINES = re.compile(r"{% block (?:main_class|code|head|scripts) %}[^{<]*{% endblock %}")
DEFAULT = re.compile(r"""\|(?:default|default_if_none|yesno):(["'])(.*?)\1""")
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
ARGUMENT = re.compile(r"""\b(\w+)=(["'])(.*?)\2""")
WORDS = re.compile(r"[^\W\d_]{2,}")

SPOKEN_ATTRIBUTES = {"aria-label", "placeholder", "title", "alt", "data-confirm", "data-confirm-button"}
SPOKEN_ARGUMENTS = {
    "title", "text", "label", "note", "caption", "words", "summary", "go", "back_label", "action_label", "result_label",
}  # fmt: skip
"""What includes show; other arguments name icons, kinds and addresses."""
CODE = {"code", "kbd", "pre", "script", "style"}
NAMES = {"FitBalance", "PSI", "KS", "PNG", "ms", "metrics.accuracy > 0.9 and params.epochs = 50"}
"""The same in every language: names, units, abbreviations of statistics, a query."""


def shows(text: str) -> bool:
    """True for words that a person would read."""
    for name in sorted(NAMES, key=len, reverse=True):
        text = text.replace(name, "")
    return bool(WORDS.search(text))


class Reader(HTMLParser):
    """Collects the plain words of a page whose tags are taken out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CODE:
            self.inside.append(tag)
        self.found += [f'{name}="{value}"' for name, value in attrs if name in SPOKEN_ATTRIBUTES and shows(value or "")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            self.inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.inside and shows(data):
            self.found.append(" ".join(data.split()))


def plain_words(source: str) -> list[str]:
    """Words of a template that no translation sees: text, spoken attributes, arguments of includes, defaults.

    A default in small letters names an icon, a class or a template.
    """
    source = BLOCK.sub("", COMMENT.sub("", source))
    found = [
        f"{name}={words}"
        for inside in INCLUDE.findall(source)
        for name, _quote, words in ARGUMENT.findall(inside)
        if name in SPOKEN_ARGUMENTS and shows(words)
    ]
    defaults = [words for _quote, words in DEFAULT.findall(source)]
    found += [words for words in defaults if shows(words) and not re.fullmatch(r"[a-z,_./-]+", words)]
    reader = Reader()
    reader.feed(TAG.sub("", MACHINES.sub("", source)))
    reader.close()
    return found + reader.found


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def is_exempt(name: str) -> bool:
    return any(name == one or (one.endswith("/") and name.startswith(one)) for one in EXCEPTIONS)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=name_of)
def test_every_word_can_be_translated(path: Path) -> None:
    if is_exempt(name_of(path)):
        pytest.skip("named in EXCEPTIONS")
    assert plain_words(path.read_text()) == []


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_names_something(name: str) -> None:
    assert (TEMPLATES / name).exists()


@pytest.mark.parametrize(
    "source",
    [
        "<p>Plain words</p>",
        "<p>{% if one %}Yes{% endif %}</p>",
        "<svg><title>Heart rate</title></svg>",
        '<nav aria-label="Main"></nav>',
        '<nav aria-label="Team {{ team }}"></nav>',
        '<input placeholder="e.g. squat">',
        '<form data-confirm="Delete {{ title }}?"></form>',
        '{% include "web/includes/stat.html" with label="Sets" value=3 %}',
        '<p>{{ name|default:"Nobody yet" }}</p>',
        "<p>{{ minutes }} min</p>",
    ],
)
def test_plain_words_are_found(source: str) -> None:
    assert plain_words(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{% translate "Heart rate" %}">{% translate "Heart rate" %}</p>',
        "<p>{% blocktranslate count n=n %}{{ n }} set{% plural %}{{ n }} sets{% endblocktranslate %}</p>",
        '{% include "web/includes/stat.html" with label=_("Sets") value=3 icon="live" %}',
        '<p class="narrow">{{ seconds }} · <code>start_s,end_s</code></p>',
        '<p>{{ icon|default:"info" }}</p>',
        "{% comment %}Only for those who read the template{% endcomment %}",
    ],
)
def test_translated_words_and_code_pass(source: str) -> None:
    assert plain_words(source) == []
