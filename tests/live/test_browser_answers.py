"""What pages show of an answer that was withheld, and what the browser decides by itself (no site, no network)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops.ml.abstention import Guard
from mlops.ml.decision import LabelDecider

STAGE = """({ FlexTailSocketBridge }, messages) => {
    document.body.innerHTML = `<p id="detected-exercise"></p><progress id="live-confidence"></progress>
        <p id="live-confidence-text"></p><dl id="class-probabilities"></dl>`;
    const bridge = new FlexTailSocketBridge();
    const words = (selector) => document.querySelector(selector)?.textContent ?? null;
    return messages.map((data) => {
        bridge.handleMessage({ event: "classification_result", data });
        return [words("#detected-exercise"), words("#live-confidence-text"), words("dt.is-best"),
            document.querySelector("#live-confidence").value];
    });
}"""


def answer(at: float = 0.0, exercise: str = "squat", confidence: float = 0.8, **more: Any) -> dict[str, Any]:
    """A classification_result as the server tells it."""
    probabilities = {"squat": 0.1, "row": 0.1, exercise: confidence}
    facts = {"exercise": exercise, "confidence": confidence, "probabilities": probabilities, "abstained": False}
    return facts | {"reason": "", "start_s": at, "end_s": at + 3.0} | more


WITHHELD = {"abstained": True, "reason": "unsure", "confidence": 0.4}


def test_a_withheld_answer_looks_sure_of_nothing(run):
    said, withheld = run("flextail_bridge.js", STAGE, [answer(), answer(**WITHHELD)])
    assert said == ["Squat", "80.0 %", "Squat", 0.8]
    assert withheld == ["No exercise", "", None, 0]


TIMELINE = """({ Timeline }, answers) => {
    document.body.innerHTML = `<table><tbody id="body"></tbody></table><p id="empty"></p><p id="counts"></p>`;
    const at = (id) => document.getElementById(id);
    const [body, empty, counts] = ["body", "empty", "counts"].map(at);
    const timeline = new Timeline({ body, empty, counts, title: (name) => name, begin: () => 0 });
    answers.forEach((one) => timeline.add(one));
    const words = (row) => [row.querySelector("th").textContent, row.lastChild.textContent];
    return [...at("body").querySelectorAll("tr")].map(words);
}"""


def test_the_timeline_is_as_sure_as_the_answers_that_said_so(run):
    answers = [answer(n / 2, announced="squat") for n in range(4)]
    answers += [answer(2 + n / 2, announced="squat", **WITHHELD) for n in range(4)]  # announced for a while yet
    answers += [answer(4 + n / 2, announced=None, **WITHHELD) for n in range(4)]
    answers += [answer(6 + n / 2, exercise="row", announced="rest") for n in range(4)]
    assert run("live_timeline.js", TIMELINE, answers) == [["rest", ""], ["No exercise", ""], ["squat", "80.0 %"]]


WRONG = """({ initWrong }, answer) => {
    document.body.innerHTML = `<button id="live-wrong"></button><dialog id="wrong-dialog"><p id="wrong-window"></p>
        <div id="wrong-labels"></div></dialog>`;
    const labels = ["squat", "row", "other"].map((name) => ({ name, title: name.toUpperCase() }));
    const sent = [];
    initWrong({ answer, begin: 0, labels, bridge: { title: (name) => name }, timeline: {} }, (one) => sent.push(one));
    document.getElementById("live-wrong").click();
    const buttons = [...document.querySelectorAll("#wrong-labels button")];
    const open = buttons.filter((button) => !button.disabled).map((button) => button.textContent);
    buttons[0].click();
    return { open, sent, words: document.getElementById("wrong-window").textContent };
}"""


STRETCH = """({ initWrong }, windows) => {
    document.body.innerHTML = `<button id="live-wrong"></button><dialog id="wrong-dialog"><p id="wrong-window"></p>
        <div id="wrong-labels"></div></dialog>`;
    const labels = ["squat", "row"].map((name) => ({ name, title: name }));
    const [sent, timeline] = [[], {}];
    const wrong = initWrong({ begin: 0, labels, bridge: { title: (name) => name }, timeline }, (one) => sent.push(one));
    timeline.onPick({ label: "squat", windows });
    document.querySelector("#wrong-labels button:not(:disabled)").click();
    const said = sent.length;
    wrong.corrected({ label: "row" });
    wrong.corrected({ label: "row" });
    const undo = document.querySelectorAll(".undo");
    undo[0].click();
    return { n_toasts: undo.length, said: sent.slice(0, said), undone: sent.slice(said) };
}"""


def test_a_stretch_is_corrected_by_windows_that_do_not_overlap_and_once_undone(run):
    windows = [[start / 2, start / 2 + 3] for start in range(20, 34)]
    found = run("live_wrong.js", STRETCH, windows)
    where = [{"start_s": start, "end_s": start + 3} for start in (10, 13, 16)]
    assert found["said"] == [{**one, "label": "row"} for one in where]
    assert found["undone"] == [{**one, "label": None} for one in where]
    assert found["n_toasts"] == 1


def test_every_label_may_be_chosen_where_nothing_was_named(run):
    found = run("live_wrong.js", WRONG, answer(1.0, **WITHHELD))
    assert found["open"] == ["SQUAT", "ROW", "OTHER"], "the withheld class too"
    assert found["sent"] == [{"start_s": 1, "end_s": 4, "label": "squat"}]
    assert "the model recognised no exercise" in found["words"]
    found = run("live_wrong.js", WRONG, answer(1.0))
    assert found["open"] == ["ROW", "OTHER"], "what was said needs no correction"
    assert (found["sent"], "recognised “squat”" in found["words"]) == ([], True)


BOARD = """({ BoardRow }, updates) => {
    document.body.innerHTML = `<table><tr id="row"><th class="board-name">Ama</th>` + ["now", "set", "heart", "signal",
        "since", "watch", "generated"].map((name) => `<td data-cell="${name}"></td>`).join("") + "</tr></table>";
    const row = new BoardRow(document.getElementById("row"));
    return updates.map((one) => { row.show({ live: true, session: "1", ...one }); return row.cells.now.textContent; });
}"""


def test_the_board_is_as_sure_as_the_answer_that_named_it(run):
    update = {"exercise": "squat", "confidence": 0.8, "abstained": False, "announced": "squat"}
    shown = run(
        "live_board_row.js",
        BOARD,
        [
            update,
            update | {"abstained": True, "confidence": 0.4},
            update | {"exercise": "row"},
            update | {"announced": None},
        ],
    )
    assert shown == ["Squat80.0 %", "Squat", "Squat", "No exercise"]


def test_the_browser_decides_as_the_server_does(run):
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(40, 30, 2)).astype(np.float32) * np.where(np.arange(40) < 30, 1.0, 30.0)[
        :, None, None
    ].astype(np.float32)
    scores = rng.dirichlet((1.0, 1.0, 1.0), 40)
    guard = Guard.fit(windows[:20], np.arange(20) % 3, windows[:20], np.arange(20) % 3, 3)
    decider = LabelDecider(("squat", "row", "other"), 0.5, guard)
    spec = {
        "labels": decider.labels,
        "no_exercise": sorted(decider.silent),
        "abstain_below": decider.abstain_below,
        "guard": guard.to_json(),
        "window_spec": {"length": 30},
        "title": "t",
        "version": 1,
    }
    expected = decider.decide(scores, windows)
    found = run(
        "live_device.js",
        "({ answerOf }, { spec, cases }) => cases.map(([x, row]) => answerOf(spec, { x, start_s: 0, end_s: 1 }, row))",
        {"spec": spec, "cases": list(zip(windows.reshape(40, -1).tolist(), scores.tolist(), strict=True))},
    )
    assert [(one["exercise"], one["reason"]) for one in found] == [(one.label, one.reason) for one in expected]
    assert [one["abstained"] for one in found] == [one.abstained for one in expected]
    assert {one.reason for one in expected} == {"", "none", "unsure", "unlike"}
