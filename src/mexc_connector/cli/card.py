"""One market as a framed card: its ladder, its tape, and how it is doing."""

from datetime import UTC, datetime

from mexc_connector.cli.cells import Line, between, cells, fitted, fitted_text, span
from mexc_connector.cli.ladder import side_by_side, stacked
from mexc_connector.cli.number_text import exact_text, milliseconds_text, short_text
from mexc_connector.cli.palette import Palette
from mexc_connector.cli.view_model import MarketFrame
from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade

_SHORTEST_TAPE = 2
_STACKED_LEVELS = 8
"""Levels a side that a ladder must have room for before bids go below asks."""

_TALLEST_LEVELS = 12
"""Levels a side after which further rows go to the tape below."""

_SPLIT_FROM_WIDTH = 70
_TAPE_WIDTH = 36
_MARGIN_FROM_WIDTH = 48
_AMOUNT_WIDTH = 10


def card(market: MarketFrame, palette: Palette, *, width: int, height: int) -> list[Line]:
    """Return `height` lines of `width` cells."""
    margin = " " if width >= _MARGIN_FROM_WIDTH else ""
    inside_width, rows = width - 2 - 2 * len(margin), height - 2
    body = (
        _body(market, palette, width=inside_width, rows=rows)
        if market.is_synced
        else _unsynced(market, palette, width=inside_width, rows=rows)
    )
    edge = span(f"│{margin}", palette.border), span(f"{margin}│", palette.border)
    return [
        _top(market, palette, width),
        *([edge[0], *fitted(line, inside_width), edge[1]] for line in body[:rows]),
        _bottom(market, palette, width),
    ]


def _body(market: MarketFrame, palette: Palette, *, width: int, rows: int) -> list[Line]:
    if width >= _SPLIT_FROM_WIDTH and rows > 2 * _STACKED_LEVELS:
        ladder_width = width - _TAPE_WIDTH - 3
        ladder = stacked(market, palette, width=ladder_width, rows=rows)
        tape = _tape(market, palette, width=_TAPE_WIDTH, rows=rows)
        bar = span(" │ ", palette.border)
        return [
            [*fitted(left, ladder_width), bar, *fitted(right, _TAPE_WIDTH)]
            for left, right in zip(ladder, tape, strict=True)
        ]
    tape_rows = max(rows // 4, _SHORTEST_TAPE)
    ladder_rows = rows - tape_rows - 1
    if ladder_rows > 2 * _STACKED_LEVELS:
        ladder_rows = min(ladder_rows - 1 + ladder_rows % 2, 2 * _TALLEST_LEVELS + 1)
        tape_rows = rows - ladder_rows - 1
    rule: Line = [span("─" * width, palette.border)]
    if ladder_rows > 2 * _STACKED_LEVELS:
        ladder = stacked(market, palette, width=width, rows=ladder_rows)
    else:
        ladder = side_by_side(market, palette, width=width, rows=ladder_rows)
    return [*ladder, rule, *_tape(market, palette, width=width, rows=tape_rows)]


def _unsynced(market: MarketFrame, palette: Palette, *, width: int, rows: int) -> list[Line]:
    tape_rows = max(rows // 4, _SHORTEST_TAPE)
    above = max((rows - tape_rows - 2) // 2, 0)
    blank: Line = [span(" " * width, palette.text)]
    words = f"no prices: {market.state.lower().replace('_', ' ')}"
    lines = [blank] * above + [fitted([span(words.center(width), palette.warning)], width)]
    lines += [blank] * (rows - tape_rows - len(lines))
    return lines + _tape(market, palette, width=width, rows=tape_rows)


def _tape(market: MarketFrame, palette: Palette, *, width: int, rows: int) -> list[Line]:
    lines = [fitted(_trade(trade, market, palette, width), width) for trade in market.trades[:rows]]
    if not lines and rows:
        lines.append(fitted([span("no trades yet", palette.dim)], width))
    return lines + [[span(" " * width, palette.text)] for _ in range(rows - len(lines))]


def _trade(trade: Trade, market: MarketFrame, palette: Palette, width: int) -> Line:
    moment = datetime.fromtimestamp(trade.exchange_time_ms / 1000, UTC)
    clock = moment.strftime("%H:%M:%S")
    is_buy = trade.side is Side.BUY
    price = exact_text(trade.price, market.price_decimals)
    amount = short_text(trade.amount, market.size_decimals, width=_AMOUNT_WIDTH)
    if len(clock) + len(price) + _AMOUNT_WIDTH + 9 <= width:
        clock += f".{trade.exchange_time_ms % 1000:03}"
    return [
        span(f" {clock} ", palette.dim),
        span(f"{'▲' if is_buy else '▼'} {price}", palette.bid if is_buy else palette.ask),
        span(f" {amount:>{_AMOUNT_WIDTH}}", palette.text),
    ]


def _top(market: MarketFrame, palette: Palette, width: int) -> Line:
    left = [
        span("╭─ ", palette.border),
        span(
            fitted_text(market.name, min(len(market.name) * 2, width - 8)).rstrip(), palette.title
        ),
        span(" ", palette.border),
    ]
    corner: Line = [span("─╮", palette.border)]
    right = next(
        (
            [span(f" {price}", palette.title), span(f"{spread} ", palette.dim), *corner]
            for price, spread in _headlines(market)
            if len(price) + len(spread) + cells(left) + 5 <= width
        ),
        corner,
    )
    return between(left, right, width, fill="─", style=palette.border)


def _headlines(market: MarketFrame) -> list[tuple[str, str]]:
    """Return mid price and spread in words that get shorter and shorter."""
    if market.mid_price is None or market.spread is None:
        return []
    mid = exact_text(market.mid_price, market.price_decimals + 1)
    spread = exact_text(market.spread, market.price_decimals)
    points = f"{market.spread / market.mid_price * 10_000:.2f} bp"
    return [
        (mid, f" spread {spread} ({points})"),
        (mid, f" spread {spread}"),
        (mid, f" spread {points}"),
        (mid, f" {points}"),
        (mid, ""),
    ]


def _bottom(market: MarketFrame, palette: Palette, width: int) -> Line:
    state = palette.good if market.is_synced else palette.bad
    facts = [f"{market.updates_per_second}/s"]
    if market.latency is not None:
        facts.append(milliseconds_text(market.latency.median_ms))
    if market.age_ms is not None:
        facts.append(f"age {milliseconds_text(market.age_ms)}")
    left = [
        span("╰─ ", palette.border),
        span(market.state, state),
        span(" ", palette.border),
    ]
    right = [span(f" {' · '.join(facts)} ", palette.dim), span("─╯", palette.border)]
    return between(left, right, width, fill="─", style=palette.border)
