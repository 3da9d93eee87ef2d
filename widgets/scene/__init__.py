"""Animated scenes: pure shapes in time, a canvas that paints them, a transport that moves time.

The parts without Qt (``shapes``, ``easing``, ``timeline``) are what a stage's geometry imports; the widgets
come from their own modules (``widgets.scene.canvas``, ``widgets.scene.transport``).
"""
