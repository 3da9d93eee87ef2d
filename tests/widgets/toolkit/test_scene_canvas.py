"""What the canvas paints, when it paints, and what clicks on it say."""

from __future__ import annotations

import numpy as np
import pytest
from gallery import GalleryScene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QToolTip

from widgets.scene.canvas import SceneCanvas
from widgets.scene.drawing import cut_path, heat_image, visible_text
from widgets.scene.shapes import Box, Dot, Grid, Image, Polygon, Ribbon, Text
from widgets.scene.timeline import PlainScene
from widgets.theme import set_theme, theme


class Slide(PlainScene):
    """A box that moves right by 100 pixels a second."""

    duration = 2.0

    def __init__(self):
        self.asked = []

    def frame(self, t, width, height):
        self.asked.append((t, width, height))
        return [Box(100 * t, 0, 50, 50, "data", radius=0, key="box")]


@pytest.fixture
def canvas(qtbot):
    made = SceneCanvas(Slide())
    qtbot.addWidget(made)
    made.resize(300, 100)
    made.show()
    qtbot.waitExposed(made)
    return made


def pixel(canvas, x, y):
    return canvas.grab().toImage().pixelColor(x, y)


def test_paints_the_frame_of_the_time(canvas):
    data = theme().colour("data")
    assert pixel(canvas, 25, 25) == data
    canvas.set_time(1.5)
    assert pixel(canvas, 25, 25) != data
    assert pixel(canvas, 175, 25) == data


def test_asks_for_a_frame_once_per_time_and_size(canvas):
    canvas.grab()
    asked = len(canvas.scene.asked)
    canvas.grab()
    canvas.set_time(0.0)
    canvas.grab()
    assert len(canvas.scene.asked) == asked
    canvas.refresh()
    canvas.grab()
    assert len(canvas.scene.asked) == asked + 1


def test_the_scene_never_thinks_about_scale(canvas):
    set_theme("dark", 2.0)
    assert pixel(canvas, 90, 90) == theme().colour("data")
    assert canvas.scene.asked[-1] == (0.0, 150.0, 50.0)


def test_a_click_gives_the_key(canvas, qtbot):
    with qtbot.waitSignal(canvas.clicked, timeout=1000) as caught:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(25, 25))
    assert caught.args == ["box"]
    with qtbot.assertNotEmitted(canvas.clicked):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 25))


def test_a_click_finds_its_shape_at_any_scale(canvas, qtbot):
    set_theme("dark", 2.0)
    with qtbot.waitSignal(canvas.clicked, timeout=1000):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(90, 90))


def test_the_pointer_says_what_it_is_over(canvas, qtbot):
    with qtbot.waitSignal(canvas.hovered, timeout=1000) as caught:
        qtbot.mouseMove(canvas, QPoint(25, 25))
    assert caught.args == ["box"]
    assert canvas.cursor().shape() == Qt.CursorShape.PointingHandCursor
    with qtbot.waitSignal(canvas.hovered, timeout=1000) as caught:
        qtbot.mouseMove(canvas, QPoint(200, 80))
    assert caught.args == [""]


def test_hints_become_tool_tips(canvas):
    asked = []

    def hint(key):
        asked.append(key)
        return "A box of data"

    canvas.set_hints(hint)
    at = QPoint(25, 25)
    canvas.event(QHelpEvent(QHelpEvent.Type.ToolTip, at, canvas.mapToGlobal(at)))
    assert asked == ["box"]
    assert QToolTip.text() == "A box of data"
    QToolTip.hideText()


def test_without_a_scene_nothing_happens(canvas, qtbot):
    canvas.set_scene(None)
    canvas.grab()
    with qtbot.assertNotEmitted(canvas.clicked):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(25, 25))


def test_a_scene_that_fails_does_not_take_qt_with_it(canvas):
    class Broken(PlainScene):
        def frame(self, t, width, height):
            raise ZeroDivisionError

    canvas.set_scene(Broken())
    with pytest.raises(ZeroDivisionError):
        canvas.render_image(0.0)
    canvas.set_scene(Slide())
    assert pixel(canvas, 25, 25) == theme().colour("data")


def test_an_image_for_export_has_its_own_size_and_scale(canvas):
    image = canvas.render_image(1.0, (400, 200), 2.0, "surface")
    assert (image.width(), image.height()) == (800, 400)
    assert image.pixelColor(250, 50) == theme().colour("data")
    assert image.pixelColor(700, 300) == theme().colour("surface")
    assert canvas.render_image(0.0).pixelColor(299, 99).alpha() == 0


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_shape_can_be_painted(canvas, name):
    set_theme(name, 1.0)
    canvas.set_scene(GalleryScene())
    image = canvas.render_image(0.8, (560, 460), 1.0, "surface")
    colours = {image.pixelColor(x, y).name() for x in range(0, 560, 3) for y in range(0, 460, 3)}
    for token in ("parameters", "activations", "gradients", "optimizer", "bad"):
        assert theme().colour(token).name() in colours, token


def test_a_long_text_is_cut_to_its_width(canvas):
    class Long(PlainScene):
        def frame(self, t, width, height):
            return [Text(0, 20, "a very long text indeed, much longer than its room", width=80)]

    canvas.set_scene(Long())
    image = canvas.render_image(0.0, (300, 40))
    inked = [x for x in range(300) for y in range(40) if image.pixelColor(x, y).alpha() > 40]
    assert 40 < max(inked) <= 81


def test_heat_map_colours_and_holes():
    ramp = [QColor(i, 0, 0).rgba() for i in range(255)]
    image = heat_image(np.array([[0.0, 1.0], [np.nan, 0.5]]), ramp, 0.0, 1.0)
    assert [image.pixelColor(x, y).red() for x, y in ((0, 0), (1, 0), (1, 1))] == [0, 254, 127]
    assert image.pixelColor(0, 1).alpha() == 0
    flat = heat_image(np.full((1, 1), np.inf), ramp, 0.0, 0.0)
    assert flat.width() == 1


def test_heat_maps_follow_the_theme(canvas):
    values = np.ones((2, 2))

    class Map(PlainScene):
        def frame(self, t, width, height):
            return [Grid(0, 0, 100, 100, values, "good")]

    canvas.set_scene(Map())
    assert pixel(canvas, 50, 50) == theme().colour("good")
    set_theme("light")
    assert pixel(canvas, 50, 50) == theme().colour("good")


def test_text_width_is_measured(canvas):
    assert canvas.text_width("ww") == pytest.approx(2 * canvas.text_width("w"), rel=0.05)
    set_theme("dark", 2.0)
    assert canvas.text_width("ww") < 60  # in pixels at scale 1, whatever the scale


def test_opacity_hides(canvas):
    class Faint(PlainScene):
        def frame(self, t, width, height):
            return [Dot(50, 50, 20, "bad", opacity=t)]

    canvas.set_scene(Faint())
    assert canvas.render_image(0.0, (100, 100)).pixelColor(50, 50).alpha() == 0
    assert 100 < canvas.render_image(0.5, (100, 100)).pixelColor(50, 50).alpha() < 150


def test_paths_are_cut_by_length():
    corner = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    assert cut_path(corner, 0.25) == ((0.0, 0.0), (5.0, 0.0))
    assert cut_path(corner, 0.75) == ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0))
    assert cut_path(corner, 0.0) == ((0.0, 0.0),)
    assert cut_path(corner, 1.0) == corner


def test_white_space_is_made_visible():
    assert visible_text(" a\n") == "·a↵"


class Still(PlainScene):
    def __init__(self, *shapes):
        self._shapes = list(shapes)

    def frame(self, t, width, height):
        return self._shapes


def painted(canvas, *shapes, size=(200, 100)):
    canvas.set_scene(Still(*shapes))
    return canvas.render_image(0.0, size, 1.0, "surface")


def test_a_ribbon_is_painted_between_its_spans_and_as_far_as_it_has_flowed(canvas):
    data, ground = theme().colour("data"), theme().colour("surface")
    image = painted(canvas, Ribbon(0, 10, 30, 200, 60, 90, "data"))
    assert image.pixelColor(5, 20) == data
    assert image.pixelColor(195, 75) == data
    assert image.pixelColor(195, 20) == ground
    image = painted(
        canvas, Ribbon(0, 10, 30, 200, 60, 90, "data", progress=0.5), Box(0, 0, 5, 5, "bad", radius=0)
    )
    assert image.pixelColor(50, 28) == data
    assert image.pixelColor(195, 75) == ground
    assert image.pixelColor(2, 2) == theme().colour("bad")  # what follows is not cut off


def test_a_ribbon_can_change_its_colour_on_its_way(canvas):
    image = painted(canvas, Ribbon(0, 10, 90, 200, 10, 90, "data", "bad"))
    first, last = image.pixelColor(2, 50), image.pixelColor(197, 50)
    for found, token in ((first, "data"), (last, "bad")):
        wanted = theme().colour(token)
        assert abs(found.red() - wanted.red()) + abs(found.blue() - wanted.blue()) < 12


def test_a_polygon_is_painted_within_its_edges(canvas):
    image = painted(canvas, Polygon([(0, 0), (100, 50), (0, 100)], "good"))
    assert image.pixelColor(20, 50) == theme().colour("good")
    assert image.pixelColor(90, 10) == theme().colour("surface")


def test_an_image_has_sharp_pixels_in_the_colours_of_its_ramp(canvas):
    values = np.array([[0.0, 1.0], [np.nan, 0.5]])
    image = painted(canvas, Image(0, 0, 200, 100, values))
    ramp = theme().ramp("sequential")
    assert image.pixelColor(50, 25).rgb() == QColor(ramp[0]).rgb()
    assert image.pixelColor(150, 25).rgb() == QColor(ramp[-1]).rgb()
    assert image.pixelColor(99, 25) == image.pixelColor(1, 25)
    assert image.pixelColor(50, 75) == theme().colour("surface")
    assert image.pixelColor(150, 75).rgb() == QColor(ramp[127]).rgb()


def test_images_follow_the_theme(canvas):
    values = np.ones((2, 2))
    before = painted(canvas, Image(0, 0, 200, 100, values)).pixelColor(50, 50)
    set_theme("light")
    assert painted(canvas, Image(0, 0, 200, 100, values)).pixelColor(50, 50) != before
