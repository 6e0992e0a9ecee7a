"""The router of every app: addresses by type, so that a wrong id is 404 before any code runs."""

from rest_framework import routers


class Router(routers.SimpleRouter):
    """`path()` converters instead of regular expressions; view sets name theirs in `lookup_value_converter`."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=True, use_regex_path=False)
