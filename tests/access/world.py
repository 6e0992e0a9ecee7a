"""A small world with one row of each main model, seen by seven identities."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, LearningScope, Membership, Role, Team, TeamRole
from mlops.models import AliasName, Dataset, Job, LabelSet, ModelAlias, ModelVersion, Run, Task
from sessions.models import LiveStream, Recording, SensorLayout, Span, WorkoutSession
from tests.people import make_user


@dataclass
class World(SimpleNamespace):
    """Attributes: see `build_world`. Modules rows_<name>.py add theirs in `extend(world)`."""

    users: dict[str, Any] = field(default_factory=dict)

    def user(self, identity: str) -> Any:
        """The user of an identity; None for anonymous."""
        return self.users.get(identity)


def build_world() -> World:
    """Two teams; the owner athlete has a workout, a recording with spans, a live stream, a job and an upload."""
    world = World()
    _people(world)
    _training(world)
    _engine(world)
    return world


def _people(world: World) -> None:
    world.users = {
        "owner": make_user("owner"),
        "coach": make_user("coach", role=Role.COACH),
        "other_coach": make_user("other-coach", role=Role.COACH),
        "other_athlete": make_user("other-athlete"),
        "staff": make_user("staff", role=Role.ML_STAFF),
        "administrator": make_user("administrator", role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True),
    }
    world.team = Team.objects.create(name="Owner's team")
    world.other_team = Team.objects.create(name="Other team")
    members = [
        (world.team, "owner", TeamRole.ATHLETE),
        (world.team, "coach", TeamRole.COACH),
        (world.other_team, "other_athlete", TeamRole.ATHLETE),
        (world.other_team, "other_coach", TeamRole.COACH),
    ]
    for team, name, role in members:
        Membership.objects.create(team=team, user=world.users[name], role=role)
    world.membership = Membership.objects.get(user=world.users["owner"])
    world.athlete = Athlete.objects.create(user=world.users["owner"])
    world.other_athlete = Athlete.objects.create(user=world.users["other_athlete"])
    for scope in CoachScope.values:
        Consent.objects.create(athlete=world.athlete, kind=ConsentKind.COACH, scope=scope, team=world.team)
    Consent.objects.create(athlete=world.athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)


def _training(world: World) -> None:
    now = timezone.now()
    world.layout = SensorLayout.objects.filter(owner=None, key="flextail").first() or SensorLayout.objects.create(
        key="flextail",
        title="FlexTail",
        rate_hz=50,
        channels=[
            *({"name": name, "unit": "rad"} for name in ("lumbarAngle", "sagittal", "lateral", "twist")),
            {"name": "acceleration", "unit": "g"},
        ],
    )
    world.own_layout = SensorLayout.objects.create(
        key="owner-layout",
        title="Own",
        rate_hz=50,
        channels=[{"name": "x", "unit": "g"}],
        owner=world.users["owner"],
    )
    world.session = WorkoutSession.objects.create(athlete=world.athlete, title="Legs", started_at=now)
    pk = uuid.uuid4()
    file = f"recordings/{pk}/samples.parquet"
    _write_samples(Path(settings.MEDIA_ROOT) / file)
    world.recording = Recording.objects.create(
        pk=pk, session=world.session, layout=world.layout, source="import", file=file,
        n_samples=200, duration_s=4.0, rate_hz=50.0, started_at=now,
    )  # fmt: skip
    world.span = Span.objects.create(recording=world.recording, start_s=0.5, end_s=3.5, label="squat")
    world.stream = LiveStream.objects.create(session=world.session, layout=world.layout, task_name="exercise")


def _engine(world: World) -> None:
    labels = [{"name": "squat", "title": "Squat", "key": "1"}, {"name": "other", "title": "Other", "key": "2"}]
    world.label_set = LabelSet.objects.create(name="Shared", labels=labels, is_shared=True)
    world.own_label_set = LabelSet.objects.create(name="Own", labels=labels, owner=world.users["owner"])
    world.task = Task.objects.create(
        name="world-task", title="World task", kind="sensor_classification",
        input={"layout": "flextail"}, label_set=world.label_set,
    )  # fmt: skip
    world.dataset = Dataset.objects.create(task=world.task, status="ready", content_hash="0" * 64)
    world.engine_job = Job.objects.create(kind="engine.test", title="Engine job", is_engine=True)
    world.job = Job.objects.create(kind="test", title="Own job", owner=world.users["owner"])
    world.run = Run.objects.create(
        job=world.engine_job, task=world.task, dataset=world.dataset, estimator="dummy", config={}
    )
    world.version = ModelVersion.objects.create(
        task=world.task, number=1, run=world.run, estimator="dummy", artifact_dir="models/none", artifact_hash="0" * 64
    )
    world.alias = ModelAlias.objects.create(task=world.task, name=AliasName.CHAMPION, version=world.version)


def _write_samples(path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True)
    columns = {"t": np.arange(200) / 50}
    for name in ("lumbarAngle", "sagittal", "lateral", "twist", "acceleration"):
        columns[name] = np.zeros(200, dtype=np.float32)
    pq.write_table(pa.table(columns), path)
