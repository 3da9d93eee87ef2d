"""Stage 1: from raw web pages to a clean stream of tokens."""
