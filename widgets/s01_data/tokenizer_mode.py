"""The mode "Tokenizer" of tab 1: real merges, one at a time, on any text."""

from __future__ import annotations

from widgets.s01_data.tokenizer_cards import CompareCard, CompressionCard, TokenizerNumbers
from widgets.s01_data.tokenizer_controls import TokenizerControls, remembered_config
from widgets.s01_data.tokenizer_desk import TokenizerDesk
from widgets.s01_data.tokenizer_hero import TokenizerHero
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

KEY = "tokenizer"
_NOTE = (
    "Why not just words?",
    "A word tokenizer loses every word that it has not met; single bytes lose nothing but make texts long. Merging the "
    "most frequent pair, again and again, lies between.",
)


def tokenizer_mode(bench: Workbench, tab: StageTab) -> TokenizerHero:
    """Add the mode to the tab.

    Args:
        bench: What the tab is given.
        tab: Gets the mode.

    Returns:
        The mode's scene.
    """
    desk = TokenizerDesk(bench.bridge, remembered_config(bench), tab)
    hero = TokenizerHero(desk, tab)
    compression = CompressionCard(desk, tab)
    numbers = TokenizerNumbers(desk, tab)
    hero.state_shown.connect(compression.show_state)
    hero.state_shown.connect(numbers.show_state)
    tab.add_mode(
        KEY,
        "Tokenizer",
        hero,
        lab=(CompareCard(desk, tab), compression),
        controls=TokenizerControls(bench, desk, tab),
        numbers=numbers,
        note=_NOTE,
    )
    return hero
