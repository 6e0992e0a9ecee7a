"""Checks of how a model travels: out as a folder, back through the child process, and the same answers."""

import uuid
from pathlib import Path

from mlops.kinds.batches import largest_gap
from mlops.kinds.exchange import HubCard
from mlops.ml.artifact import MANIFEST, read_manifest, write_artifact
from mlops.ml.contract import MLError
from tests.kinds.suite.case import Case, refuses


def _published(case: Case) -> tuple[Path, HubCard]:
    out = case.folder / uuid.uuid4().hex
    out.mkdir()
    return out, case.kind.exchange.write_folder(case.kind, case.artifact, out)


def check_it_travels(case: Case) -> None:
    """What was published comes back as an artifact that answers our held-out examples as the first one does."""
    kind, hooks = case.kind, case.kind.exchange
    out, card = _published(case)
    assert card.tags, "a hub lists a model by its tags"
    assert card.usage, "a card shows how one begins"
    strange = set(card.figures.values()) - {metric.name for metric in kind.metrics}
    assert not strange, f"the card shows {', '.join(sorted(strange))}, which {kind.name} does not measure"
    part = "test" if case.part("test") is not None else "val"
    data = kind.load_raw(case.built[1], part)
    try:
        imported = hooks.read_folder(kind, case.task, out)
        facts = {**imported.manifest, "estimator": imported.estimator, "config": imported.config}
        path = write_artifact(case.folder / "travelled", uuid.uuid4().hex, imported.fill, facts)
        manifest = read_manifest(path)
        answered = kind.scorer(path).answer(hooks.values(kind, data, kind.manifest(case.built[1]), manifest))
        gap = largest_gap(hooks.arrange(answered, data, manifest), case.scorer.answer(kind.values(data)))
    except MLError as error:
        raise AssertionError(f"what {kind.name} publishes does not come back: {error}") from error
    assert gap <= kind.tolerance, f"a model of {kind.name} that travelled answers otherwise, by {gap:.3g}"


def check_an_altered_folder_is_refused(case: Case) -> None:
    """One changed byte in the largest file of a published folder is noticed before anything is loaded."""
    out, _ = _published(case)
    largest = max((path for path in out.rglob("*") if path.name != MANIFEST), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    refuses(
        lambda: case.kind.exchange.read_folder(case.kind, case.task, out),
        (MLError,),
        f"a folder of {case.kind.name} with an altered {largest.name} is refused",
    )


TRAVEL = (check_it_travels, check_an_altered_folder_is_refused)
