"""The current theme: colours, pens, fonts and sizes as Qt wants them."""

from __future__ import annotations

from functools import cache

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QFontDatabase, QFontMetricsF, QPalette, QPen, qRgb
from PySide6.QtWidgets import QApplication

from widgets.theme.style_sheet import build_style_sheet
from widgets.theme.tokens import Tokens, contrast_ratio, load_tokens

_SEMI_BOLD = frozenset({"title", "section", "number"})
_MONO = frozenset({"mono", "mono_small"})
_SANS_FAMILIES = ("Inter", "Inter Variable")
_MONO_FAMILIES = ("JetBrains Mono", "JetBrainsMono Nerd Font")
SMALLEST_SCALE, LARGEST_SCALE = 0.5, 4.0


class Theme(QObject):
    """What everything drawn asks for its looks. There is one, :func:`theme`; it emits ``changed``.

    Colours are asked for by token name; ``"parameters@0.3"`` is the token at 30 % opacity.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tokens = load_tokens("dark")
        self._scale = 1.0
        self._reduce_motion = False
        self._colours: dict[tuple[str, float], QColor] = {}
        self._ramps: dict[tuple[str, int], list[int]] = {}
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}

    @property
    def tokens(self) -> Tokens:
        """The plain tokens behind it."""
        return self._tokens

    @property
    def name(self) -> str:
        """The name of the theme: "dark" or "light"."""
        return self._tokens.name

    @property
    def scale(self) -> float:
        """The factor on all sizes: 1, or 1.6 when presenting."""
        return self._scale

    @property
    def reduce_motion(self) -> bool:
        """Whether scenes jump from mark to mark in place of moving."""
        return self._reduce_motion

    def set_reduce_motion(self, on: bool) -> None:
        """Turn motion down, or up again."""
        if on != self._reduce_motion:
            self._reduce_motion = on
            self.changed.emit()

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """The colour of a token. Do not change the returned object: it is shared.

        Raises:
            KeyError: if there is no such token.
        """
        key = (name, alpha)
        found = self._colours.get(key)
        if found is None:
            token, _, own_alpha = name.partition("@")
            found = QColor(self._tokens.colours[token])
            found.setAlphaF(max(0.0, min(1.0, alpha * float(own_alpha or 1.0))))
            self._colours[key] = found
        return found

    def ramp(self, name: str, count: int = 255) -> list[int]:
        """The colours (ARGB) of a ramp, from the lowest to the highest value.

        Args:
            name: ``sequential``, ``diverging``, or a colour token: from the raised surface to that colour.
            count: How many, at least 2.

        Raises:
            KeyError: if there is neither such a ramp nor such a token.
        """
        key = (name, count)
        found = self._ramps.get(key)
        if found is None:
            stops = self._tokens.ramps.get(name)
            if stops is None:
                stops = (self.colour("surface_raised").name(), self.colour(name).name())
            colours = [QColor(stop) for stop in stops]
            channels = np.array([(c.red(), c.green(), c.blue()) for c in colours], np.float64)
            places = np.linspace(0, len(stops) - 1, count)
            mixed = [np.interp(places, np.arange(len(stops)), channels[:, i]) for i in range(3)]
            found = [qRgb(*(round(float(part)) for part in colour)) for colour in zip(*mixed, strict=True)]
            self._ramps[key] = found
        return found

    def pen(
        self, name: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine, alpha: float = 1.0
    ) -> QPen:
        """A pen with round ends; ``width`` is in pixels at scale 1."""
        pen = QPen(self.colour(name, alpha), width * self._scale, style)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen

    def brush(self, name: str, alpha: float = 1.0) -> QBrush:
        """A solid brush."""
        return QBrush(self.colour(name, alpha))

    def ink_on(self, name: str) -> str:
        """The token for text on a fill of token ``name``: "text" or "background", the more readable."""
        fill = self._tokens.colours[name.partition("@")[0]]
        inks = ("text", "background")
        return max(inks, key=lambda ink: contrast_ratio(self._tokens.colours[ink], fill))

    def font(self, role: str) -> QFont:
        """The font of a role: title, section, body, small, number, mono or mono_small. Digits are tabular.

        Raises:
            KeyError: if there is no such role.
        """
        found = self._fonts.get(role)
        if found is None:
            found = QFont(_base_font(role in _MONO))
            found.setPixelSize(max(1, round(self._tokens.sizes[role] * self._scale)))
            if role in _SEMI_BOLD:
                found.setWeight(QFont.Weight.DemiBold)
            found.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[role] = found
        return found

    def metrics(self, role: str) -> QFontMetricsF:
        """Measures of a role's font."""
        found = self._metrics.get(role)
        if found is None:
            found = self._metrics[role] = QFontMetricsF(self.font(role))
        return found

    def px(self, pixels: float) -> int:
        """Pixels at scale 1 to pixels now; never 0 for something that is there."""
        scaled = round(pixels * self._scale)
        return scaled if scaled or not pixels else 1

    def space(self, name: str) -> int:
        """A distance or radius by token name, in pixels now."""
        return self.px(self._tokens.space[name])

    def seconds(self, name: str) -> float:
        """A time by token name (move, pause, fade); 0 for moves and fades when motion is reduced."""
        return 0.0 if self._reduce_motion and name != "pause" else self._tokens.motion[name]

    def style_sheet(self) -> str:
        """The application's one style sheet."""
        return build_style_sheet(self._tokens, self._scale, _base_font(True).family())

    def apply(self) -> None:
        """Give the looks to the running application, if there is one."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setFont(self.font("body"))
            application.setPalette(_palette(self))
            application.setStyleSheet(self.style_sheet())

    def _change(self, name: str, scale: float) -> None:
        self._tokens = load_tokens(name)
        self._scale = scale
        self._colours.clear()
        self._ramps.clear()
        self._fonts.clear()
        self._metrics.clear()
        self.apply()
        self.changed.emit()


@cache
def theme() -> Theme:
    """The current theme; always the same object."""
    return Theme()


def set_theme(name: str = "", scale: float = 0.0) -> None:
    """Change the looks of the whole application.

    Args:
        name: "dark" or "light"; "" keeps the one in use.
        scale: Factor on all sizes, 0.5 to 4; 0 keeps the one in use.

    Raises:
        ValueError: if there is no such theme or the scale is out of range.
    """
    current = theme()
    wanted = scale or current.scale
    if not SMALLEST_SCALE <= wanted <= LARGEST_SCALE:
        raise ValueError(f"scale {scale:g} is out of range; use {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}")
    current._change(name or current.name, wanted)


@cache
def _base_font(mono: bool) -> QFont:
    """Inter or JetBrains Mono where installed, else the platform's own interface font."""
    for family in _MONO_FAMILIES if mono else _SANS_FAMILIES:
        if QFontDatabase.hasFamily(family):
            return QFont(family)
    kind = QFontDatabase.SystemFont.FixedFont if mono else QFontDatabase.SystemFont.GeneralFont
    font = QFontDatabase.systemFont(kind)
    if mono:
        font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def _palette(current: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "background",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "surface_raised",
        QPalette.ColorRole.Button: "surface_raised",
        QPalette.ColorRole.ToolTipBase: "surface_raised",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "text_muted",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.LinkVisited: "accent",
    }
    for role, token in roles.items():
        palette.setColor(role, current.colour(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, current.colour("text_muted", 0.6))
    return palette
