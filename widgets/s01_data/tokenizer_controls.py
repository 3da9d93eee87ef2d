"""The right column of the tokenizer view: what the merges are learned from, and a tokenizer to compare with."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from simulator.config import Config
from simulator.errors import ConfigError
from simulator.s01_data.tokenizer_config import TokenizerConfig
from widgets.controls import Card, ConfigForm, button, label
from widgets.controls.basics import set_tone
from widgets.controls.scroll_column import ScrollColumn
from widgets.elided import ElidedLabel
from widgets.s01_data.tokenizer_desk import TokenizerDesk
from widgets.workbench import Workbench

FORM = "tokenizer"


class TokenizerControls(Card):
    """The form of the merges; learning starts when the button is pressed, since it needs the engine."""

    def __init__(self, bench: Workbench, desk: TokenizerDesk, parent: QWidget | None = None) -> None:
        super().__init__("Learn the merges", parent)
        self._bench, self._desk = bench, desk
        self.form = ConfigForm(TokenizerConfig, remembered_config(bench).to_dict(), inline=True)
        self.learn_button = button(
            "Learn", "primary", "Learn the merges of these settings (the engine does it)"
        )
        self.message = label("", "small", "muted", wrap=True)
        self.open_button = button(
            "Open a file …", hint="Compare with any tokenizer of the tokenizers library"
        )
        self.close_button = button("Close", "quiet", "Compare without this tokenizer")
        self.file_name = ElidedLabel("", "small", "muted", self)
        self._build()
        self.form.changed.connect(self._changed)
        self.learn_button.clicked.connect(self.learn)
        self.open_button.clicked.connect(self._choose_file)
        self.close_button.clicked.connect(self._close_file)
        desk.told.connect(self._tell)
        desk.book_changed.connect(self._show_state)
        desk.text_changed.connect(self._show_state)
        self._show_state()

    def learn(self) -> None:
        """Learn the merges of the form's settings."""
        try:
            config = self.form.value()
        except ConfigError:
            return  # the form says what is wrong, by the field
        assert isinstance(config, TokenizerConfig)  # noqa: S101  the form was made for it
        self._bench.remember_form(FORM, config.to_dict())
        self._desk.learn(config)
        self._show_state()

    def open_file(self, path: str) -> None:
        """Compare with a tokenizer.json."""
        self._desk.open_file(path)
        self._show_state()

    def set_roomy(self, on: bool) -> None:
        """Set lines apart where there is height for it."""
        self.form.set_roomy(on)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a tokenizer.json", "", "Tokenizers (*.json);;All files (*)"
        )
        if path:
            self.open_file(path)

    def _close_file(self) -> None:
        self.open_file("")

    def _changed(self, config: Config) -> None:
        self._show_state()

    def _tell(self, words: str, bad: bool) -> None:
        self.message.setText(words or self._learned())
        set_tone(self.message, "bad" if bad else "muted")
        self._show_state()

    def _learned(self) -> str:
        book = self._desk.book
        counted = "" if book.whole else "; counted in a sample of its texts"
        return f"{len(book.merges):,} merges, learned from {book.name}{counted}."

    def _show_state(self) -> None:
        """Offer what makes sense now."""
        desk = self._desk
        new = self.form.values_dict() != desk.config.to_dict()
        self.learn_button.setVisible(new or desk.learning)
        self.learn_button.setEnabled(new and not desk.learning)
        self.learn_button.setText("Learning …" if desk.learning else "Learn")
        self.file_name.setText(Path(desk.path).name)
        self.file_name.setToolTip(desk.path)
        self.file_name.setVisible(bool(desk.path))
        self.close_button.setVisible(bool(desk.path))

    def _build(self) -> None:
        scroll = ScrollColumn(self)
        self.message.setText(self._learned())
        for part in (self.form, self.learn_button, self.message):
            scroll.column.addWidget(part)
        scroll.column.setAlignment(self.learn_button, Qt.AlignmentFlag.AlignLeft)
        scroll.column.addStretch(1)
        self.body.addWidget(scroll, 1)
        self.body.addWidget(label("Compare with another tokenizer", "small", "muted"))
        row = QHBoxLayout()
        row.addWidget(self.open_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        self.body.addLayout(row)
        self.body.addWidget(self.file_name)


def remembered_config(bench: Workbench) -> TokenizerConfig:
    """What was set when the window was last closed; the defaults where that no longer fits."""
    try:
        return TokenizerConfig.from_dict(bench.form_values(FORM))
    except ConfigError:
        return TokenizerConfig()
