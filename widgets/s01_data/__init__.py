"""Tab 1: the data pipeline."""
