"""Tab 5: learning-rate schedules."""
