"""Scene geometry of tab 1, without Qt."""
