"""The application's one Qt style sheet: ``resources/themes/style.qss`` filled in from the tokens."""

from __future__ import annotations

from string import Template

from widgets.theme.tokens import THEME_FOLDER, Tokens


def build_style_sheet(tokens: Tokens, scale: float, mono_family: str) -> str:
    """The style sheet of a theme at a scale.

    Args:
        tokens: Colours and sizes.
        scale: Factor on every size.
        mono_family: Font of numbers.
    """

    def size(pixels: float) -> str:
        return f"{max(1, round(pixels * scale))}px"

    colours = tokens.colours
    sheet = Template((THEME_FOLDER / "style.qss").read_text(encoding="utf-8"))
    sizes = {role: size(pixels) for role, pixels in tokens.sizes.items()}
    return sheet.substitute(
        colours,
        **sizes,
        theme=tokens.name,
        icons=THEME_FOLDER.as_posix(),
        mono_family=mono_family,
        hover=_mix(colours["surface_raised"], colours["text"], 0.07),
        disabled=_mix(colours["text_muted"], colours["surface"], 0.45),
        accent_hover=_mix(colours["accent"], colours["text"], 0.12),
        accent_pressed=_mix(colours["accent"], colours["background"], 0.15),
        card_radius=size(tokens.space["card_radius"]),
        control_radius=size(tokens.space["control_radius"]),
        unit=size(tokens.space["unit"]),
        unit_half=size(tokens.space["unit"] / 2),
        ring=size(2),
        pad_x=size(14),
        pad_y=size(6),
        pad_field=size(6),
        pad_dense=size(3),
        pad_heading=size(11),
        text_height=size(20),
        row=size(28),
        icon=size(12),
        chevron_width=size(24),
        chevron_pad=size(26),
        indicator=size(16),
        indicator_radius=size(9),
        scroll_bar=size(8),
        scroll_radius=size(4),
        bar=size(4),
        bar_radius=size(2),
    )


def _mix(one: str, other: str, share: float) -> str:
    """The hex colour ``share`` of the way from one to the other."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)
