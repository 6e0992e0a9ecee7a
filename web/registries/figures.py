"""What operators may see of each part: apps register where their figures come from."""

from collections.abc import Callable, Iterable

from mlops.ml.prometheus import Family

Source = Callable[[], Iterable[Family]]

_of_site: list[Source] = []
_of_process: list[Source] = []


def of_site(source: Source) -> None:
    """Figures that are the same whichever process is asked (rows, queues, disks): read when somebody asks."""
    _of_site.append(source)


def of_process(source: Source) -> None:
    """Figures of the process that answers requests: each web process tells its own every few seconds."""
    _of_process.append(source)


def site_sources() -> list[Source]:
    return list(_of_site)


def process_sources() -> list[Source]:
    return list(_of_process)
