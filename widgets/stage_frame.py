"""Where things stand in a tab: title, scene over lab, the right column; whole at every size."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.stages import Stage
from widgets.controls import SegmentedControl
from widgets.plain_words import PlainWordsCard
from widgets.stage_mode import Mode, call, polish
from widgets.stage_parts import StageHeader
from widgets.theme import theme

SIDE_WIDTH = 308
NARROW_SIDE_WIDTH = 296
WIDE_SIDE_WIDTH = 356
_WIDE = 1600
_NARROW = 1180
_LOW = 690
_ROOMY = 800
_CRAMPED = 545
_SMALLEST_WITH_SIDE = 820
_LOW_STRIP = 190
_HIGHEST_STRIP = 320
_ANY = 16_777_215


class StageFrame(QWidget):
    """Title, columns and cards of a tab, arranged for its size. :class:`StageTab` fills it with modes.

    Args:
        stage: The stage.
        parent: Qt parent.

    Attributes:
        header: Title, sentence and switch.
        switch: Chooses the mode.
        parts: Chooses scene or lab, where there is no height for both.
        plain_words: The card under the controls.
    """

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._presenting = False
        self._modes: dict[str, Mode] = {}
        self._mode = ""
        self._widest = 0
        self.header = StageHeader(stage, self)
        self.plain_words = PlainWordsCard(stage, self)
        self.plain_words.opened.connect(self._fit_words)
        self._left, self._right = QVBoxLayout(), QVBoxLayout()
        self._side = QWidget(self)
        self._side.setLayout(self._right)
        self._right.setContentsMargins(0, 0, 0, 0)
        self._right.addWidget(self.plain_words)
        self._columns = QHBoxLayout()
        self._columns.addLayout(self._left, 1)
        self._columns.addWidget(self._side)
        self.switch = self._switch("What this tab shows", [])
        self.parts = self._switch("What to show", [("scene", "Scene"), ("lab", "Lab")])
        self.parts.chosen.connect(self._arrange)
        self.header.set_switch(self.switch)
        self.header.add(self.parts)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.header)
        self._box.addLayout(self._columns, 1)
        theme().changed.connect(self._restyle)

    def _switch(self, name: str, choices: list[tuple[str, str]]) -> SegmentedControl:
        made = SegmentedControl(choices, self)
        made.setAccessibleName(name)
        made.set_dense()
        made.hide()
        return made

    def set_presenting(self, on: bool) -> None:
        """Leave only what an audience needs, or bring all back."""
        self._presenting = on
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._restyle()

    def event(self, event: QEvent) -> bool:
        """Something in it wants another size."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self._modes:
            self._fit_header()
            self._fit_words()
        return done

    def _restyle(self) -> None:
        self._widest = 0
        self._arrange()

    def is_narrow(self) -> bool:
        """Whether the window is as narrow as an old projector, in the theme's scale."""
        return self.width() < theme().px(_NARROW)

    def is_low(self) -> bool:
        """Whether there is little height, in the theme's scale."""
        return self.height() < theme().px(_LOW)

    def _arrange(self) -> None:
        look = theme()
        gap = look.space("column_gap") if not self.is_low() else look.px(12)
        self._box.setContentsMargins(look.px(24), look.px(12 if self.is_low() else 20), look.px(24), gap)
        self._box.setSpacing(gap)
        for layout in (self._columns, self._left, self._right):
            layout.setSpacing(gap)
        if self._mode:
            mode = self._modes[self._mode]
            for other in self._modes.values():
                self._place_numbers(other)
            self._show_part(mode, gap)
            call(mode.controls, "set_roomy", self.height() >= look.px(_ROOMY))
        self._fit_header()
        wide = self.width() >= look.px(_WIDE)
        width = WIDE_SIDE_WIDTH if wide else NARROW_SIDE_WIDTH if self.is_narrow() else SIDE_WIDTH
        self._side.setFixedWidth(look.px(width))
        self._side.setVisible(not (self._presenting and self.width() < look.px(_SMALLEST_WITH_SIDE)))
        self._fit_words()

    def _fit_words(self) -> None:
        """The plain words get the height that controls and numbers leave."""
        if not self._mode:
            return
        mode, gap, card = self._modes[self._mode], self._right.spacing(), self.plain_words
        parts = [part for part in (mode.controls, mode.numbers) if part is not None]
        parts = [part for part in parts if self._right.indexOf(part) >= 0]
        for part in parts:
            polish(part)
        height = self._column_height()
        used = sum(
            part.sizeHint().height() + gap
            for part in parts
            if part is mode.controls or part.isVisibleTo(self)
        )
        card.take_room(self._side.minimumWidth(), height - used)
        # In a cramped window the controls are worth more than words; words that were asked for cover them.
        card.setVisible(mode.controls is None or self.height() >= theme().px(_CRAMPED))
        if mode.controls is not None:
            least = sum(part.minimumSizeHint().height() + gap for part in parts)
            mode.controls.setVisible(not (card.is_open and card.minimumHeight() + least > height))

    def _column_height(self) -> int:
        """Height of the columns, also while a new size is not laid out yet."""
        margins = self._box.contentsMargins()
        header = max(self.header.minimumHeight(), self.header.sizeHint().height())
        return self.height() - margins.top() - margins.bottom() - header - self._box.spacing()

    def _show_part(self, mode: Mode, gap: int) -> None:
        """Scene and lab under each other; one of them where there is no height for both."""
        look = theme()
        cramped = self.height() < look.px(_CRAMPED) and mode.strip is not None
        self.parts.setVisible(cramped)
        # Where there is too little height for all, the scene gives way, not the title and the switch.
        mode.scene.setMinimumHeight(1 if self.height() < look.px(_CRAMPED) else 0)
        lab = self.parts.current() == "lab"
        mode.scene.setVisible(not cramped or not lab)
        if mode.numbers is not None:
            mode.numbers.setVisible(self.height() >= look.px(_CRAMPED) or lab)
        if mode.strip is None:
            return
        mode.strip.setVisible(not cramped or lab)
        layout = mode.strip.layout()
        if layout is not None:
            layout.setSpacing(gap)
        height = (
            look.px(_LOW_STRIP) if self.is_low() else max(look.px(_LOW_STRIP), round(self.height() * 0.3))
        )
        mode.strip.setMinimumHeight(0 if cramped else min(height, look.px(_HIGHEST_STRIP)))
        mode.strip.setMaximumHeight(_ANY if cramped else min(height, look.px(_HIGHEST_STRIP)))

    def _fit_header(self) -> None:
        """Room beside the title for the widest and the highest mode, so that nothing jumps from one to the next."""
        modes, look = self._modes.values(), theme()
        for mode in modes:
            if mode.numbers is not None:
                polish(mode.numbers)
        sizes = [mode.numbers.sizeHint() for mode in modes if mode.numbers and mode.numbers.in_row]
        turns = self.height() < look.px(_CRAMPED) and any(mode.strip is not None for mode in modes)
        beside = max((size.width() for size in sizes), default=0)
        beside += self.parts.sizeHint().width() + look.px(16) if turns else 0
        self._widest = max(self._widest, beside)  # or it would jump as the numbers grow and shrink
        self.header.fit(self.width() - 2 * look.px(24), self._widest)
        layout = self.header.layout()
        own = layout.minimumSize().height() if layout is not None else 0  # a height set here takes its place
        self.header.setMinimumHeight(max((own, *(size.height() for size in sizes))))

    def _place_numbers(self, mode: Mode) -> None:
        numbers = mode.numbers
        if numbers is None:
            return
        numbers.set_short(self.is_low() and self.is_narrow())
        if numbers.in_row == self.is_low():
            return
        numbers.set_row(self.is_low())
        if self.is_low():
            self._right.removeWidget(numbers)
            self.header.add(numbers)
        else:
            self.header.remove(numbers)
            self._right.insertWidget(self._right.count() - 1, numbers)
