"""What tab 4 draws and reads, without Qt: bits, number lines, demonstrations, memory, runs of the lab "precision"."""
