"""Training: data order, schedules, optimizers, the loop, checkpoints. ``schedules`` is pure; the rest needs torch."""
