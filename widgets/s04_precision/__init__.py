"""Tab 4: bits, the number line, arithmetic in few bits, memory, and training in each format."""
