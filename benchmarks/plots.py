"""Plots as SVG. The only module that needs matplotlib."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from benchmarks.measure import Plot

# The same figures give the same file, and text stays text.
_STYLE = {
    "svg.hashsalt": "mexc_connector",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def write(plots: Iterable[Plot], folder: Path) -> None:
    """Write `NAME.svg` for each plot."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(_STYLE):
        for plot in plots:
            figure = _drawn(plot)
            figure.savefig(folder / f"{plot.name}.svg", metadata={"Date": None})


def _drawn(plot: Plot) -> Figure:
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for series in plot.series:
        marker = "o" if len(series.xs) <= 20 else ""  # a distribution is a line
        axes.plot(series.xs, series.ys, marker=marker, markersize=4, label=series.name)
    axes.set_title(plot.title, loc="left")
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    for is_log, axis, set_scale in (
        (plot.is_x_log, axes.xaxis, axes.set_xscale),
        (plot.is_y_log, axes.yaxis, axes.set_yscale),
    ):
        if is_log:
            set_scale("log")
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
    if not plot.is_y_log:
        axes.set_ylim(bottom=0)
    if len(plot.series) > 1:
        axes.legend()
    return figure
