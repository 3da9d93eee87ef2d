"""Colours that all can read and tell apart: contrast, colour blindness, greyscale."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from widgets.theme.tokens import DATA_HUES, contrast_ratio, load_tokens, relative_luminance, theme_names

TEXT_TOKENS = ("text", "text_muted", "accent", "good", "warning", "bad", *DATA_HUES)
GROUNDS = ("background", "surface", "surface_raised")

# Machado, Oliveira, Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", severity 1.0, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
LEAST_DISTANCE = 12.0  # CIE76; about 2.3 is just noticeable
LEAST_LIGHTNESS_STEP = 2.0  # L* between any two hues


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65 of a linear sRGB colour (IEC 61966-2-1, CIE 15)."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_formulas_give_known_values():
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)  # WCAG's classic near miss
    assert relative_luminance("#808080") == pytest.approx(0.21586, abs=1e-5)
    assert lab(linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("token", TEXT_TOKENS)
@pytest.mark.parametrize("name", theme_names())
def test_text_can_be_read(name, token, ground):
    colours = load_tokens(name).colours
    assert contrast_ratio(colours[token], colours[ground]) >= 4.5


@pytest.mark.parametrize("name", theme_names())
def test_text_on_fills_can_be_read(name):
    colours = load_tokens(name).colours
    assert contrast_ratio(colours["on_accent"], colours["accent"]) >= 4.5
    assert contrast_ratio(colours["text"], colours["accent_soft"]) >= 4.5
    for hue in (*DATA_HUES, "good", "warning", "bad"):
        assert max(contrast_ratio(colours[ink], colours[hue]) for ink in ("text", "background")) >= 4.5, hue


@pytest.mark.parametrize("name", theme_names())
def test_edges_of_inputs_can_be_seen(name):
    """WCAG 2.2, success criterion 1.4.11: at least 3 to 1 for what tells a control."""
    colours = load_tokens(name).colours
    for ground in ("surface", "surface_raised"):
        assert contrast_ratio(colours["line_strong"], colours[ground]) >= 3.0
        assert contrast_ratio(colours["accent"], colours[ground]) >= 3.0


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", theme_names())
def test_data_hues_can_be_told_apart(name, vision):
    colours = load_tokens(name).colours
    seen = {hue: lab(VISIONS[vision] @ linear(colours[hue])) for hue in DATA_HUES}
    for one, other in itertools.combinations(DATA_HUES, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= LEAST_DISTANCE, (one, other)


@pytest.mark.parametrize("name", theme_names())
def test_data_hues_differ_in_lightness(name):
    colours = load_tokens(name).colours
    lightness = sorted(float(lab(linear(colours[hue]))[0]) for hue in DATA_HUES)
    assert min(np.diff(lightness)) >= LEAST_LIGHTNESS_STEP
    assert lightness[-1] - lightness[0] >= 15


def test_both_themes_have_the_same_tokens():
    dark, light = load_tokens("dark"), load_tokens("light")
    assert list(dark.colours) == list(light.colours)


def test_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="there is no theme 'pink'; known: dark, light"):
        load_tokens("pink")


def ramp_lightness(name: str, ramp: str, vision: str) -> np.ndarray:
    """L* along a ramp as seen by somebody."""
    return np.array([lab(VISIONS[vision] @ linear(stop))[0] for stop in load_tokens(name).ramps[ramp]])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", theme_names())
def test_a_sequential_ramp_goes_one_way_for_all_eyes(name, vision):
    steps = np.diff(ramp_lightness(name, "sequential", vision))
    assert (np.sign(steps) == np.sign(steps[0])).all()
    assert min(abs(steps)) >= 5
    assert abs(steps.sum()) >= 60


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", theme_names())
def test_a_diverging_ramp_leaves_its_middle_both_ways_and_its_sides_differ(name, vision):
    seen = ramp_lightness(name, "diverging", vision)
    away = np.abs(seen - seen[3])
    assert (np.diff(away[3:]) >= 5).all()
    assert (np.diff(away[3::-1]) >= 5).all()
    stops = [lab(VISIONS[vision] @ linear(stop)) for stop in load_tokens(name).ramps["diverging"]]
    for step in (1, 2, 3):
        assert np.linalg.norm(stops[3 - step] - stops[3 + step]) >= 2 * LEAST_DISTANCE


@pytest.mark.parametrize("name", theme_names())
def test_a_ramp_begins_near_the_ground_and_the_middle_of_a_diverging_one_is_quiet(name):
    tokens = load_tokens(name)
    assert contrast_ratio(tokens.ramps["sequential"][0], tokens.colours["surface"]) < 1.2
    assert contrast_ratio(tokens.ramps["diverging"][3], tokens.colours["surface"]) < 1.2
