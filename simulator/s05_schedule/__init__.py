"""Stage 5: learning-rate schedules. Races of several schedules, the range test, and the landscape that they cross."""
