"""The TaskKinds of this app."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.kinds import base as task_kinds
from mlops.kinds.base import CardText
from mlops.kinds.examples import RATIOS, BalancedBuildConfig, BuildConfig, Built, Group, InputField, SourceSummary
from mlops.kinds.marking import gettext_noop
from mlops.kinds.questions import Payload, Question
from mlops.kinds.splitting import SplitPlan, plan_split
from mlops.kinds.windows import WindowClassification
from mlops.ml.contract import BadValue, NotEnoughData, OnStep, Windows, option
from mlops.ml.registry import estimator_names
from mlops.ml.sensors.champion_reference import champion_raw_inputs
from mlops.ml.sensors.champions import champion_caution
from mlops.ml.sensors.dataset import (
    EVERYDAY,
    ShardFacts,
    dataset_guard,
    fold_scaler,
    load_fold,
    load_windows,
    raw_by_subject,
    read_dataset,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.sensors.everyday import (
    abstention_fields,
    everyday_windows,
    everyday_write,
    labels_with_other,
    of_people,
    with_everyday,
)
from mlops.ml.sensors.window_choice import choose_window
from mlops.ml.splits import random_split
from mlops.ml.windows import WindowSpec, balance
from sessions.selectors.asking import sensor_question
from sessions.selectors.layouts import layout_of
from sessions.selectors.learning import (
    Subject,
    foreign_labels,
    labelled_series,
    teachable_layouts,
    teaching_facts,
    teaching_subjects,
    teaching_summaries,
)
from sessions.services.feedback_spans import feedback_to_span
from sessions.services.review import SensorReview

OTHER = "other"


@dataclass(frozen=True)
class SensorBuild(BalancedBuildConfig):
    """Who judges, and whether everyday movement is taught as none of the labels.

    People differ so much that with few of them each one has to judge.
    """

    everyday_movement: bool = option(
        True,
        gettext_noop(
            "Add generated everyday movement and rest as “other”, so that they are not mistaken for an exercise."
        ),
    )
    split: str = option(
        "auto", gettext_noop("Who the model is tested on."), choices=("auto", "subjects", "each", "random")
    )

    WORDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        **BalancedBuildConfig.WORDS,
        "split": {
            "auto": gettext_noop(
                "Each {group} in turn with fewer than {each_below} {groups}, otherwise held-out {groups}"
            ),
            **BalancedBuildConfig.WORDS["split"],
        },
    }


class SensorClassification(WindowClassification):
    """Which label does a window of sensor samples have?"""

    name = "sensor_classification"
    title = "Sensor classification"
    estimators = tuple(estimator_names("sensors"))
    Build: type[BuildConfig] = SensorBuild
    label_view = "workouts:samples"
    serves_as = "it serves live streams, pages and the API"
    review = SensorReview()
    usual_cut: ClassVar[Mapping[str, Any]] = {}
    """What of the windows is not chosen by the recordings where nobody says it: window_s, stride_s, normalisation."""
    foreign_kinds: tuple[str, ...] = ("movement_phase",)
    """Kinds whose labels lie on the same recordings and say nothing about this one."""

    def input_fields(self) -> list[InputField]:
        layouts = tuple((row.key, _with_channels(row.title, len(row.channels))) for row in teachable_layouts())
        normalisations = (
            ("dataset", _("By the training data (keeps posture)")),
            ("window", _("Each window separately")),
            ("none", _("None")),
        )
        return [
            InputField("layout", _("Sensor layout"), layouts, _("Recordings with this layout are used."), "flextail"),
            InputField(
                "rate_hz",
                _("Sampling rate (Hz)"),
                help=_("Recordings are resampled to this rate. Empty: the recorded rate."),
            ),
            InputField("window_s", _("Window (s)"), help=_("Empty: chosen from the length of the labels.")),
            InputField("stride_s", _("Step (s)"), help=_("Empty: a third of the window.")),
            InputField("normalisation", _("Normalisation"), normalisations, initial="dataset"),
        ]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """{"layout": key, "window_spec": {…}}, also from the fields of the form; what they leave open is chosen by what
        is recorded, and "chosen" says so."""
        unknown = set(value) - {"layout", "window_spec", "chosen", "rate_hz", "window_s", "stride_s", "normalisation"}
        if unknown:
            raise ValidationError(
                _("Unknown setting: %(name)s.") % {"name": sorted(map(str, unknown))[0][:40]}, code="unknown_field"
            )
        layout = teachable_layouts().filter(key=str(value.get("layout", ""))[:64]).first()
        if layout is None:
            raise ValidationError(_("This sensor layout does not exist."), code="not_found")
        try:
            if "window_spec" in value:
                why = {"chosen": str(value["chosen"])[:500]} if value.get("chosen") else {}
                given = WindowSpec.from_json(value["window_spec"])
                return {"layout": layout.key, "window_spec": given.to_json(), **why}
            told = {**self.usual_cut, **{name: one for name, one in value.items() if one}}
            numbers = {name: float(told[name]) for name in ("rate_hz", "window_s", "stride_s") if name in told}
            choice = choose_window(*teaching_facts(layout=layout.key), nominal_hz=layout.rate_hz, **numbers)
            spec = replace(choice.spec, normalisation=told.get("normalisation", choice.spec.normalisation))
        except (BadValue, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_("Invalid windows: %(reason)s.") % {"reason": error}, code="bad_window") from error
        why = {"chosen": choice.why[:500]} if choice.why else {}
        return {"layout": layout.key, "window_spec": spec.to_json(), **why}

    def input_of(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return {"layout": manifest["layout"]["name"], "window_spec": manifest["window_spec"]}

    def summary(self, task: Any) -> SourceSummary:
        return self.summaries([task])[task.pk]

    def summaries(self, tasks: Sequence[Any]) -> dict[Any, SourceSummary]:
        return teaching_summaries({task.pk: (task.input["layout"], _labels(task)) for task in tasks})

    def build(self, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
        labels, spec = _labels(task), WindowSpec.from_json(task.input["window_spec"])
        if len(labels) < 2:
            raise NotEnoughData("The label set needs at least two labels")
        other = OTHER if OTHER in labels else None
        subjects = teaching_subjects(
            layout=task.input["layout"], labels=labels, include_generated=parameters.get("include_generated", True)
        )
        foreign = foreign_labels(kinds=self.foreign_kinds, labels=labels)
        facts: list[ShardFacts] = []
        for done, subject in enumerate(subjects):
            on_step(done, len(subjects))
            series = labelled_series(subject, other=other, foreign=foreign)
            facts.append(write_subject_shard(directory, subject.pseudonym, series, spec, labels, other))
        on_step(len(subjects), max(1, len(subjects)))
        useful = [fact for fact in facts if fact.n_windows]
        present = {label for fact in useful for label in fact.per_label}
        if len(present) < 2:
            raise NotEnoughData(
                "Fewer than two labels have enough labelled time. Label at least "
                f"{spec.duration_s:g} seconds each of two exercises"
            )
        plan = plan_of(useful, parameters)
        return self.built(
            directory,
            facts=useful,
            subjects=subjects,
            plan=plan,
            spec=spec,
            labels=labels,
            parameters=parameters,
        )

    def built(
        self,
        directory: Path,
        *,
        facts: Sequence[ShardFacts],
        subjects: Sequence[Subject],
        plan: SplitPlan,
        spec: WindowSpec,
        labels: Sequence[str],
        parameters: Mapping[str, Any],
    ) -> Built:
        """Write the manifest of shards that lie in `directory`; what the engine keeps of the dataset.

        facts     of the shards that hold windows
        subjects  everybody whose recordings were looked at
        """
        parts = _parts(plan)
        used = {fact.subject for fact in facts}
        generated = sorted(s.pseudonym for s in subjects if s.generated and s.pseudonym in used)
        sources = {"recordings": sum(len(s.recordings) for s in subjects if s.pseudonym in used)}
        layout = layout_of(subjects[0].recordings[0].layout)
        added: dict[str, Any] = {}
        taught = tuple(labels)
        if parameters.get("everyday_movement", False):
            taught = labels_with_other(labels)
            added = everyday_write(
                directory,
                subjects=sorted(subject for subject, part in parts.items() if part == "train"),
                labels=taught,
                channels=[(channel.name, channel.unit) for channel in layout.channels],
                spec=spec,
                seed=parameters["seed"],
            )
            taught = taught if added["n_windows"] else tuple(labels)
        manifest = write_manifest(
            directory,
            spec=spec,
            labels=taught,
            layout=layout.to_dict(),
            parts=parts,
            facts=facts,
            kind=self.name,
            split={**plan.facts(), "parts": {}},
            balance=parameters.get("balance", "none"),
            seed=parameters["seed"],
            sources=sources,
            generated=bool(generated),
            **({EVERYDAY: added} if added else {}),
        )
        return Built(
            content_hash=manifest["content_hash"],
            facts={
                "n_examples": sum(fact.n_windows for fact in facts),
                "per_label": {label: sum(fact.per_label.get(label, 0) for fact in facts) for label in labels},
                "per_subject": {fact.subject: fact.per_label for fact in facts},
                "split": plan.facts(),
                "sources": sources,
                "layout": layout.name,
                "window_spec": spec.to_json(),
                "generated": bool(generated),
                "n_generated_subjects": len(generated),
                **({"added": [added["text"]]} if added else {}),
            },
            groups={fact.subject: Group(parts[fact.subject], fact.n_windows, owner=fact.subject) for fact in facts},
        )

    def load(self, directory: Path, part: str) -> Windows:
        manifest, windows = read_dataset(directory), self.load_part(directory, part)
        if part == "train" and windows.y is not None and manifest["balance"] != "none":
            windows = windows.take(balance(windows.y, manifest["balance"], manifest["seed"]))
        return with_everyday(windows, directory) if part == "train" and EVERYDAY in manifest else windows

    def fold(self, directory: Path, subject: str) -> tuple[Windows, Windows]:
        manifest = read_dataset(directory)
        known, unseen = load_fold(directory, subject)
        if known.y is not None and manifest["balance"] != "none":
            known = known.take(balance(known.y, manifest["balance"], manifest["seed"]))
        if EVERYDAY in manifest:
            known = with_everyday(known, directory, fold_scaler(directory, subject))
        return known, unseen

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        """Of people's own windows: the most frequent of them is no everyday movement that was added."""
        return super().baseline(train.take(of_people(train.groups)), data)

    def retrain_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A dataset from before there was the option is built again without it: its champion knows no more labels."""
        return {"everyday_movement": False, **super().retrain_parameters(parameters)}

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        return sensor_question(kind=self, payload=payload.data, user=user)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        return replace(super().card(manifest), caution=champion_caution(manifest))

    def reference_shipped(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        return champion_raw_inputs(manifest)

    def feedback_to_span(self, feedback: Any) -> Any:
        return feedback_to_span(feedback)

    def load_raw(self, directory: Path, part: str) -> Windows:
        """As recorded: neither normalised nor balanced."""
        return self.load_part(directory, part, raw=True)

    def load_part(self, directory: Path, part: str, *, raw: bool = False) -> Windows:
        """One part of a dataset, however it was split."""
        manifest = read_dataset(directory)
        if manifest["split"]["how"] != "random":
            return load_windows(directory, part, raw=raw)
        windows = load_windows(directory, raw=raw)
        return windows.take(random_split(len(windows), manifest["seed"])[part])

    def reference(self, directory: Path) -> Iterator[tuple[str, str, npt.NDArray[Any]]]:
        return raw_by_subject(directory)

    def abstention(self, directory: Path, outputs: Any, data: Windows) -> dict[str, Any]:
        """`abstain_below` and the guard, see mlops.ml.abstention and mlops.ml.sensors.everyday.fitting."""
        if outputs is None or data.y is None:
            return {"guard": dataset_guard(directory).to_json()}
        return abstention_fields(directory, outputs, data)

    def abstention_examples(self, directory: Path) -> Windows | None:
        return everyday_windows(directory, "fitted")

    def manifest(self, directory: Path) -> dict[str, Any]:
        known = read_dataset(directory)
        return {name: known[name] for name in ("labels", "window_spec", "scaler", "layout")}


def _with_channels(title: str, n: int) -> str:
    text = ngettext("%(layout)s (%(n)s channel)", "%(layout)s (%(n)s channels)", n)
    return text % {"layout": title, "n": n}


def _labels(task: Any) -> list[str]:
    return list(task.label_set.names) if task.label_set else []


def plan_of(facts: Sequence[ShardFacts], parameters: Mapping[str, Any]) -> SplitPlan:
    """People to parts, as the build was told."""
    ratios = (parameters.get("val_ratio", RATIOS[0]), parameters.get("test_ratio", RATIOS[1]))
    names = [fact.subject for fact in facts]
    return plan_split(names, how=parameters["split"], seed=parameters["seed"], ratios=ratios)


def _parts(plan: SplitPlan) -> dict[str, str]:
    """With the random split every subject teaches the scaler; `load` tears the windows apart."""
    return {subject: "train" if part == "mixed" else part for subject, part in plan.parts.items()}


def register() -> None:
    """Called once from AppConfig.ready()."""
    task_kinds.register(SensorClassification())
