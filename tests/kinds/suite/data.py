"""Checks of a built dataset: groups, owners, parts, folds, and what erasing leaves."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from mlops.kinds.shards import ShardKind
from mlops.ml.contract import Cancelled
from mlops.training.services.evaluation import examples_join
from tests.kinds.suite.case import Case, is_json, refuses

PARTS = ("train", "val", "test")


def check_groups_have_a_shard_and_an_owner(case: Case) -> None:
    """Each group has a folder of its own, a part, and a person or a statement of rights."""
    built, directory = case.built
    assert built.groups, f"{case.kind.name} builds no group"
    assert len(built.content_hash) == 64, "a dataset is named by a SHA-256"
    assert is_json(built.facts), f"the facts of a dataset of {case.kind.name} must be JSON"
    for name, group in built.groups.items():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", name), f"{name!r} is no name of a group"
        assert (directory / "shards" / name).is_dir(), f"the group {name} has no folder shards/{name}"
        assert group.part in PARTS, f"the group {name} is in no part: {group.part!r}"
        assert group.n_examples > 0, f"the group {name} has no {case.kind.example.words}"
        assert group.owner or group.rights, f"nobody owns {name}, and nothing says why it may be used"
    told = built.facts.get("n_examples")
    total = sum(group.n_examples for group in built.groups.values())
    assert told in (None, total), f"the facts say {told} {case.kind.example.words}, the groups {total}"


def check_nothing_lies_beside_the_shards(case: Case) -> None:
    """Erasing deletes shards: no data lies elsewhere, and no owner is named anywhere but in the manifest."""
    built, directory = case.built
    there = {path.name for path in directory.iterdir()}
    beside = there - {"manifest.json", "shards"}
    assert not beside or built.facts.get("added"), f"files beside manifest.json and shards/: {beside}"
    owners = {one.owner for one in built.groups.values()} - {""}
    for path in (path for name in beside for path in (directory / name).rglob("*") if path.is_file()):
        assert not [owner for owner in owners if owner.encode() in path.read_bytes()], f"{path.name} names somebody"
    assert "manifest.json" in there, "a dataset has a manifest.json"
    folders = {path.name for path in (directory / "shards").iterdir()}
    assert folders == set(built.groups), f"shards of groups that were not named: {folders ^ set(built.groups)}"
    for path in (directory / "shards").rglob("*"):
        group = path.relative_to(directory / "shards").parts[0]
        others = {one.owner for one in built.groups.values()} - {built.groups[group].owner, ""}
        if path.is_file() and path.suffix in (".json", ".txt", ".csv"):
            named = [owner for owner in others if owner in path.read_text("utf-8", "ignore")]
            assert not named, f"{path.name} of {group} names somebody else"


def check_the_same_build_has_the_same_hash(case: Case) -> None:
    """The same data and seed give the same dataset."""
    assert case.build()[0].content_hash == case.built[0].content_hash, f"{case.kind.name} builds by chance"


def check_a_build_tells_and_can_be_stopped(case: Case) -> None:
    """`on_step` hears of every piece of work, and what it raises ends the build."""
    steps: list[tuple[int, int]] = []
    case.build(lambda done, total: steps.append((done, total)))
    assert steps, f"the build of {case.kind.name} never calls on_step"
    assert all(0 <= done <= total for done, total in steps), f"its progress goes beyond its end: {steps}"

    def stop(*_: Any) -> None:
        raise Cancelled("stop")

    refuses(lambda: case.build(stop), (Cancelled,), f"the build of {case.kind.name} goes on after a cancel")


def check_parts_hold_whole_groups(case: Case) -> None:
    """For every way to split: parts as declared, no group on two sides unless the split says that it leaks."""
    for how in case.splits:
        built, directory = case.build(split=how)
        data = {part: case.part(part, directory) for part in PARTS}
        assert data["train"] is not None, f"with the split {how!r} nothing is learned from"
        seen: dict[str, str] = {}
        for part, own in data.items():
            if own is None:
                continue
            _check_examples(case, own, f"part {part} of the split {how!r}")
            for name in set(map(str, own.groups)):
                if part == "train" and name not in built.groups and built.facts.get("added"):
                    continue  # examples of nobody, which the build has told of: they teach and never judge
                assert name in built.groups, f"{part} holds {name}, which the build did not name"
                if how != "random":
                    assert built.groups[name].part == part, f"{name} is said to be in {built.groups[name].part}"
                    assert name not in seen, f"{name} is in {seen[name]} and in {part}"
                seen[name] = part
        is_leaky = bool(built.facts.get("split", {}).get("leaky"))
        assert is_leaky == (how == "random"), f"the split {how!r} says leaky={is_leaky}"


def check_ratios_are_taken(case: Case) -> None:
    """Larger shares keep more groups aside."""
    if len(case.built[0].groups) < 6:
        return
    counts = []
    for seed in range(4):  # each group is drawn by itself, so that one draw of few may happen to be alike
        built = [case.build(split="subjects", seed=seed, val_ratio=0.1, test_ratio=ratio)[0] for ratio in (0.1, 0.45)]
        counts.append([sum(group.part == "test" for group in one.groups.values()) for one in built])
        if counts[-1][0] < counts[-1][1]:
            return
    raise AssertionError(f"{case.kind.name} does not look at test_ratio: {counts} groups")


def check_nobody_moves_the_others(case: Case) -> None:
    """Who joins or leaves, by a consent, moves nobody else between the parts, unless they stood alone in theirs."""
    kind = case.kind
    if not isinstance(kind, ShardKind) or len(case.built[0].groups) < 4:
        return
    before, every = {name: group.part for name, group in case.built[0].groups.items()}, kind.sources
    alone = {name for name, part in before.items() if list(before.values()).count(part) == 1}
    for gone in sorted(set(before) - alone)[:3]:
        kind.sources = lambda *asked, gone=gone: [one for one in every(*asked) if one.name != gone]
        try:
            after = {name: group.part for name, group in case.build()[0].groups.items()}
        finally:
            del kind.sources
        moved = [name for name, part in after.items() if before.get(name) != part]
        assert not moved, f"{gone} left {kind.name}, and {', '.join(moved)} changed sides"


def check_each_group_can_be_left_out(case: Case) -> None:
    """A fold holds the group alone on one side, and never on the other."""
    if "each" not in case.splits:
        return
    built, directory = case.build(split="each")
    n_examples, each = 0, []
    for name in sorted(built.groups)[:3]:
        known, held_out = case.kind.fold(directory, name)
        assert set(map(str, held_out.groups)) == {name}, f"the fold of {name} is judged on others too"
        assert name not in set(map(str, known.groups)), f"the fold of {name} learns from it"
        assert len(held_out) == built.groups[name].n_examples, f"the fold of {name} leaves some of it out"
        n_examples += len(held_out)
        each.append(held_out)
    joined = examples_join(each)
    assert len(joined) == n_examples, f"groups of {case.kind.name} cannot be joined, though each is judged in turn"
    assert len(case.kind.values(joined)) == n_examples, f"values of joined groups of {case.kind.name}"


def check_an_erased_group_is_gone(case: Case) -> None:
    """Without the shards of a person a dataset still loads, and nothing of them is left in it."""
    built, directory = case.build(split="subjects")
    owned = sorted({group.owner for group in built.groups.values() if group.part == "train" and group.owner})
    n_train = len({name for name, group in built.groups.items() if group.part == "train"})
    for owner in owned:
        gone = {name for name, group in built.groups.items() if group.owner == owner}
        if len(gone) < n_train:
            break
    else:
        return
    for name in gone:
        shutil.rmtree(directory / "shards" / name)
    left = case.part("train", directory)
    assert left is not None, f"nothing can be loaded after {owner} was erased"
    assert not gone & set(map(str, left.groups)), f"{owner} was erased and is still loaded"


def check_the_manifest_of_a_model_travels(case: Case) -> None:
    """What an artifact carries is JSON and names nobody."""
    built, directory = case.built
    manifest = case.kind.manifest(directory)
    assert is_json(manifest), f"the manifest of {case.kind.name} must be JSON"
    named = {*built.groups, *(group.owner for group in built.groups.values())} & set(_texts(manifest))
    assert not named, f"an artifact of {case.kind.name} would name {', '.join(sorted(named))[:80]}"
    assert Path(directory, "manifest.json").exists(), "building a manifest must not move the dataset's own"


def _check_examples(case: Case, data: Any, what: str) -> None:
    assert len(data.groups) == len(data), f"{what}: {len(data)} examples and {len(data.groups)} groups"
    few = data.take(np.arange(min(2, len(data))))
    assert len(few) == min(2, len(data)), f"{what}: take does not take what it is told"
    mask = np.zeros(len(data), bool)
    mask[0] = True
    assert len(data.take(mask)) == 1, f"{what}: take does not understand a mask"
    assert len(case.kind.values(few)) == len(few), f"{what}: values are not one for each example"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in (str(key), *_texts(inner))]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) and value else []


DATA = (
    check_groups_have_a_shard_and_an_owner,
    check_nothing_lies_beside_the_shards,
    check_the_same_build_has_the_same_hash,
    check_a_build_tells_and_can_be_stopped,
    check_parts_hold_whole_groups,
    check_ratios_are_taken,
    check_nobody_moves_the_others,
    check_each_group_can_be_left_out,
    check_an_erased_group_is_gone,
    check_the_manifest_of_a_model_travels,
)
