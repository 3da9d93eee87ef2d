"""Learning-rate schedules: the rate at every step, as pure functions. No torch."""
