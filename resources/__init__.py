"""Words, figures, icons, recordings: data only."""
