"""The kind of texts lives the whole life too: how the tests of a plug-in take theirs through it."""

from mlops.kinds.base import register
from mlops.kinds.questions import Payload
from tests.kinds.houses import House, athlete_who_teaches
from tests.kinds.sixth.apps import register_estimators
from tests.kinds.sixth.kind import Tempo, learners
from tests.kinds.sixth.texts import LABELS
from tests.kinds.test_every_kind import *  # noqa: F403


def tempo() -> House:
    """A dozen writers; the second request is withheld."""
    register_estimators()
    people = [athlete_who_teaches(f"writer{i:02d}", Tempo.learning_scope) for i in range(12)]
    kind = Tempo(learners)
    register(kind)
    texts = ("Really hard intervals, a furious sprint to the finish.", "Xylophone?")
    return House(
        kind, people, [Payload({"inputs": [{"text": text}]}) for text in texts], LABELS, {"least": "0.6"},
        {"epochs": 80}, {"penalty": {"low": 0.1, "high": 10.0}},
        corrections=[{"label": "slow"}, {"label": ""}, {"label": "fast"}], withheld=1,
    )  # fmt: skip


HOUSES = {"text_tempo": tempo}
