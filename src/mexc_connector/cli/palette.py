"""Colours of the full view, chosen for what the terminal can show."""

from dataclasses import dataclass, replace

from rich.console import Console
from rich.style import Style


@dataclass(frozen=True, slots=True)
class Palette:
    """One style for each meaning. `bid_bar` and `ask_bar` lie behind text, the others are it."""

    bid: Style
    ask: Style
    bid_bar: Style
    ask_bar: Style
    bid_block: Style
    ask_block: Style
    text: Style
    dim: Style
    title: Style
    border: Style
    good: Style
    warning: Style
    bad: Style


def palette_for(console: Console) -> Palette:
    """Return tinted bars where the terminal has enough colours, reversed ones elsewhere."""
    if console.no_color or console.color_system not in ("256", "truecolor"):
        return _SIMPLE
    if console.color_system == "256":
        return _INDEXED
    # The 256 colours hold none as dark as what lies behind text should be.
    return replace(_INDEXED, bid_bar=Style(bgcolor="#12372a"), ask_bar=Style(bgcolor="#43191f"))


_SIMPLE = Palette(
    bid=Style(color="green"),
    ask=Style(color="red"),
    bid_bar=Style(reverse=True),
    ask_bar=Style(reverse=True),
    bid_block=Style(color="green"),
    ask_block=Style(color="red"),
    text=Style.null(),
    dim=Style(dim=True),
    title=Style(bold=True),
    border=Style(dim=True),
    good=Style(color="green"),
    warning=Style(color="yellow", bold=True),
    bad=Style(color="red", bold=True),
)

_INDEXED = Palette(
    bid=Style(color="color(78)"),
    ask=Style(color="color(203)"),
    bid_bar=Style(bgcolor="color(22)"),
    ask_bar=Style(bgcolor="color(52)"),
    bid_block=Style(color="color(65)"),
    ask_block=Style(color="color(131)"),
    text=Style.null(),
    dim=Style(color="color(245)"),
    title=Style(bold=True),
    border=Style(color="color(240)"),
    good=Style(color="color(78)"),
    warning=Style(color="color(214)", bold=True),
    bad=Style(color="color(203)", bold=True),
)
