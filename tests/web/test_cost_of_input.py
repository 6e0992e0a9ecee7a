"""No input costs more than it weighs: the nastiest requests take at most so many times what a plain one takes.

Cost is the processor time of this process, the best of three, as a ratio to a plain request of the same size to the
same address in the same run: a slow or busy machine slows both.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlops.ml.strict_json import BadJson, loads

pytestmark = pytest.mark.django_db

SIZE = 120_000
MOST = 12.0
"""Times the processor time of a plain request of the same size …"""
SLACK_S = 0.03
"""… and so much more, where both take next to nothing."""
UPLOADS, IMPORT, LOGIN, SIGNUP = (
    "/api/v1/uploads/",
    "/api/v1/recordings/import/",
    "/accounts/login/",
    "/accounts/signup/",
)
RESET = "/accounts/password/reset/"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


@dataclass(frozen=True)
class Nasty:
    """A request; without `plain` it is compared with a body of the letter a in the same wrapping."""

    path: str
    body: str = ""
    kind: str = JSON
    method: str = "post"
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""

    @property
    def size(self) -> int:
        return len(self.body.encode("utf-8", "surrogatepass")) + len(self.query) + sum(map(len, self.headers.values()))

    def plain(self) -> "Nasty":
        """As large, and nothing about it."""
        if not self.body:
            headers = {name: "a" * len(value) for name, value in self.headers.items()}
            return Nasty(self.path, "", self.kind, self.method, headers, "a" * len(self.query))
        text = "a" * max(1, self.size)
        wrapped = {
            JSON: json.dumps({"filename": text}),
            FORM: f"login={text}",
            MULTIPART: part('name="login"', text) + "--b--\r\n",
        }
        return Nasty(self.path, wrapped[self.kind], self.kind, self.method, self.headers)


def part(disposition: str, content: str = "a") -> str:
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"


def parts(n: int, make: Callable[[int], str]) -> str:
    return "".join(make(i) for i in range(n)) + "--b--\r\n"


def keys(*numbers: int) -> str:
    """Members of an object, seven digits each."""
    return ",".join(f'"{i:07}":1' for i in numbers)


def filled(text: str) -> str:
    """`text` again and again, up to the size."""
    return text * (SIZE // len(text.encode("utf-8", "surrogatepass")))


COMBINING = "\u0315\u0300\u05ae\u0301"
"""Marks in an order that normal forms must change."""
MANY = SIZE // 12

NASTY = {
    "duplicate keys at the end": Nasty(UPLOADS, "{" + keys(*range(MANY), 0) + "}"),
    "every key twice": Nasty(UPLOADS, "{" + keys(*range(MANY // 2), *range(MANY // 2)) + "}"),
    "the last key twice": Nasty(UPLOADS, "{" + keys(*range(MANY), MANY - 1) + "}"),
    "duplicates in many objects": Nasty(UPLOADS, "[" + ",".join(['{"a":1,"a":2}'] * (SIZE // 14)) + "]"),
    "many keys": Nasty(UPLOADS, "{" + keys(*range(MANY)) + "}"),
    "many keys of a mapping": Nasty(IMPORT, '{"mapping":{' + ",".join(f'"{i:07}":""' for i in range(MANY)) + "}}"),
    "many uploads": Nasty(IMPORT, '{"uploads":[' + ",".join(['"x"'] * (SIZE // 4)) + "]}"),
    "deep lists": Nasty(UPLOADS, "[" * SIZE),
    "deep objects": Nasty(UPLOADS, filled('{"a":')),
    "deep and closed": Nasty(UPLOADS, '{"filename":' + "[" * (SIZE // 2) + "]" * (SIZE // 2) + "}"),
    "wide and 60 deep": Nasty(UPLOADS, "[" + ",".join(["[" * 60 + "]" * 60] * (SIZE // 121)) + "]"),
    "a huge whole number": Nasty(UPLOADS, '{"size":' + "9" * SIZE + "}"),
    "a huge fraction": Nasty(UPLOADS, '{"size":0.' + "1" * SIZE + "}"),
    "a huge number and exponent": Nasty(UPLOADS, '{"size":' + "1" * SIZE + "e-5}"),
    "many numbers of 400 digits": Nasty(UPLOADS, "[" + ",".join(["9" * 400] * (SIZE // 401)) + "]"),
    "many fractions of 4,000 digits": Nasty(UPLOADS, "[" + ",".join(["0." + "1" * 3997] * (SIZE // 4000)) + "]"),
    "blanks": Nasty(UPLOADS, " " * SIZE + "x"),
    "escapes": Nasty(UPLOADS, '{"filename":"' + filled("\\u00e9") + '"}'),
    "half surrogates": Nasty(UPLOADS, '{"filename":"' + filled("\\ud83d") + '"}'),
    "a string without end": Nasty(UPLOADS, '"' + filled('\\"')),
    "combining marks in a name": Nasty(UPLOADS, '{"size":1,"filename":"' + filled(COMBINING) + '"}'),
    "wide characters": Nasty(UPLOADS, '{"size":1,"filename":"' + filled("\U0001f468\u200d") + '"}'),
    "slashes in a name": Nasty(UPLOADS, '{"size":1,"filename":"' + filled("/\\\\") + '"}'),
    "many fields of a form": Nasty(LOGIN, "&".join(f"f{i}=1" for i in range(SIZE // 8)), FORM),
    "one field again and again": Nasty(LOGIN, "&".join(["login=a"] * (SIZE // 8)), FORM),
    "percent signs": Nasty(LOGIN, "login=" + "%" * SIZE, FORM),
    "percent-encoded": Nasty(LOGIN, "login=" + filled("%C3%A9"), FORM),
    "combining marks as a user": Nasty(LOGIN, "password=a&login=" + filled(COMBINING), FORM),
    "combining marks as a new user": Nasty(SIGNUP, "email=a@b.example&username=" + filled(COMBINING), FORM),
    "an address of dots and signs": Nasty(SIGNUP, "email=" + "a." * (SIZE // 2) + "@" + "b-." * 10, FORM),
    "marks in an address to reset": Nasty(RESET, "email=" + filled(COMBINING) + "@b.example", FORM),
    "a long password": Nasty(SIGNUP, "username=abc&password1=" + filled("aB3") + "&password2=x", FORM),
    "many files": Nasty(LOGIN, parts(SIZE // 80, lambda i: part(f'name="f{i}"; filename="a"')), MULTIPART),
    "a huge header of a part": Nasty(LOGIN, part('name="' + filled("a;b=") + '"') + "--b--\r\n", MULTIPART),
    "quotes in a header of a part": Nasty(LOGIN, part("name=" + filled('"\\')) + "--b--\r\n", MULTIPART),
    "many headers of a part": Nasty(LOGIN, "--b\r\n" + filled("X-A: b\r\n") + "\r\n\r\na\r\n--b--\r\n", MULTIPART),
    "almost boundaries": Nasty(LOGIN, part('name="a"', filled("\r\n--")) + "--b--\r\n", MULTIPART),
    "many parameters": Nasty(UPLOADS, method="get", query="&".join(f"p{i}=1" for i in range(SIZE // 8))),
    "a long search": Nasty("/api/v1/sessions/", method="get", query="search=" + filled("a+")),
    "commas in an ordering": Nasty("/api/v1/sessions/", method="get", query="ordering=" + filled("-a,")),
    "dots in a path": Nasty("/" + "../" * 2000, method="get", query="x"),
    "huge cookies": Nasty(UPLOADS, method="get", headers={"HTTP_COOKIE": filled('a="\\";')}),
    "many cookies": Nasty(UPLOADS, method="get", headers={"HTTP_COOKIE": ";".join(f"c{i}=" for i in range(SIZE // 8))}),
    "commas of a language": Nasty(LOGIN, method="get", headers={"HTTP_ACCEPT_LANGUAGE": filled("a-b;q=0.1,")}),
    "dashes of a language": Nasty(LOGIN, method="get", headers={"HTTP_ACCEPT_LANGUAGE": "a" + "-a" * (SIZE // 2)}),
    "forms of an answer": Nasty(UPLOADS, method="get", headers={"HTTP_ACCEPT": filled("a/b;c=d,")}),
    "entity tags": Nasty("/api/schema/", method="get", headers={"HTTP_IF_NONE_MATCH": filled('W/"a", ')}),
    "a token of dots": Nasty(UPLOADS, method="get", headers={"HTTP_AUTHORIZATION": "Bearer " + filled("a.")}),
}  # fmt: skip


@pytest.fixture
def ask(api: Any, browse: Any, athlete_user: Any) -> Callable[[Nasty], int]:
    clients = {True: api(athlete_user), False: browse(raise_request_exception=False)}

    def send(one: Nasty) -> int:
        client = clients[one.path.startswith("/api/v1/")]
        body = one.body.encode("utf-8", "surrogatepass")
        more = {"data": body, "content_type": one.kind} if one.method == "post" else {}
        answer = client.generic(one.method.upper(), one.path, QUERY_STRING=one.query, **more, **one.headers)
        return int(answer.status_code)

    return send


def seconds(call: Callable[[], Any], n: int = 3) -> float:
    """Processor seconds of this process, the best of some."""
    best = float("inf")
    for _ in range(n):
        began = time.process_time()
        call()
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_request_costs_what_it_weighs(ask: Callable[[Nasty], int], name: str) -> None:
    nasty = NASTY[name]
    plain = nasty.plain()
    assert ask(plain) < 500
    assert ask(nasty) < 500
    cost, usual = seconds(lambda: ask(nasty)), seconds(lambda: ask(plain))
    assert cost <= MOST * usual + SLACK_S, f"{cost:.3f} s for {nasty.size} bytes, a plain request takes {usual:.3f} s"


def test_parts_of_a_form_cost_alike_and_no_more_than_a_thousand_are_read(ask: Callable[[Nasty], int]) -> None:
    """Each costs Django a quarter of a millisecond, a plain form of the size next to nothing: here parts are compared
    with parts."""

    def form(n: int) -> Nasty:
        return Nasty(LOGIN, parts(n, lambda i: part(f'name="f{i}"')), MULTIPART)

    assert (ask(form(900)), ask(form(8000))) == (200, 400)
    few, most, more = (seconds(lambda n=n: ask(form(n)), 5) for n in (225, 900, 8000))
    assert most < 2 * 4 * few + SLACK_S, f"{most:.3f} s for four times what takes {few:.3f} s"
    assert more < 3 * most + SLACK_S, f"{more:.3f} s for parts that are not read; 900 take {most:.3f} s"


def test_twice_the_keys_take_twice_the_time() -> None:
    """Duplicate keys were once searched for by counting each name: four times as long for twice as many."""

    def body(n: int) -> str:
        return "{" + keys(*range(n), n - 1) + "}"

    def read(text: str) -> None:
        with pytest.raises(BadJson, match="twice"):
            loads(text)

    few, many = body(4_000), body(32_000)
    assert seconds(lambda: read(many), 5) < 3 * 8 * seconds(lambda: read(few), 5)


def test_the_schema_is_made_once(browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.views import schema

    made = []
    view = schema._view
    monkeypatch.setattr(schema, "_made", {})
    monkeypatch.setattr(schema, "_view", lambda request: made.append(1) or view(request))
    first = browse().get("/api/schema/", HTTP_ACCEPT="application/json")
    again = browse().get("/api/schema/?x=1", HTTP_ACCEPT="text/html, application/json", HTTP_ACCEPT_LANGUAGE="de")
    known = browse().get("/api/schema/", HTTP_ACCEPT="application/json", HTTP_IF_NONE_MATCH=first["ETag"])
    text = browse().get("/api/schema/")
    assert (first.json()["openapi"], first.content, len(made)) == ("3.0.3", again.content, 2)
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert text.content.startswith(b"openapi:")
    assert text["ETag"] != first["ETag"]
