"""The window. Knows no torch; reads the simulator's pure modules and the event stream."""
