"""One quiet line under the ribbon for what went wrong: what happened, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets.icons import tinted_icon
from widgets.theme import theme


class Banner(QFrame):
    """Hidden until there is something to say; the latest message wins."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level = "warning"
        self._action: Callable[[], None] | None = None
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.action_button = QPushButton(self)
        self.action_button.clicked.connect(self._act)
        self._close = QToolButton(self)
        self._close.setProperty("kind", "quiet")
        self._close.setAccessibleName("Close the message")
        self._close.setToolTip("Close the message (Escape)")
        self._close.clicked.connect(self.hide)
        layout = self._row = QHBoxLayout(self)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.action_button)
        layout.addWidget(self._close)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def say(
        self,
        message: str,
        hint: str = "",
        *,
        level: str = "warning",
        action: str = "",
        do: Callable[[], None] | None = None,
    ) -> None:
        """Show a message.

        Args:
            message: What happened and why.
            hint: What to do about it.
            level: ``info``, ``good``, ``warning`` or ``bad``.
            action: Words on the button, "" for none.
            do: What the button does; a bound method.
        """
        self._level, self._action = level, do
        self._words.setText(f"{message} {hint}".strip())
        self.action_button.setText(action)
        self.action_button.setVisible(bool(action))
        self.setAccessibleName(self._words.text())
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface and the coloured edge."""
        look, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), look.colour("surface_raised"))
        edge = "accent" if self._level == "info" else self._level
        painter.fillRect(0, 0, look.px(4), self.height(), look.colour(edge))

    def _act(self) -> None:
        action = self._action
        self.hide()
        if action is not None:
            action()

    def _restyle(self) -> None:
        look = theme()
        self._row.setContentsMargins(look.px(24), look.px(6), look.px(16), look.px(6))
        self._row.setSpacing(look.px(12))
        self._close.setIcon(tinted_icon("close", "text_muted", look.px(14)))
        self.update()
