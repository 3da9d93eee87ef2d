"""Beside the playground: its settings, the text beside the greedy one, and the surprise of every draw."""

from __future__ import annotations

import html

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from simulator.errors import ConfigError
from widgets.controls import Card, ConfigForm, label
from widgets.plots import LivePlot
from widgets.reader import Reader
from widgets.s02_objective.playground_config import PlaygroundConfig
from widgets.s02_objective.writing import Writing
from widgets.theme import theme
from widgets.workbench import Workbench

_FORM = "playground"


class DrawCard(Card):
    """The settings of the draw; kept for next time.

    Attributes:
        changed: Carries a PlaygroundConfig.
    """

    changed = Signal(object)

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__("How a token is drawn", parent)
        self._bench = bench
        self.form = ConfigForm(PlaygroundConfig, self._kept_values(), inline=True)
        self.problem = label("", "small", "bad", wrap=True)
        self.problem.hide()
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._inner = QVBoxLayout(inner)
        self._inner.addWidget(self.form)
        self._inner.addStretch(1)
        scroll.setWidget(inner)
        self.body.addWidget(scroll, 1)
        self.body.addWidget(self.problem)
        self.form.changed.connect(self._changed)
        self.form.invalid.connect(self._invalid)
        theme().changed.connect(self._space)
        self._space()

    def config(self) -> PlaygroundConfig:
        """The settings as they are."""
        config = self.form.value()
        return config if isinstance(config, PlaygroundConfig) else PlaygroundConfig()

    def next_seed(self) -> None:
        """Go on to the next seed."""
        seed = (int(self.form.values_dict()["seed"]) + 1) % 10_000
        self.form.set_values({"seed": seed})

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is height to spare."""
        self.form.set_roomy(roomy)

    def _kept_values(self) -> dict[str, object]:
        try:
            return PlaygroundConfig.from_dict(self._bench.form_values(_FORM)).to_dict()
        except ConfigError:
            return {}

    def _changed(self, config: object) -> None:
        if isinstance(config, PlaygroundConfig):
            self.problem.hide()
            self._bench.remember_form(_FORM, config.to_dict())
            self.changed.emit(config)

    def _invalid(self, message: str) -> None:
        self.problem.setText(message)
        self.problem.show()

    def _space(self) -> None:
        self._inner.setContentsMargins(0, 0, theme().px(4), 0)


class TwoTextsCard(Card):
    """The text drawn, and what taking the likeliest every time gives; where they part stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The whole text, and the greedy one", parent)
        self.reader = Reader(self)
        self.body.addWidget(self.reader)
        self._writing: Writing | None = None
        self._greedy: Writing | None = None
        self._show()

    def forget(self) -> None:
        """Another run is on show."""
        self._writing = self._greedy = None
        self._show()

    def show_writing(self, writing: Writing) -> None:
        """A text was drawn."""
        self._writing = writing
        self._show()

    def show_greedy(self, writing: Writing) -> None:
        """The greedy text of the same prompt."""
        self._greedy = writing
        self._show()

    def _show(self) -> None:
        if self._writing is None:
            self.reader.set_html('<p class="source">Drawn text and greedy text, to compare.</p>')
            return
        drawn = self._writing.text
        greedy = self._greedy.text if self._greedy is not None else ""
        shared = _shared(drawn, greedy) if greedy else len(drawn)
        parts = [f'<p class="source">drawn</p><p>{_marked(drawn, self._writing.prompt, shared)}</p>']
        if greedy:
            same = drawn == greedy
            head = "greedy: the same" if same else "greedy (temperature 0)"
            parts.append(f'<p class="source">{head}</p>')
            parts.append("" if same else f"<p>{_marked(greedy, self._writing.prompt, shared)}</p>")
        self.reader.set_html("".join(parts))


class SurpriseCard(Card):
    """The surprise of the model at each token that was drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Surprise at each token drawn", "token", "bits")
        self.plot.set_empty_text("-log2 p of each token drawn.")
        self.plot.add_series("surprise", "", "accent")
        self.body.addWidget(self.plot)

    def forget(self) -> None:
        """Another run is on show."""
        self.plot.set_series("surprise", np.zeros(0), np.zeros(0))

    def show_writing(self, writing: Writing) -> None:
        """Draw the surprises of a text."""
        values = np.array([step.surprise for step in writing.steps])
        self.plot.set_series("surprise", np.arange(1, len(values) + 1), values)
        self.plot.set_x_range(1, max(2, len(values)))
        self.plot.set_note(f"mean {values.mean():.2f} bits" if len(values) else "")


def _shared(one: str, other: str) -> int:
    """How many first letters agree."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _marked(text: str, prompt: str, shared: int) -> str:
    """A text as rich text: the prompt and what follows where two texts part told apart."""
    begin = len(prompt) if text.startswith(prompt) else 0
    cut = max(begin, shared)
    head, middle, tail = (
        html.escape(part).replace("\n", "<br/>") for part in (text[:begin], text[begin:cut], text[cut:])
    )
    return f'<span class="prompt">{head}</span>{middle}' + (f"<b>{tail}</b>" if tail else "")
