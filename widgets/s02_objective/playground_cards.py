"""Beside the playground: its settings, and the text drawn beside the greedy one."""

from __future__ import annotations

import html

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simulator.errors import ConfigError
from widgets.controls import Card, ConfigForm, label
from widgets.reader import Reader
from widgets.s02_objective.playground_config import PlaygroundConfig
from widgets.s02_objective.writing import Writing
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
        self.texts = TwoTexts(self)
        self.body.addWidget(self.form)
        self.body.addWidget(self.problem)
        self.body.addWidget(self.texts, 1)
        self.form.changed.connect(self._changed)
        self.form.invalid.connect(self._invalid)

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


class TwoTexts(QWidget):
    """The text drawn, and what taking the likeliest every time gives; where they part stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reader = Reader(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.reader)
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
        shared = _shared(drawn, greedy) if greedy and greedy != drawn else 0
        parts = [f'<p class="source">drawn</p><p>{_marked(drawn, self._writing.prompt, shared)}</p>']
        if greedy:
            same = drawn == greedy
            head = "greedy: the same" if same else "greedy (temperature 0)"
            parts.append(f'<p class="source">{head}</p>')
            parts.append("" if same else f"<p>{_marked(greedy, self._writing.prompt, shared)}</p>")
        self.reader.set_html("".join(parts))


def _shared(one: str, other: str) -> int:
    """How many first letters agree."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _marked(text: str, prompt: str, shared: int) -> str:
    """A text as rich text: what two texts share is muted, what follows where they part stands out."""
    begin = len(prompt) if text.startswith(prompt) else 0
    cut = max(begin, min(shared, len(text)))
    head, middle, tail = (
        html.escape(part).replace("\n", "<br/>") for part in (text[:begin], text[begin:cut], text[cut:])
    )
    return f'<span class="prompt">{head}{middle}</span>{tail}'
