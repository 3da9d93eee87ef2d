"""Plots that grow while a run goes on. Importing this does not import pyqtgraph: the first curve with data does."""

from widgets.plots.bars import BarSeries, BarsPlot
from widgets.plots.clock import PlotClock, plot_clock
from widgets.plots.frame import PlotFrame
from widgets.plots.heat_map import HeatMapView
from widgets.plots.histogram import HistogramPlot, Zone
from widgets.plots.live_plot import LivePlot
from widgets.plots.map_grid import MapGrid
from widgets.plots.scatter import ScatterPlot
from widgets.plots.surface import SurfacePlot

__all__ = [
    "BarSeries",
    "BarsPlot",
    "HeatMapView",
    "HistogramPlot",
    "LivePlot",
    "MapGrid",
    "PlotClock",
    "PlotFrame",
    "ScatterPlot",
    "SurfacePlot",
    "Zone",
    "plot_clock",
]
