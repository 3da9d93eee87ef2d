"""The choice of where the norms stand, for the labs of this tab."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.s05_schedule.config import FORMS, ToyConfig
from widgets.controls import SegmentedControl, label
from widgets.lab_controls import LabControls


class NormsSwitch(QWidget):
    """Where the norms stand, in one narrow line: it decides how much a warm-up matters.

    Args:
        controls: Of a lab with the setting ``form``; the switch stands under its form.
    """

    def __init__(self, controls: LabControls) -> None:
        super().__init__(controls)
        self._form = controls.form
        self.words = SegmentedControl(FORMS, self)
        self.words.set_dense()
        self.words.setAccessibleName("Norms")
        setting = next(item for item in ToyConfig.settings() if item.name == "form")
        self.setToolTip(setting.help)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label(setting.label, "body", "muted"))
        row.addWidget(self.words, 1)
        self.words.set_current(str(self._form.values_dict()["form"]))
        controls.add_field(self)
        self.words.chosen.connect(self._choose)
        self._form.changed.connect(self._show_config)

    def _choose(self, form: str) -> None:
        self._form.set_values({"form": form})

    def _show_config(self, config: object) -> None:
        if isinstance(config, ToyConfig):
            self.words.set_current(config.form)
