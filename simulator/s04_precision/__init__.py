"""Stage 4, mixed precision: the lab that trains one model in several number formats, and its questions."""
