"""Live plots. pyqtgraph is imported when the first plot is drawn, not here: the window must come up first."""

from widgets.plots.clock import PlotClock, plot_clock
from widgets.plots.live_plot import LivePlot

__all__ = ["LivePlot", "PlotClock", "plot_clock"]
