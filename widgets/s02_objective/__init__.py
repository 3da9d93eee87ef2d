"""Tab 2, the pre-training objective: guess the next token."""
