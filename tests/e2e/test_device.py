"""The model in the browser: the same windows and the same answers as on the server, also without a connection."""

import hashlib

import numpy as np
import pytest
from playwright.sync_api import expect

from mlops.ml.abstention import Guard
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.online import OnlineWindower
from mlops.ml.windows import WindowSpec
from tests.e2e.site import ROOT

pytestmark = pytest.mark.browser

CUT = """async ([spec, channels, pushes]) => {
  const { OnlineWindower } = await import("/static/sessions/online_windower.js");
  const windower = new OnlineWindower(spec, channels);
  const whole = (values) => values.map((value) => value ?? NaN);
  const made = pushes.flatMap(([t, rows]) => windower.push(whole(t), rows.map(whole)));
  return { windows: made.map(({ start_s, end_s, x }) => [start_s, end_s, Array.from(x)]), nDropped: windower.nDropped };
}"""
SCORE = """async ([windows]) => {
  const { DeviceModel } = await import("/static/web/inference.js");
  const spec = await (await fetch("/api/v1/live/model/?layout=flextail")).json();
  const model = await DeviceModel.load(spec);
  return { labels: spec.labels, rows: await model.score(windows.map((w) => Float32Array.from(w))) };
}"""

GUARD = """async ([guard, length, windows, labels]) => {
  const { knows } = await import("/static/sessions/window_guard.js");
  return windows.map((window, n) => knows(guard, Float32Array.from(window), length, labels[n]));
}"""


def test_windows_and_answers_are_those_of_the_server(new_page):
    page = new_page("athlete")
    rng = np.random.default_rng(0)
    for spec, n_channels, rate in ((WindowSpec(20, 30, 7), 2, 33.0), (WindowSpec(50, 150, 50), 5, 50.0)):
        pushes = uneven(rng, rate, n_channels)
        windower = OnlineWindower(spec, n_channels)
        expected = [window for t, rows in pushes for window in windower.push(t, rows)]
        sent = [[blank(t), [blank(row) for row in rows]] for t, rows in pushes]
        found = page.evaluate(CUT, [spec.to_json(), n_channels, sent])
        assert found["nDropped"] == windower.n_dropped
        assert len(found["windows"]) == len(expected) > 3
        for (start, end, x), window in zip(found["windows"], expected, strict=True):
            assert (start, end) == (pytest.approx(window.start_s, abs=1e-9), pytest.approx(window.end_s, abs=1e-9))
            np.testing.assert_allclose(np.reshape(x, window.x.shape), window.x, atol=1e-5)

    scorer = OnnxScorer.open(ROOT / "mlops/champions/exercise/random_kernels")
    windows = rng.normal(size=(12, *scorer.window_shape)).astype(np.float32).cumsum(axis=1) / 10
    found = page.evaluate(SCORE, [windows.reshape(12, -1).tolist()])
    assert tuple(found["labels"]) == scorer.labels
    np.testing.assert_allclose(found["rows"], scorer.score_raw(windows), atol=1e-4)

    scales = np.repeat([0.01, 0.3, 1.0, 30.0], 15)[:, None, None]
    known = (rng.normal(size=(60, 40, 3)) * rng.uniform(0.5, 2, size=(60, 1, 1))).astype(np.float32)
    classes = np.arange(60) % 2
    guard = Guard.fit(known, classes, known, classes, 2)
    asked = (known * scales).astype(np.float32)
    found = page.evaluate(GUARD, [guard.to_json(), 40, asked.reshape(60, -1).tolist(), classes.tolist()])
    assert found == Guard.from_json(guard.to_json()).knows(asked, classes).tolist()
    assert len(set(found)) == 2


def uneven(rng, rate, n_channels):
    """Messages of uneven samples with jitter, a gap, a repeat, a step back and a NaN."""
    t = np.arange(0, 14, 1 / rate)
    t = t + rng.normal(0, 0.2 / rate, len(t))
    t[t > 6] += 2.5
    t[50] = t[49]
    t[80] = t[40]
    x = rng.normal(size=(len(t), n_channels)).astype(np.float32)
    x[60, 0] = np.nan
    cuts = np.sort(rng.choice(len(t), 60, replace=False))
    return [(piece_t, piece_x) for piece_t, piece_x in zip(np.split(t, cuts), np.split(x, cuts), strict=True)]


def blank(values):
    """JSON has no NaN."""
    return [None if np.isnan(value) else float(value) for value in values]


def test_the_live_page_answers_on_the_device(new_page, watch):
    page = new_page("athlete")
    page.goto("/live/?source=sample")
    page.locator("input[name=source][value=sample]").check(force=True)
    page.locator("input[name=speed][value='5']").check(force=True)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("checkbox", name="Run the model on this device").check()
    page.get_by_text("ms per window").wait_for()
    page.context.set_offline(True)
    page.get_by_text("No connection", exact=True).wait_for()
    before = page.locator("#live-clock").inner_text()
    page.wait_for_function("(before) => document.getElementById('live-clock').textContent !== before", arg=before)
    newest = page.locator("#live-timeline td").first
    expect(newest).not_to_have_text(newest.inner_text())
    page.context.set_offline(False)
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("link", name="Open the recording").wait_for(timeout=60_000)
    watch.faults[:] = [fault for fault in watch.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def test_the_runtime_is_the_one_that_was_reviewed():
    names = {
        "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
        "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
    }
    folder = ROOT / "static/vendor/onnxruntime"
    assert {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names} == names
