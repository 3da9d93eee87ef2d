"""The look of the program: one theme, light or dark, with one scale factor, that everything drawn asks.

``theme()`` is the current one; ``set_theme("light", 1.6)`` changes it everywhere.
"""

from widgets.theme.current import Theme, set_theme, theme
from widgets.theme.tokens import DATA_HUES, Tokens, load_tokens

__all__ = ["DATA_HUES", "Theme", "Tokens", "load_tokens", "set_theme", "theme"]
