"""Foreign files are read in a child that can do little harm, and whose end is an answer."""

import os
import socket
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from mlops.ml.archives import members_of
from mlops.ml.contract import Cancelled, UnreadableInput
from mlops.ml.limited import LimitExceeded, Limits, ParserFailed, each_in_child, in_child
from tests.ml import limited_functions as functions

SMALL = Limits(memory_mib=256, cpu_s=5, wall_s=30, file_mib=1, n_files=32)


def test_values_travel_by_their_types_and_callbacks_are_called_here(tmp_path):
    given = functions.Found(
        date(2026, 5, 1), tmp_path, np.array([[1.5, np.nan]]), {date(2026, 5, 2): {"a": 1.0}}, (("b", 2),), None
    )
    told = []
    found = in_child(functions.echo, SMALL)(given, on_step=lambda *step: told.append(step))
    assert told == [(1, "once")]
    np.testing.assert_array_equal(found.values, given.values)
    assert (found.day, found.path, found.counts, found.pairs, found.other) == (
        given.day, given.path, given.counts, given.pairs, None,
    )  # fmt: skip


def test_errors_of_the_library_come_back_as_they_were():
    with pytest.raises(UnreadableInput, match="row 7 is odd") as caught:
        in_child(functions.refuse, SMALL)()
    assert (type(caught.value), caught.value.row, caught.value.code) == (UnreadableInput, 7, "odd")


@pytest.mark.parametrize("function", [functions.lie, functions.fail, functions.crash])
def test_anything_else_is_a_damaged_file(function):
    with pytest.raises(ParserFailed) as caught:
        in_child(function, SMALL)()
    assert caught.value.code == "damaged"


def test_memory_is_bounded():
    assert in_child(functions.take_memory, SMALL)(64) == 64 << 20
    with pytest.raises(LimitExceeded, match="more memory") as caught:
        in_child(functions.take_memory, SMALL)(1024)
    assert caught.value.code == "too_large"


def test_processor_time_is_bounded():
    with pytest.raises(LimitExceeded, match="too long"):
        in_child(functions.spin, Limits(memory_mib=256, cpu_s=1, wall_s=60))()


def test_a_child_that_hangs_is_ended_with_what_it_started(tmp_path):
    with pytest.raises(LimitExceeded, match="too long"):
        in_child(functions.sleep_with_a_child, Limits(memory_mib=256, cpu_s=5, wall_s=6))(tmp_path / "pid")
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 5
    while time.monotonic() < until and Path(f"/proc/{pid}/status").exists():
        if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_callback_that_raises_ends_the_child(tmp_path):
    def stop(*_):
        raise Cancelled("enough")

    given = functions.Found(date(2026, 5, 1), tmp_path, np.zeros(1), {})
    with pytest.raises(Cancelled):
        in_child(functions.echo, SMALL)(given, on_step=stop)


def test_files_stay_small(tmp_path):
    with pytest.raises(UnreadableInput, match="OSError") as caught:
        in_child(functions.write, SMALL)(tmp_path / "large", 2)
    assert caught.value.code == "full"


def test_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert in_child(functions.connect, SMALL)(listener.getsockname()[1]) == "PermissionError"
    if os.geteuid() == 0:  # elsewhere the system may not give namespaces away
        assert in_child(functions.interfaces, SMALL)() == ["lo"]


def test_nothing_of_our_environment_is_there(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the site")
    found = in_child(functions.around, SMALL)()
    assert "SECRET_KEY" not in found["environment"]
    assert "fitbalance-child-" in found["folder"]
    assert not Path(found["folder"]).exists()
    assert not {"django", "pickle5", "torch", "pandas", "scipy"} & set(found["modules"])


def test_one_bad_file_costs_the_others_nothing():
    told = {}
    each_in_child(functions.each, SMALL, ["a", "crash", "b", "crash", "c"], told.__setitem__)
    assert [told[n] if isinstance(told[n], str) else type(told[n]) for n in range(5)] == [
        "A", ParserFailed, "B", ParserFailed, "C",
    ]  # fmt: skip
    each_in_child(functions.each, SMALL, ["crash"] * 5, told.__setitem__)
    assert all(isinstance(told[n], ParserFailed) for n in range(5))


def test_what_reads_files_imports_no_django():
    names = "mlops.ml.sensors.foreign_files.reading, sessions.services.label_rows, burnout.services.imports.apple"
    code = (
        f"import sys, {names}, mlops.ml.foreign_probe; print([m for m in sys.modules if m in ('django.conf', 'torch')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_archive_is_listed_in_the_child(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "1")
    assert [member.name for member in in_child(members_of, SMALL)(tmp_path / "a.zip")] == ["a.csv"]
