"""A form made from a config class: one field per setting, checked by the config itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.config import Config, Setting
from simulator.errors import ConfigError
from widgets.controls.basics import Fold, button, label
from widgets.controls.field import Field
from widgets.controls.fields import make_field
from widgets.theme import theme


class ConfigForm(QWidget):
    """Shows the settings of a config under their headings; expert ones are folded away.

    What is wrong is said under the field that it is about, never in a dialog.

    Attributes:
        changed: The settings are others now and they fit together; carries the config.
        invalid: The settings do not fit; carries the message.
        unfolded: The expert settings were opened.
    """

    changed = Signal(object)
    unfolded = Signal()
    invalid = Signal(str)

    def __init__(
        self,
        config_class: type[Config],
        values: Mapping[str, Any] | None = None,
        fields: Collection[str] | None = None,
        inline: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Make a form.

        Args:
            config_class: Whose settings to show.
            values: Values that differ from the defaults.
            fields: Names of the settings to show, a list or tuple in its order; by default all. The others keep
                their values.
            inline: Show those that are not for experts in one line each, without headings.
            parent: Owner.
        """
        super().__init__(parent)
        self._class = config_class
        self._inline = inline
        self._roomy = False
        settings = config_class.settings()
        self._start = {item.name: item.default for item in settings} | dict(values or {})
        self._values = dict(self._start)
        self._broken: dict[str, str] = {}
        self._fields: dict[str, Field] = {}
        self._locked: frozenset[str] = frozenset()
        shown = [item for item in settings if fields is None or item.name in fields]
        if isinstance(fields, (list, tuple)):
            shown.sort(key=lambda item: fields.index(item.name))
        self._expert = [item for item in shown if item.expert]
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._groups: list[QVBoxLayout] = []
        usual = [item for item in shown if not item.expert]
        if inline:
            self._add_lines(usual)
        else:
            self._add_groups(self._column, usual)
        self._fold: Fold | None = None
        if self._expert:
            self._fold = Fold("More settings" if inline else "Expert settings")
            self._fold.toggled.connect(self._unfold)
            self._column.addWidget(self._fold)
        self._column.addLayout(self._make_foot(reset_apart=inline and self._fold is not None))
        self._restyle()
        theme().changed.connect(self._restyle)

    def value(self) -> Config:
        """The config as set, with what the user is still typing.

        Raises:
            ConfigError: if a value cannot be read or the values do not fit together.
        """
        for field in self._fields.values():
            field.commit()
        return self._config()

    def _config(self) -> Config:
        for name, message in self._broken.items():
            raise ConfigError(name, message)
        return self._class.from_dict(self._values)

    def values_dict(self) -> dict[str, Any]:
        """The plain values by name; they may not fit together."""
        return dict(self._values)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Set some values; the others stay. Emits ``changed`` or ``invalid``.

        Raises:
            ConfigError: if there is no such setting, or a value does not fit it; then nothing is changed.
        """
        known = {item.name: item for item in self._class.settings()}
        for name, value in values.items():
            if name not in known:
                raise ConfigError(name, f"There is no setting called '{name}'.")
            known[name].check(value)
        self._take(values)

    def reset(self) -> None:
        """Go back to the values that the form began with."""
        self._take(self._start)

    def field(self, name: str) -> Field | None:
        """The field of a setting, or None if it is not shown (yet)."""
        return self._fields.get(name)

    def set_locked(self, names: Collection[str]) -> None:
        """Lock these settings, now and when their fields are made later, and unlock the others."""
        self._locked = frozenset(names)
        for name, field in self._fields.items():
            field.setEnabled(name not in names)

    def set_roomy(self, on: bool) -> None:
        """Set lines apart where there is height for it."""
        if on != self._roomy:
            self._roomy = on
            self._restyle()

    def expert_top(self) -> int:
        """Where the expert settings begin, in pixels from the top of the form."""
        return self._fold.y() if self._fold is not None else 0

    def set_expert_open(self, is_open: bool) -> None:
        """Unfold the expert settings, or fold them away."""
        if self._fold is not None:
            self._fold.set_open(is_open)

    def _make_foot(self, reset_apart: bool) -> QHBoxLayout:
        """The line of what is wrong elsewhere, and the reset; that lies in the fold where lines are few."""
        self._message = label("", "small", "bad", wrap=True)
        self._message.hide()
        self._reset = button("Reset", "quiet", "Go back to the values that the form began with")
        self._reset.clicked.connect(self.reset)
        foot = QHBoxLayout()
        foot.addWidget(self._message, 1)
        if not reset_apart:
            foot.addStretch()
            foot.addWidget(self._reset)
        return foot

    def _add_groups(self, column: QVBoxLayout, items: list[Setting]) -> None:
        """Add fields under their headings, in the order in which the headings first come."""
        for group in dict.fromkeys(item.group for item in items):
            rows = QVBoxLayout()
            if group:
                rows.addWidget(label(group, "small", "muted"))
            for item in items:
                if item.group == group:
                    rows.addWidget(self._make_field(item))
            self._groups.append(rows)
            column.addLayout(rows)

    def _add_lines(self, items: list[Setting]) -> None:
        rows = QVBoxLayout()
        for item in items:
            field = self._make_field(item)
            field.set_inline()
            rows.addWidget(field)
        self._groups.append(rows)
        self._column.addLayout(rows)

    def _make_field(self, item: Setting) -> Field:
        field = make_field(item, self)
        field.set_value(self._values[item.name])
        field.edited.connect(self._edited)
        field.refused.connect(self._refused)
        field.setEnabled(item.name not in self._locked)
        self._fields[item.name] = field
        return field

    def _unfold(self, is_open: bool) -> None:
        if is_open and self._fold is not None and self._expert:
            items, self._expert = self._expert, []
            self._add_groups(self._fold.body, items)
            if self._inline:
                self._fold.body.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignRight)
            self._restyle()
        if is_open:
            self.unfolded.emit()

    def _edited(self, name: str, value: Any) -> None:
        if name == "profile" and value in self._class.profiles:
            self._take(self._class.for_profile(value).to_dict())
            return
        self._values[name] = value
        self._broken.pop(name, None)
        self._check()

    def _refused(self, name: str, message: str) -> None:
        self._broken[name] = message
        self.invalid.emit(message)

    def _take(self, values: Mapping[str, Any]) -> None:
        self._values.update(values)
        for name in values:
            self._broken.pop(name, None)
            if name in self._fields:
                self._fields[name].set_value(values[name])
        self._check()

    def _check(self) -> None:
        """Ask the config whether the values fit, and say under the field concerned if they do not."""
        error: ConfigError | None = None
        try:
            config = self._config()
        except ConfigError as problem:
            error = problem
        for name, field in self._fields.items():
            field.set_message(self._broken.get(name, str(error) if error and error.field == name else ""))
        elsewhere = str(error) if error and error.field not in self._fields else ""
        self._message.setText(elsewhere)
        self._message.setVisible(bool(elsewhere))
        if error:
            self.invalid.emit(str(error))
        else:
            self.changed.emit(config)

    def _restyle(self) -> None:
        look = theme()
        self._column.setSpacing(look.px(8 if self._inline else 20))
        for rows in self._groups:
            dense = self._inline and rows is self._groups[0]
            rows.setSpacing(look.px(12 if not dense else 9 if self._roomy else 3))
