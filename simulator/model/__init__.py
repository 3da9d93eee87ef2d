"""The toy Llama. ``shapes`` is pure; everything else here needs torch."""
