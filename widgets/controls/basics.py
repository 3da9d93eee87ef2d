"""The small pieces: labels, buttons, cards, big numbers, folds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets.controls.icons import draw_icon
from widgets.theme import theme


def label(text: str = "", role: str = "body", tone: str = "text", wrap: bool = False) -> QLabel:
    """A label.

    Args:
        text: Plain words; markup is shown as it is.
        role: title, section, body, small, number, mono or mono_small.
        tone: text, muted, accent, good, warning, bad, or a data hue.
        wrap: Breaks its lines, and always claims the height that it then needs.
    """
    made = _WrappedLabel(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    return made


class _WrappedLabel(QLabel):
    """A label of several lines. Qt's own lets itself be squeezed below the height that its width asks for."""

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Change the words."""
        super().setText(text)
        self._claim_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width, another height."""
        super().resizeEvent(event)
        self._claim_height()

    def changeEvent(self, event: QEvent) -> None:
        """Another font, another height."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._claim_height()

    def _claim_height(self) -> None:
        claimed = self.minimumHeight()
        self.setMinimumHeight(0)  # or Qt counts the old claim into what is needed
        needed = max(0, self.heightForWidth(self.width()))
        if needed or claimed:
            self.setMinimumHeight(needed)


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a label another tone."""
    set_look(widget, "tone", tone)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Change a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(text: str, kind: str = "", hint: str = "") -> QPushButton:
    """A push button; ``kind`` is "" (plain), "primary", "quiet" or "link"."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if hint:
        made.setToolTip(hint)
    return made


class IconButton(QAbstractButton):
    """A button that is an icon; ``filled`` makes it round and accent-coloured.

    Args:
        icon: Name of the icon.
        hint: What it does: tool tip and name for screen readers.
        size: Side in pixels at scale 1.
    """

    def __init__(
        self, icon: str, hint: str, size: float = 32, filled: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._size = size
        self._filled = filled
        self.set_hint(hint)
        # A click does not take the keyboard away from where it was, nor draw a focus ring.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.updateGeometry)

    def set_icon(self, icon: str, hint: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.set_hint(hint)
        self.update()

    def set_hint(self, hint: str) -> None:
        """Say what it does."""
        self.setToolTip(hint)
        self.setAccessibleName(hint)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(theme().px(self._size), theme().px(self._size))

    def minimumSizeHint(self) -> QSize:
        """As large as it likes to be."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint plate, focus ring and icon."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = float(min(self.width(), self.height()))
        plate = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        ring = look.px(2)
        plate.adjust(ring, ring, -ring, -ring)
        ink = "text_muted"
        if self._filled:
            ink = "on_accent" if self.isEnabled() else "text_muted"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent" if self.isEnabled() else "surface_raised"))
            painter.drawEllipse(plate)
            if self.underMouse() and self.isEnabled():
                painter.setBrush(look.colour("text", 0.12))
                painter.drawEllipse(plate)
        elif self.underMouse() and self.isEnabled():
            ink = "text"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("surface_raised"))
            painter.drawEllipse(plate)
        if self.hasFocus():
            painter.setPen(look.pen("text" if self._filled else "accent", 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(plate)
        inset = plate.width() * (0.29 if self._filled else 0.23)
        colour = look.colour(ink, 1.0 if self.isEnabled() else 0.5)
        draw_icon(painter, self._icon, plate.adjusted(inset, inset, -inset, -inset), colour)
        painter.end()


class Card(QFrame):
    """A rounded surface without a border; add to ``body``. It may have a title, and a note right of it."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.body = QVBoxLayout(self)
        self._title = label(title, "section")
        self._note = label("", "small", "muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._head = QWidget(self)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._title, 1)
        row.addWidget(self._note)
        self.body.addWidget(self._head)
        self._show_head()
        self._restyle()
        theme().changed.connect(self._restyle)

    def set_title(self, title: str, tone: str = "text") -> None:
        """Change the title; "" hides it."""
        self._title.setText(title)
        set_tone(self._title, tone)
        self._show_head()

    def set_note(self, note: str, tone: str = "muted") -> None:
        """Change the note at the right of the title."""
        self._note.setText(note)
        set_tone(self._note, tone)
        self._show_head()

    def _show_head(self) -> None:
        self._head.setVisible(bool(self._title.text() or self._note.text()))

    def _restyle(self) -> None:
        padding = theme().space("card_padding")
        self.body.setContentsMargins(padding, padding, padding, padding)
        self.body.setSpacing(theme().px(12))


class BigNumber(QWidget):
    """A measured or computed number: what it is, its value, its unit."""

    def __init__(self, name: str, value: str = "–", unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = label(name, "small", "muted")
        self._value = label(value, "number")
        self._unit = label(unit, "body", "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._row = QHBoxLayout()
        self._column.addWidget(self._name)
        self._column.addLayout(self._row)
        self._row.addWidget(self._value, 0, Qt.AlignmentFlag.AlignBaseline)
        self._row.addWidget(self._unit, 1, Qt.AlignmentFlag.AlignBaseline)
        self._restyle()
        theme().changed.connect(self._restyle)

    def set_value(self, value: str, unit: str | None = None, tone: str = "text") -> None:
        """Show a value, as text; ``unit`` None keeps the unit."""
        self._value.setText(value)
        set_tone(self._value, tone)
        if unit is not None:
            self._unit.setText(unit)

    def _restyle(self) -> None:
        self._column.setSpacing(theme().px(2))
        self._row.setSpacing(theme().px(6))


class Fold(QWidget):
    """A heading that opens and closes what is in ``body``.

    Attributes:
        toggled: It was opened (True) or closed.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, is_open: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = _FoldButton(title, self)
        self._button.setChecked(is_open)
        self._content = QWidget(self)
        self._content.setVisible(is_open)
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._button)
        self._column.addWidget(self._content)
        self._button.toggled.connect(self._toggle)
        self._restyle()
        theme().changed.connect(self._restyle)

    @property
    def is_open(self) -> bool:
        """Whether its content is shown."""
        return self._button.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Open or close it."""
        self._button.setChecked(is_open)

    def _toggle(self, is_open: bool) -> None:
        self._content.setVisible(is_open)
        self.toggled.emit(is_open)

    def _restyle(self) -> None:
        self._column.setSpacing(theme().px(12))
        self.body.setSpacing(theme().px(12))


class _FoldButton(QAbstractButton):
    """A line of text with a chevron that points right when closed and down when open."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """The text and its chevron."""
        measures = theme().metrics("small")
        return QSize(round(measures.horizontalAdvance(self.text())) + theme().px(28), theme().px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint chevron, text and focus ring."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = look.colour("text" if self.underMouse() else "text_muted")
        side = look.px(12)
        area = QRectF(look.px(2), (self.height() - side) / 2, side, side)
        draw_icon(painter, "down" if self.isChecked() else "right", area, colour)
        painter.setPen(colour)
        painter.setFont(look.font("small"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect().adjusted(look.px(20), 0, 0, 0), flags, self.text())
        if self.hasFocus():
            painter.setPen(look.pen("accent", 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), look.px(4), look.px(4))
        painter.end()
