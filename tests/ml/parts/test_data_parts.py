"""Data of others as parts: made into plain files from what their packages hold, nothing of which is run or believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mlops.ml.contract import BadArtifact, UnreadableInput, UnsafeFormat
from mlops.ml.limited import in_child
from mlops.ml.parts import store as parts_store
from mlops.ml.parts.data import foods, muscles, watch
from mlops.ml.parts.store import PartMissing

RealPart = Callable[[str], Path]
HEAD = "foodName,data_type,food_category,portion_unit_name,portion_gram_weight,number_of_nutrients"


def _foods(folder: Path, *rows: dict[str, object]) -> Path:
    """The table with these rows, made."""
    of = [name for names in foods.NUTRIENTS.values() for name in names]
    columns = [*HEAD.split(","), *of]
    lines = [",".join(json.dumps(name) if "," in name else name for name in columns)]
    for row in rows:
        lines.append(",".join("" if row.get(name) is None else str(row[name]) for name in columns))
    (folder / foods.SOURCE).write_text("\n".join(lines) + "\n")
    in_child(foods.make)(folder, folder / foods.FILE)
    return folder


def test_foods_are_typed_and_generic_ones_marked(tmp_path: Path) -> None:
    rice = {"foodName": '"Rice, cooked"', "data_type": "sr_legacy_food", "Energy": 130, "Protein": 2.7}
    bar = {"foodName": "BAR", "data_type": "branded_food", "Energy": 400, "portion_gram_weight": 40, "Fiber": 3}
    folder = _foods(tmp_path, bar, rice | {"Sugars, Total": 0.1})
    found = foods.foods(folder).to_pylist()
    assert [(one["name"], one["energy_kcal"], one["sugars_g"], one["is_generic"]) for one in found] == [
        ("Rice, cooked", 130.0, pytest.approx(0.1), True)
    ]
    packaged = foods.foods(folder, generic_only=False).to_pylist()[1]
    assert (packaged["portion_g"], packaged["fibre_g"], packaged["protein_g"], packaged["doubts"]) == (40, 3, None, "")
    assert foods.report(folder) == foods.FoodReport(2, 1, {})


def test_odd_rows_stay_and_say_what_is_odd(tmp_path: Path) -> None:
    row = {"foodName": "X", "data_type": "branded_food", "Energy": 100}
    folder = _foods(
        tmp_path,
        row,
        row | {"foodName": None},
        row | {"Energy": 90_000},
        row | {"Protein": -0.7, "portion_gram_weight": "inf"},
        row | {"Protein": 60, "Total fat": 60},
        row | {"Energy": None},
    )
    found = foods.foods(folder, generic_only=False).to_pylist()
    assert [one["doubts"] for one in found] == [
        "",
        "it has no name",
        "energy_kcal cannot be; it has no energy",
        "portion_g cannot be; protein_g cannot be",
        "its parts weigh more than it",
        "it has no energy",
    ]
    assert found[2]["energy_kcal"] is None
    assert found[3]["protein_g"] is None
    assert found[1]["name"] == ""
    assert foods.report(folder).doubts["it has no energy"] == 2
    assert foods.report(folder).n_rows == 6


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\x00\x01", f"{HEAD}\n1\n"])
def test_another_table_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / foods.SOURCE).write_text(content)
    with pytest.raises(UnreadableInput):
        in_child(foods.make)(tmp_path, tmp_path / foods.FILE)


def _watch(folder: Path, value: object) -> Path:
    """The file as NumPy pickles it."""
    np.save(folder / watch.SOURCE, np.array(value, dtype=object), allow_pickle=True)
    return folder


def _recordings() -> dict[str, object]:
    axes = [np.full((3, 6), 1.0), np.asfortranarray(np.arange(12.0).reshape(2, 6))]
    return {
        "X": axes, "y": np.array([1, 6]), "subject": np.array([7, 10]), "side": np.array([1.0, 0.0]),
        "X_labels": ["ax"], "y_labels": list(watch.EXERCISES),
    }  # fmt: skip


def test_recordings_come_in_units_of_a_layout(tmp_path: Path) -> None:
    folder = _watch(tmp_path, _recordings())
    in_child(watch.make)(folder, folder / watch.FILE)
    first, second = watch.watch_recordings(folder)
    assert (first.exercise, first.subject, first.side) == ("abduction", 7, "right")
    assert (second.exercise, second.subject, second.side) == ("upright row", 10, "left")
    assert np.allclose(first.samples, [[9.80665] * 3 + [1.0] * 3] * 3)
    assert np.allclose(second.samples[1, 3:], [9, 10, 11])
    assert pq.read_schema(folder / watch.FILE).field("acc_x").type == "float"


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_would_run_something_is_refused_by_name(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    _watch(tmp_path, {**_recordings(), "side": Evil(marker)})
    with pytest.raises(UnsafeFormat, match=r"posix\.system"):
        in_child(watch.make)(tmp_path, tmp_path / watch.FILE)
    assert not marker.exists()
    assert not (tmp_path / watch.FILE).exists()


@pytest.mark.parametrize("value", [{}, {"X": []}, [1, 2], {**_recordings(), "y": np.array([99, 0])}])
def test_other_recordings_are_refused(tmp_path: Path, value: object) -> None:
    _watch(tmp_path, value)
    with pytest.raises(UnreadableInput):
        in_child(watch.make)(tmp_path, tmp_path / watch.FILE)


SCRIPT = """export const bodyFront = [
    // Chest
    { slug: "chest", color: "#3f3f3f",
      path: { left: ["M1 2l3-4z", "M.5.5 1 1q1 2 3 4z",], right: ["M0 0a1 1 0 012.5 3z"], }, },
];
//# sourceMappingURL=bodyFront.js.map"""


def _scripts(folder: Path, **changed: str) -> Path:
    for name in muscles.VIEWS:
        (folder / f"{name}.js").write_text(changed.get(name, SCRIPT.replace("bodyFront", name)))
    return folder


def test_outlines_come_out_of_scripts_that_are_not_run(tmp_path: Path) -> None:
    in_child(muscles.make)(_scripts(tmp_path), tmp_path / muscles.FILE)
    views = muscles.muscle_map(tmp_path)
    assert [(one.body, one.side) for one in views] == [
        ("male", "front"), ("male", "back"), ("female", "front"), ("female", "back"),
    ]  # fmt: skip
    assert views[0].muscles["chest"]["left"] == ["M1 2l3-4z", "M.5.5 1 1q1 2 3 4z"]
    (tmp_path / muscles.FILE).write_text("[1]")
    with pytest.raises(BadArtifact):
        muscles.muscle_map(tmp_path)


@pytest.mark.parametrize(
    "script",
    [
        SCRIPT.replace('"chest"', 'fetch("x")'),
        SCRIPT.replace('"chest"', "`chest`"),
        SCRIPT.replace('"chest"', '"che\\u0073t"'),
        SCRIPT.replace('"chest"', '"<script>"'),
        SCRIPT.replace('"M1 2l3-4z"', '"url(#x)"'),
        SCRIPT.replace('"M1 2l3-4z"', '"M1 2\\" onload=\\"x"'),
        SCRIPT.replace('"M1 2l3-4z"', '"M1"'),
        SCRIPT.replace('"M1 2l3-4z"', '"l1 2"'),
        SCRIPT.replace('"M1 2l3-4z"', '""'),
        SCRIPT.replace('"M0 0a1 1 0 012.5 3z"', '"M0 0a1 1 0 2 1 3 3z"'),
        SCRIPT.replace("];", "]; alert(1)"),
        SCRIPT.replace("export const bodyFront", "export const other"),
        SCRIPT.replace("left:", "middle:"),
        "",
        "export const bodyFront = [",
        "export const bodyFront = " + "[" * 100_000,
    ],
)
def test_scripts_that_hold_more_than_outlines_are_refused(tmp_path: Path, script: str) -> None:
    with pytest.raises(UnreadableInput):
        in_child(muscles.make)(_scripts(tmp_path, bodyFront=script), tmp_path / muscles.FILE)


def test_parts_that_are_not_here_say_how_to_have_them(tmp_path: Path) -> None:
    before = parts_store._store
    parts_store.use(tmp_path)
    try:
        for read, name in (
            (foods.foods, foods.PART), (foods.report, foods.PART), (muscles.muscle_map, muscles.PART),
            (lambda: list(watch.watch_recordings()), watch.PART),
        ):  # fmt: skip
            with pytest.raises(PartMissing, match=f"fetch_parts {name}"):
                read()
    finally:
        parts_store._store = before


def test_the_real_foods(real_part: RealPart) -> None:
    real_part(foods.PART)
    found = foods.report()
    assert (found.n_rows, found.n_generic) == (390_381, 7_349)
    table = foods.foods()
    assert table.num_rows == 7_349
    named = {one["name"]: one for one in table.select(["name", "energy_kcal", "protein_g"]).to_pylist()}
    assert named["Scallops, fried"]["energy_kcal"] == 217
    assert sum(not said for said in table.column("doubts").to_pylist()) > 7_250


def test_the_real_recordings(real_part: RealPart) -> None:
    real_part(watch.PART)
    found = list(watch.watch_recordings())
    minutes = sum(len(one.samples) for one in found) / watch.RATE_HZ / 60
    assert (len(found), len({one.subject for one in found}), round(minutes)) == (140, 10, 81)
    assert {one.exercise for one in found} == set(watch.EXERCISES.values())
    resting = np.median([np.linalg.norm(one.samples[:, :3], axis=1).mean() for one in found])
    assert 9 < resting < 11, "the mean acceleration is about that of gravity, in m/s²"


def test_the_real_muscle_map(real_part: RealPart) -> None:
    real_part(muscles.PART)
    views = muscles.muscle_map()
    assert len(views) == 4
    assert {"chest", "quadriceps", "deltoids"} <= set(views[0].muscles)
    assert all({"left", "right"} <= set(view.muscles["deltoids"]) for view in views)
