"""Queues, batches, memory and failures of the models in one process."""

import gc
import threading
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest

from mlops.ml.hosting.errors import (
    BadRequest,
    ModelBusy,
    ModelFailed,
    ModelTimedOut,
    ModelUnavailable,
)
from mlops.ml.hosting.host import Host, Limits
from mlops.ml.hosting.memory import MIB
from mlops.ml.hosting.registry import register_loader
from mlops.ml.hosting.where import Where
from tests.models_server import toys
from tests.models_server.toys import FOLDER


class Clock:
    """Real time, and as much more as a test says."""

    def __init__(self):
        self.ahead_s = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_host(clock):
    made = []

    def make(**limits):
        made.append(Host(Limits(**limits), Where(), clock))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """The file that the toy "counting" waits for."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path / "gate"


def ask(host, key, inputs, seconds=20.0):
    return host.submit(key, inputs, deadline_at=host.clock() + seconds)


def state(host, key):
    return next((model for model in host.facts()["models"] if model["key"] == key), None)


def until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


def test_a_model_is_loaded_once_and_only_when_it_is_asked(make_host):
    host = make_host()
    toys.loads.clear()
    assert host.facts()["models"] == []
    found = [ask(host, "toy:double.once", np.arange(3.0)) for _ in range(5)]
    assert [one.result(20).tolist() for one in found] == [[0, 2, 4]] * 5
    assert toys.loads == ["double.once"]
    assert state(host, "toy:double.once")["n_answered"] == 5


def test_what_waits_together_is_answered_together(make_host, gate):
    host = make_host()
    first = ask(host, "toy:counting.gate", ["a"])
    until(lambda: (state(host, "toy:counting.gate") or {}).get("is_answering"))
    rest = [ask(host, "toy:counting.gate", ["b", "c"]) for _ in range(10)]
    gate.touch()
    assert first.result(20) == [1]
    assert [one.result(20) for one in rest] == [[16, 16]] * 8 + [[4, 4]] * 2, "sixteen fit into one batch"
    assert state(host, "toy:counting.gate")["n_batches"] == 3


def test_arrays_of_other_shapes_wait_for_another_batch_and_long_ones_are_cut(make_host):
    host = make_host()
    shapes = [(3, 2), (2, 5), (1, 2), (40, 2)]
    arrays = [np.random.default_rng(0).normal(size=shape) for shape in shapes]
    found = [ask(host, "toy:double", one) for one in arrays]
    for one, array in zip(found, arrays, strict=True):
        assert np.array_equal(one.result(20), array * 2)
    before = state(host, "toy:double")["n_batches"]
    ask(host, "toy:double", np.zeros((33, 2))).result(20)
    assert state(host, "toy:double")["n_batches"] == before + 3
    assert ask(host, "toy:double", np.zeros((0, 2))).result(20).shape == (0, 2)


def test_a_full_queue_says_when_to_come_again_and_others_are_answered(make_host, gate):
    host = make_host(n_waiting=3)
    first = ask(host, "toy:counting.gate", ["a"])
    until(lambda: (state(host, "toy:counting.gate") or {}).get("is_answering"))
    waiting = [ask(host, "toy:counting.gate", ["b"]) for _ in range(3)]
    with pytest.raises(ModelBusy) as busy:
        ask(host, "toy:counting.gate", ["c"])
    assert busy.value.retry_after_s >= 1
    assert ask(host, "toy:double", np.ones(1)).result(20) == [2.0]
    waiting[0].cancel()
    late = ask(host, "toy:counting.gate", ["d"])
    gate.touch()
    assert [first.result(20), late.result(20)] == [[1], [3]], "whoever hung up has left the queue"


def test_the_one_that_was_not_used_for_longest_makes_room(make_host):
    host = make_host(memory_bytes=100 * MIB)
    for key in ("toy:big.40.a", "toy:big.40.b", "toy:big.40.a", "toy:big.40.c"):
        ask(host, key, [1]).result(20)
    assert {model["key"] for model in host.facts()["models"]} == {"toy:big.40.a", "toy:big.40.c"}
    assert host.facts()["n_evicted"] == 1
    assert host.facts()["n_bytes"] == 80 * MIB
    assert ask(host, "toy:big.40.b", [2]).result(20) == [2], "it comes back when it is asked for"
    assert host.stats["toy:big.40.b"].n_loads == 2


def test_a_model_that_answers_is_not_evicted(make_host, gate):
    host = make_host(memory_bytes=2 * MIB, room_wait_s=0.3)
    first = ask(host, "toy:counting.gate", ["a"])
    until(lambda: (state(host, "toy:counting.gate") or {}).get("is_answering"))
    with pytest.raises(ModelBusy):
        ask(host, "toy:big.2.a", [1]).result(20)
    gate.touch()
    assert first.result(20) == [1]
    host.limits = replace(host.limits, room_wait_s=30)
    assert ask(host, "toy:big.2.a", [1]).result(20) == [1], "being busy is not remembered as a failure"


def test_an_evicted_model_is_gone_from_memory(make_host):
    kept = []

    class Seen(toys.Big):
        closed = threading.Event()

        def close(self):
            self.closed.set()

    def load(name, where):
        model = Seen(name, where)
        kept.append(weakref.ref(model))
        return model

    register_loader("seen", load)
    host = make_host(memory_bytes=50 * MIB)
    ask(host, "seen:big.40.a", [1]).result(20)
    ask(host, "toy:big.40.b", [1]).result(20)
    gc.collect()
    assert Seen.closed.is_set()
    assert kept[0]() is None


def test_a_model_that_cannot_be_closed_may_come_back(make_host):
    class Clumsy(toys.Big):
        def close(self):
            raise OSError("a mistake of the model")

    register_loader("clumsy", Clumsy)
    host = make_host(memory_bytes=50 * MIB)
    for key in ("clumsy:big.40.a", "toy:big.40.b", "clumsy:big.40.a"):
        assert ask(host, key, [2]).result(20) == [2]
    assert host.facts()["n_evicted"] == 2


def test_larger_than_the_budget_is_refused_with_the_reason(make_host):
    host = make_host(memory_bytes=50 * MIB)
    with pytest.raises(ModelUnavailable, match="takes 60 MB") as refused:
        ask(host, "toy:big.60", [1]).result(20)
    assert refused.value.code == "too_large"


def test_a_failure_to_load_is_remembered_for_a_while(make_host, clock):
    host = make_host(failed_for_s=15)
    toys.loads.clear()
    with pytest.raises(ModelUnavailable, match="the weights are not there"):
        ask(host, "toy:broken", [1]).result(20)
    with pytest.raises(ModelUnavailable, match="the weights are not there") as again:
        ask(host, "toy:broken", [1])
    assert again.value.code == "load_failed"
    assert toys.loads == ["broken"]
    assert [one["key"] for one in host.facts()["failed"]] == ["toy:broken"]
    clock.ahead_s = 16
    with pytest.raises(ModelUnavailable):
        ask(host, "toy:broken", [1]).result(20)
    assert toys.loads == ["broken", "broken"]


def test_bad_inputs_of_one_caller_cost_nobody_else_an_answer(make_host, gate):
    host = make_host()

    class Gated(toys.Picky):
        def answer(self, inputs):
            until(gate.exists)
            return super().answer(inputs)

    register_loader("gated", Gated)
    first = ask(host, "gated:picky", np.ones(1))
    until(lambda: (state(host, "gated:picky") or {}).get("is_answering"))
    found = [ask(host, "gated:picky", np.array([value])) for value in (1.0, -1.0, 2.0)]
    gate.touch()
    assert [first.result(20), found[0].result(20), found[2].result(20)] == [[1.0], [1.0], [2.0]]
    with pytest.raises(ModelFailed, match="negative numbers") as failed:
        found[1].result(20)
    assert failed.value.code == "bad_value"


@pytest.mark.parametrize("name", ["buggy", "wrong.fewer", "wrong.set"])
def test_the_models_own_mistakes_are_its_own(make_host, name):
    host = make_host()
    with pytest.raises(ModelFailed):
        ask(host, f"toy:{name}", [1, 2]).result(20)
    assert ask(host, "toy:double", np.ones(1)).result(20) == [2.0]


@pytest.mark.parametrize("key", ["double", "toy:", "toy:../x", "Toy:double", "toy:a b", 'toy:a"b', "x" * 300, 5, None])
def test_what_is_no_key(make_host, key):
    with pytest.raises(BadRequest):
        ask(make_host(), key, [1])


@pytest.mark.parametrize("inputs", [5, "text", {}, np.float32(1), {"a": [1], "b": [1, 2]}, [0] * 70_000])
def test_what_is_no_batch(make_host, inputs):
    with pytest.raises(BadRequest):
        ask(make_host(), "toy:double", inputs)


def test_an_unknown_scheme(make_host):
    with pytest.raises(ModelUnavailable) as unknown:
        ask(make_host(), "nobody:knows", [1])
    assert unknown.value.code == "unknown_model"


def test_what_is_not_begun_by_its_deadline_is_never_begun(make_host, gate, clock):
    host = make_host()
    first = ask(host, "toy:counting.gate", ["a"], seconds=100)
    until(lambda: (state(host, "toy:counting.gate") or {}).get("is_answering"))
    late = ask(host, "toy:counting.gate", ["b"], seconds=10)
    clock.ahead_s = 11
    assert host.overlook() == []
    with pytest.raises(ModelTimedOut):
        late.result(20)
    gate.touch()
    assert first.result(20) == [1]


def test_a_model_that_hangs_refuses_its_queue_and_is_found_stuck(make_host, clock):
    host = make_host(stuck_s=60)
    ask(host, "toy:hang", [1], seconds=5)
    until(lambda: (state(host, "toy:hang") or {}).get("is_answering"))
    waiting = ask(host, "toy:hang", [2], seconds=50)
    assert host.overlook() == []
    clock.ahead_s = 10
    assert host.overlook() == [], "overdue is not stuck"
    with pytest.raises(ModelBusy) as busy:
        waiting.result(20)
    assert busy.value.code == "stuck"
    with pytest.raises(ModelBusy):
        ask(host, "toy:hang", [3])
    assert state(host, "toy:hang")["state"] == "stuck"
    assert ask(host, "toy:double", np.ones(1)).result(20) == [2.0]
    clock.ahead_s = 61
    assert host.overlook() == ["toy:hang"]


def test_loading_may_hang_too(make_host, clock):
    register_loader("slow", lambda name, where: threading.Event().wait())
    host = make_host(load_s=30)
    waiting = ask(host, "slow:a", [1], seconds=5)
    clock.ahead_s = 6
    assert host.overlook() == []
    with pytest.raises(ModelTimedOut):
        waiting.result(20)
    clock.ahead_s = 31
    assert host.overlook() == ["slow:a"]


def test_a_host_that_closes_tells_those_who_wait(make_host, gate):
    host = make_host()
    first = ask(host, "toy:counting.gate", ["a"])
    until(lambda: (state(host, "toy:counting.gate") or {}).get("is_answering"))
    waiting = ask(host, "toy:counting.gate", ["b"])
    closing = threading.Thread(target=host.close)
    closing.start()
    gate.touch()
    assert first.result(20) == [1], "what has begun is answered"
    with pytest.raises(ModelUnavailable):
        waiting.result(20)
    closing.join()


def test_where_refuses_what_no_machine_has():
    with pytest.raises(ValueError, match="tpu"):
        Where(device="tpu")
    with pytest.raises(ValueError, match="int3"):
        Where(dtype="int3")
    found = Where(device="cpu").resolved()
    assert (found.device, found.dtype) == ("cpu", "fp32")


class Telling:
    """Tells which thread answers; `any_thread` as its key says. Each answer waits for `gate` where it is set."""

    n_bytes, max_batch = MIB, 16

    def __init__(self, name, where):
        self.any_thread = name == "any"

    def answer(self, inputs):
        return [threading.get_ident()] * len(inputs)


@pytest.mark.parametrize("name", ["any", "one"])
def test_a_quick_idle_model_answers_in_its_callers_thread_if_it_minds_no_thread(name, make_host):
    register_loader("telling", Telling)
    host = make_host()
    key = f"telling:{name}"
    asking = lambda: host.submit(key, ["x"], deadline_at=host.clock() + 20, may_work=True)  # noqa: E731
    first = asking().result(20)
    until(lambda: state(host, key)["is_answering"] is False)
    again = asking()
    if name == "any":
        assert again.done(), "before submit returned"
        assert again.result() == [threading.get_ident()]
    else:
        assert again.result(20) == first != [threading.get_ident()], "always the same thread"
    assert ask(host, key, ["x"]).result(20) == first, "its own thread answers whoever does not work"
    assert state(host, key)["n_answered"] == 3


class Lent:
    """Quick at first; later it waits in its caller's thread until it may go on, and counts who closes it when."""

    n_bytes, max_batch, any_thread = MIB, 16, True
    go_on, entered = threading.Event(), threading.Event()
    closed_while = None

    def __init__(self, name, where):
        self.busy = False

    def answer(self, inputs):
        if inputs == ["wait"]:
            self.busy = True
            Lent.entered.set()
            assert Lent.go_on.wait(20)
            self.busy = False
        return [("together", len(inputs))] * len(inputs)

    def close(self):
        Lent.closed_while = self.busy


def test_what_comes_while_a_model_is_lent_waits_and_it_is_not_closed_under_its_caller(make_host):
    register_loader("lent", Lent)
    host = make_host()
    ask(host, "lent:a", ["x"]).result(20)
    until(lambda: state(host, "lent:a")["is_answering"] is False)
    given = dict(deadline_at=host.clock() + 60, may_work=True)
    caller = threading.Thread(target=lambda: host.submit("lent:a", ["wait"], **given))
    caller.start()
    assert Lent.entered.wait(20)
    waiting = [host.submit("lent:a", ["y"], **given) for _ in range(3)]
    assert not any(one.done() for one in waiting)
    assert state(host, "lent:a")["n_waiting"] == 3
    Lent.go_on.set()
    assert [one.result(20) for one in waiting] == [[("together", 3)]] * 3
    caller.join()
    host.close(10)
    assert Lent.closed_while is False


class Sociable:
    """Tells how many are answered together; long ones are answered alone."""

    n_bytes, max_batch = MIB, 16

    def __init__(self, name, where):
        self.began = False

    def joins(self, inputs):
        return inputs != ["long"]

    def answer(self, inputs):
        if inputs == ["first"]:
            assert Lent.go_on.wait(20)
        return [len(inputs)] * len(inputs)


def test_what_does_not_join_is_answered_alone(make_host):
    register_loader("sociable", Sociable)
    host = make_host()
    Lent.go_on.clear()
    first = ask(host, "sociable:a", ["first"])
    until(lambda: state(host, "sociable:a")["is_answering"])
    waiting = [ask(host, "sociable:a", [one]) for one in ("short", "long", "short", "long", "long")]
    Lent.go_on.set()
    assert first.result(20) == [1]
    assert [one.result(20) for one in waiting] == [[2], [1], [2], [1], [1]]
