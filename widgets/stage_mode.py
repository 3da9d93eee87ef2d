"""One of the things that a tab can show: its widgets, and what they may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from widgets.run_view import RunView
from widgets.scene.transport import Transport
from widgets.stage_parts import NumbersRow


@dataclass(kw_only=True)
class Mode:
    """One of the things that a tab can show.

    Attributes:
        key: Its name, the same in the settings and in the names of screenshots.
        words: What the switch says.
        scene: The hero. With a ``transport`` it is driven by keys and clicker; ``rest()`` brings it to where it says
            the most; ``show_view(view)`` is called when the run on show has news.
        strip: The box with the lab's cards, or None.
        cards: What has ``show_history(history)``: cards and numbers.
        controls: What stands in the right column, or None.
        numbers: The big numbers, or None.
        view: The run on show, or None.
        note: Plain words to say while no run has anything to say: heading and text.
        diagnosed: Whether a diagnosis of the run is said in place of the note.
        stale: Whether the run has news that this mode has not shown.
    """

    key: str
    words: str
    scene: QWidget
    strip: QWidget | None
    cards: tuple[QWidget, ...]
    controls: QWidget | None
    numbers: NumbersRow | None
    view: RunView | None
    note: tuple[str, str]
    diagnosed: bool = True
    stale: bool = True

    @property
    def transport(self) -> Transport | None:
        """What plays the scene, if it can be played."""
        return getattr(self.scene, "transport", None)

    def parts(self) -> list[QWidget]:
        """All that is in sight only in this mode."""
        return [part for part in (self.scene, self.strip, self.controls, self.numbers) if part is not None]


def polish(part: QWidget) -> None:
    """Give what was not in sight yet its fonts, without which it does not know how large it will be."""
    for widget in (part, *part.findChildren(QWidget)):
        widget.ensurePolished()


def call(part: QWidget | None, name: str, *arguments: Any) -> None:
    """Call what a part may or may not have."""
    method = getattr(part, name, None)
    if method is not None:
        method(*arguments)
