"""The simulator: toy world, toy model, engine and the ten stages. Knows no Qt."""

__version__ = "0.1.0"
