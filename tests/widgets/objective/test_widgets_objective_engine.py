"""The four modes with the real engine: two tiny runs, then a text of the user in each."""

from __future__ import annotations

import pytest

from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.s02_objective.geometry.sampling import SamplingScene
from widgets.settings import WindowSettings

TINY = {"size": "0.1M", "steps": 12, "batch": 4, "sequence": 32, "documents": 400, "vocabulary": 300}


@pytest.fixture
def window(qtbot, tmp_path):
    window = make_window(
        WindowOptions(stage="s02_objective", device="cpu", runs=tmp_path / "runs"), WindowSettings()
    )
    window.show()
    yield window
    window.close()
    window.deleteLater()
    qtbot.wait(1)


@pytest.mark.slow
@pytest.mark.timeout(600)  # two runs and some dozen questions; slow where the machine is shared
def test_two_runs_feed_every_mode_and_every_mode_answers_a_text(qtbot, window):
    panel = window.tab("s02_objective")
    qtbot.waitUntil(lambda: window.bench.bridge.state == "ready", timeout=90_000)
    panel.controls.form.set_values(TINY)
    panel.controls.run_bar.buttons["start"].click()
    runs, pairs = window.bench.view("pretrain"), window.bench.view("objectives")
    qtbot.waitUntil(lambda: runs.live is not None and runs.live.state == "done", timeout=90_000)
    assert panel.hero.reading.objective == "causal"

    panel.set_mode("side")
    panel.side_controls.form.set_values(TINY)
    panel.side_controls.run_bar.buttons["start"].click()
    qtbot.waitUntil(lambda: pairs.live is not None and pairs.live.state == "done", timeout=120_000)
    left, right = panel.side.scene.lanes
    assert left.writing.method == "left to right"
    assert right.writing.method == "one mask at a time"
    assert left.verdict.startswith("Grammar")
    assert left.summary.startswith("All ")
    panel.side.field.setText("Nia has")
    qtbot.waitUntil(lambda: panel.side.scene.lanes[1].prompt == ("Nia", " has"), timeout=30_000)

    panel.set_mode("objectives")
    panel.hero.set_objective("masked")
    assert panel.hero.weights.model == "right"
    assert panel.hero.reading.objective == "masked"
    panel.hero.field.setText("Nia has a red fox and lives by the mill.")
    for key in ("masked", "spans", "prefix", "infill"):
        panel.hero.set_objective(key)
        qtbot.waitUntil(
            lambda key=key: panel.hero.reading is not None and panel.hero.reading.objective == key,
            timeout=30_000,
        )
        reading = panel.hero.reading
        assert reading.visible.shape == (reading.positions, reading.positions)
        assert sorted(place for place in reading.origins if place >= 0) == list(
            range(len(reading.text_tokens))
        )
        hidden = reading.hidden_places()
        panel.hero.draw_button.click()
        qtbot.waitUntil(
            lambda hidden=hidden: (
                panel.hero.reading is not None and panel.hero.reading.hidden_places() != hidden
            ),
            timeout=30_000,
        )

    panel.set_mode("inside")
    assert panel.inside.scene.frames[-1].step == 12
    panel.inside.field.setText("Nia has")
    count = len(runs.history.checkpoints)
    qtbot.waitUntil(
        lambda: panel.inside.scene is not None and len(panel.inside.scene.frames) == count
        and panel.inside.scene.tokens[0] == "[start]" and len(panel.inside.scene.tokens) < 10,
        timeout=60_000,
    )  # fmt: skip

    panel.set_mode("generate")
    panel.playground.field.setText("Nia")
    qtbot.waitUntil(
        lambda: panel.playground.writing is not None and panel.playground.writing.prompt == "Nia",
        timeout=30_000,
    )
    scene = panel.playground.canvas.scene
    assert isinstance(scene, SamplingScene)
    assert all(step.index >= 0 for step in scene.writing.steps)
    panel.draw.form.set_values({"temperature": 0.0})
    qtbot.waitUntil(lambda: panel.playground.canvas.scene.knobs.temperature == 0.0, timeout=30_000)
    assert all(step.choices[step.index].final == 1.0 for step in panel.playground.writing.steps)
    assert panel.playground.message.text() == ""
