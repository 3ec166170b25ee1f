"""The levels of one market as lines: two columns where rows are scarce, one above the other else.

Bars stand for what rests at a level and at all better ones together, both sides on one scale.
"""

from mexc_connector.cli.cells import Line, block_bar, fitted, span, tinted
from mexc_connector.cli.number_text import exact_text, short_text
from mexc_connector.cli.palette import Palette
from mexc_connector.cli.view_model import MarketFrame, cumulative_sizes
from mexc_connector.common.models import OrderBookEntry

_SIZE_WIDTH = 9
_HEADING_FROM_ROWS = 8
_TOTAL_FROM_WIDTH = 44
"""Cells from which on a column with the cumulative size fits beside price, size and bar."""


def side_by_side(market: MarketFrame, palette: Palette, *, width: int, rows: int) -> list[Line]:
    """Return bids at the left, asks at the right, best on top; headed where rows allow."""
    half = (width - 1) // 2
    has_heading = rows >= _HEADING_FROM_ROWS
    levels = rows - has_heading
    bids, asks = market.bids[:levels], market.asks[:levels]
    bid_totals, ask_totals = cumulative_sizes(bids), cumulative_sizes(asks)
    most = max(bid_totals[-1:] + ask_totals[-1:], default=0.0)
    lines = [_heading(market, palette, half, width)] if has_heading else []
    for row in range(levels):
        left: Line = [span(" " * half, palette.text)]
        right: Line = [span(" " * (width - half - 1), palette.text)]
        if row < len(bids):
            bar = round(bid_totals[row] / most * half) if most else 0
            left = tinted(
                _bid_cells(bids[row], market, palette, half), half - bar, half, palette.bid_bar
            )
        if row < len(asks):
            bar = round(ask_totals[row] / most * half) if most else 0
            right = tinted(
                _ask_cells(asks[row], market, palette, width - half - 1), 0, bar, palette.ask_bar
            )
        lines.append([*left, span("│", palette.border), *right])
    return lines[:rows]


def stacked(market: MarketFrame, palette: Palette, *, width: int, rows: int) -> list[Line]:
    """Return asks above bids with the spread between them, best prices next to it."""
    levels = max((rows - 1) // 2, 0)
    bids, asks = market.bids[:levels], market.asks[:levels]
    bid_totals, ask_totals = cumulative_sizes(bids), cumulative_sizes(asks)
    most = max(bid_totals[-1:] + ask_totals[-1:], default=0.0)
    columns = _Columns(market, palette, width=width, most=most)
    ask_lines = [
        columns.line(level, total, is_bid=False)
        for level, total in zip(asks, ask_totals, strict=True)
    ]
    bid_lines = [
        columns.line(level, total, is_bid=True)
        for level, total in zip(bids, bid_totals, strict=True)
    ]
    blank = [span(" " * width, palette.text)]
    return [
        *[blank] * (levels - len(ask_lines)),
        *reversed(ask_lines),
        _spread_line(market, palette, width),
        *bid_lines,
        *[blank] * (rows - 1 - levels - len(bid_lines)),
    ]


class _Columns:
    """The columns of a stacked ladder: price, size, total where it fits, bar."""

    def __init__(self, market: MarketFrame, palette: Palette, *, width: int, most: float) -> None:
        self._market = market
        self._palette = palette
        self._most = most
        shown = (*market.asks[-1:], *market.bids[:1])
        self._price_width = max(
            (len(exact_text(level.price, market.price_decimals)) for level in shown), default=0
        )
        self._has_total = width >= _TOTAL_FROM_WIDTH
        used = self._price_width + (_SIZE_WIDTH + 1) * (1 + self._has_total) + 1
        self._bar_width = max(width - used, 0)
        self._width = width

    def line(self, level: OrderBookEntry, total: float, *, is_bid: bool) -> Line:
        """Return one level."""
        market, palette = self._market, self._palette
        price = exact_text(level.price, market.price_decimals)
        size = short_text(level.size, market.size_decimals, width=_SIZE_WIDTH)
        line = [
            span(price.rjust(self._price_width), palette.bid if is_bid else palette.ask),
            span(f" {size:>{_SIZE_WIDTH}}", palette.text),
        ]
        if self._has_total:
            text = short_text(total, market.size_decimals, width=_SIZE_WIDTH)
            line.append(span(f" {text:>{_SIZE_WIDTH}}", palette.dim))
        share = total / self._most if self._most else 0.0
        block = palette.bid_block if is_bid else palette.ask_block
        line.append(span(" " + block_bar(share, self._bar_width), block))
        return fitted(line, self._width)


def _spread_line(market: MarketFrame, palette: Palette, width: int) -> Line:
    if market.mid_price is None or market.spread is None:
        return fitted([span("one side is empty", palette.warning)], width)
    mid = exact_text(market.mid_price, market.price_decimals + 1)
    spread = exact_text(market.spread, market.price_decimals)
    share = market.spread / market.mid_price * 10_000
    return fitted(
        [span(mid, palette.title), span(f"  spread {spread} ({share:.2f} bp)", palette.dim)], width
    )


def _heading(market: MarketFrame, palette: Palette, half: int, width: int) -> Line:
    best = next((exact_text(level.price, market.price_decimals) for level in market.bids), "")
    price_width = max(len(best), 3)
    size_width = _size_room(half, price_width)
    left = f"{'size':>{size_width}} {'bid':>{price_width}} ".rjust(half)
    right = f" {'ask':<{price_width}} {'size':>{size_width}}".ljust(width - half - 1)
    return [
        *fitted([span(left, palette.dim)], half),
        span("│", palette.border),
        *fitted([span(right, palette.dim)], width - half - 1),
    ]


def _bid_cells(level: OrderBookEntry, market: MarketFrame, palette: Palette, width: int) -> Line:
    price = exact_text(level.price, market.price_decimals)
    size_width = _size_room(width, len(price))
    size = short_text(level.size, market.size_decimals, width=size_width)
    room = max(width - len(price) - 2, 0)
    return fitted([span(f"{size:>{room}} ", palette.text), span(f"{price} ", palette.bid)], width)


def _ask_cells(level: OrderBookEntry, market: MarketFrame, palette: Palette, width: int) -> Line:
    price = exact_text(level.price, market.price_decimals)
    size_width = _size_room(width, len(price))
    size = short_text(level.size, market.size_decimals, width=size_width)
    return fitted(
        [span(f" {price}", palette.ask), span(f" {size:>{size_width}}", palette.text)], width
    )


def _size_room(width: int, price_width: int) -> int:
    """Return the cells for a size beside a price and three blanks."""
    return min(max(width - price_width - 3, 1), _SIZE_WIDTH)
