"""Text: readers of the user's files, tokenizers, corpora with a held-out part, and packing."""
