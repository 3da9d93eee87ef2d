"""The engine: a child process that runs labs, and the one way to run a lab, with or without it."""
