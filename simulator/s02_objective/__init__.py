"""Stage 2: the pre-training objective."""
