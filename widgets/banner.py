"""One quiet plate over the top of the tab for what went wrong: what happened, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets.icons import tinted_icon
from widgets.theme import theme


class Banner(QFrame):
    """Hidden until there is something to say; the latest message wins. It lies over ``area`` and moves nothing.

    Args:
        area: The widget over whose top it lies; its parent.
    """

    def __init__(self, area: QWidget) -> None:
        super().__init__(area)
        self._area = area
        area.installEventFilter(self)
        self._level = "warning"
        self._action: Callable[[], None] | None = None
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.action_button = QPushButton(self)
        self.action_button.setProperty("kind", "primary")
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
        self.raise_()
        self._place()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as wide as the area is."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the plate and its coloured edge."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = look.colour("accent" if self._level == "info" else self._level)
        plate, radius = QRectF(self.rect()).adjusted(1, 1, -1, -1), look.space("card_radius")
        painter.setPen(look.pen("line_strong", 1))
        painter.setBrush(look.colour("surface_raised"))
        painter.drawRoundedRect(plate, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(edge)
        bar = look.px(4)
        painter.drawRoundedRect(
            QRectF(look.px(10), look.px(10), bar, self.height() - look.px(20)), bar / 2, bar / 2
        )

    def _place(self) -> None:
        margin = theme().px(16)
        width = self._area.width() - 2 * margin
        height = max(self._row.heightForWidth(width), self._row.minimumSize().height())
        self.setGeometry(margin, theme().px(8), width, height)

    def _act(self) -> None:
        action = self._action
        self.hide()
        if action is not None:
            action()

    def _restyle(self) -> None:
        look = theme()
        self._row.setContentsMargins(look.px(26), look.px(8), look.px(12), look.px(8))
        self._row.setSpacing(look.px(12))
        self._close.setIcon(tinted_icon("close", "text_muted", look.px(14)))
        if self.isVisible():
            self._place()
        self.update()
