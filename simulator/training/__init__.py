"""Training: data order, schedules, optimizers, precision, the loop, checkpoints. ``schedules`` is pure; the rest needs torch."""
