"""Where the memory of training and serving goes, by published formulas. Pure: numpy and the standard library.

Everywhere the same five parts: parameters, gradients, optimizer, activations, and workspace, which is there for a
moment.
"""
