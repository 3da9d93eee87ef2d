"""The controls of the pipeline: source and main switches in sight, every rule and limit in folds by family."""

from __future__ import annotations

import dataclasses
import time

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simulator.config import Config, Setting
from simulator.errors import ConfigError
from simulator.s01_data.config import DataConfig
from widgets.controls import ConfigForm
from widgets.controls.basics import Fold
from widgets.lab_controls import LabControls
from widgets.workbench import Workbench

MAIN = (
    "profile", "source", "pages", "language", "gopher_repetition", "gopher", "c4", "classifier",
    "exact_duplicates", "near_duplicates",
)  # fmt: skip
"""Settings that are always in sight."""


class PlainDataConfig(DataConfig):
    """The same settings, plainly one after the other: the fold that holds them is their heading."""

    @classmethod
    def settings(cls) -> tuple[Setting, ...]:
        """Describe every field, in order."""
        return tuple(dataclasses.replace(item, expert=False, group="") for item in super().settings())


def folded_groups() -> dict[str, list[str]]:
    """The settings that are not always in sight, by heading, in order."""
    groups: dict[str, list[str]] = {}
    for item in DataConfig.settings():
        if item.name not in MAIN:
            groups.setdefault(item.group, []).append(item.name)
    return groups


class SettingsFold(Fold):
    """A heading; its fields are made when it is first opened, for there are many.

    Args:
        group: The heading.
        names: Settings in it.
        main: The form that holds all values.
        parent: Qt parent.
    """

    def __init__(self, group: str, names: list[str], main: ConfigForm, parent: QWidget | None = None) -> None:
        super().__init__(group, parent=parent)
        self._names, self._main = names, main
        self._opened = 0.0
        self.form: ConfigForm | None = None
        self.toggled.connect(self._make)

    def opened_at(self) -> float:
        """When it was last opened, by a monotonic clock."""
        return self._opened

    def follow(self, config: Config) -> None:
        """Show the values that the main form has now."""
        values = config.to_dict()
        self._take({name: values[name] for name in self._names})

    def _take(self, values: dict[str, object]) -> None:
        if self.form is None:
            return
        held = self.form.values_dict()
        news = {name: value for name, value in values.items() if held.get(name) != value}
        if news:
            self.form.set_values(news)

    def _make(self, is_open: bool) -> None:
        if is_open:
            self._opened = time.monotonic()
        if not is_open or self.form is not None:
            return
        self.form = ConfigForm(PlainDataConfig, self._main.values_dict(), self._names)
        self.form.changed.connect(self._changed)
        self.form.invalid.connect(self._main.invalid)
        self.body.addWidget(self.form)

    def _changed(self, config: Config) -> None:
        """Hand the fold's own settings on to the main form."""
        values, held = config.to_dict(), self._main.values_dict()
        news = {name: values[name] for name in self._names if values[name] != held.get(name)}
        if not news:
            return
        try:
            self._main.set_values(news)
        except ConfigError as error:
            self._main.invalid.emit(str(error))


class DataControls(LabControls):
    """Starts data runs.

    Args:
        bench: What the tabs share.
        parent: Qt parent.

    Attributes:
        folds: The folded settings by heading.
    """

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(bench, "data", title="Clean a crawl", start=False, fields=MAIN, parent=parent)
        box = QWidget(self)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        self.folds: dict[str, SettingsFold] = {}
        for group, names in folded_groups().items():
            fold = self.folds[group] = SettingsFold(group, names, self.form, box)
            column.addWidget(fold)
            self.form.changed.connect(fold.follow)
            fold.toggled.connect(self._unfolded)
        self.add_field(box)
        self._folds_box = box

    def _unfolded(self, is_open: bool) -> None:
        """Bring into sight what was unfolded, once it has its place."""
        if is_open:
            QTimer.singleShot(0, self._show_opened)

    def _show_opened(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # up through all layouts
        opened = [fold for fold in self.folds.values() if fold.is_open]
        if opened:
            last = max(opened, key=SettingsFold.opened_at)
            self._scroll.verticalScrollBar().setValue(self._folds_box.y() + last.y())
