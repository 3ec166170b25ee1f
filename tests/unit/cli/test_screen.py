import io
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from mexc_connector.cli.cells import Line, cells
from mexc_connector.cli.palette import palette_for
from mexc_connector.cli.screen import Painter, picture
from mexc_connector.cli.view_model import DemoFrame
from mexc_connector.common.enums import ConnectionState
from tests.unit.cli.frames import demo_frame, market_frame


def console(
    *, width: int = 80, height: int = 24, color_system: str | None = "truecolor"
) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        color_system=color_system,  # type: ignore[arg-type]  # rich lists the names literally
        legacy_windows=False,
    )


def four_markets() -> DemoFrame:
    return demo_frame(
        market_frame(),
        market_frame(name="ETHUSDT", mid=3219.0, size_decimals=5, size=12.3),
        market_frame(name="MXUSDT", mid=3.6962, price_decimals=4, size_decimals=2, size=1152.05),
        market_frame(
            name="PEPEUSDT", mid=0.000004712, price_decimals=9, size_decimals=2, size=68_934_930.68
        ),
    )


def drawn(frame: DemoFrame, *, width: int = 80, height: int = 24) -> str:
    lines = picture(frame, palette_for(console()), width=width, height=height)
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def styles_of(lines: list[Line], text: str) -> set[str]:
    return {str(s.style) for line in lines for s in line if text in s.text}


def test_a_small_terminal_shows_four_markets_with_six_levels_a_side() -> None:
    text = drawn(four_markets())
    for name in ("BTCUSDT", "ETHUSDT", "MXUSDT", "PEPEUSDT"):
        assert f"╭─ {name} " in text
    assert len(re.findall(r"842[67]\d\.\d\d │ 84270\.0\d", text)) == 6
    assert "0.000004711 │ 0.000004713" in text
    assert text.count("▲") + text.count("▼") == 8


def test_a_wide_terminal_shows_markets_side_by_side_with_twelve_levels_a_side() -> None:
    text = drawn(four_markets(), width=200, height=50)
    top = next(line for line in text.splitlines() if "╭─" in line)
    assert all(name in top for name in ("BTCUSDT", "ETHUSDT", "MXUSDT", "PEPEUSDT"))
    assert "84270.12" in text
    assert "84270.13" not in text
    assert "84269.88" in text
    assert "█" in text


def test_one_market_on_a_small_terminal_has_its_tape_at_the_side() -> None:
    lines = drawn(demo_frame(market_frame())).splitlines()
    assert sum("█" in line and ("▲" in line or "▼" in line) for line in lines) >= 10
    assert any("spread 0.02" in line and "84270.000" in line for line in lines)


def test_the_best_prices_stand_next_to_the_spread() -> None:
    lines = drawn(demo_frame(market_frame())).splitlines()
    middle = next(i for i, line in enumerate(lines) if "  spread 0.02 (0.00 bp)" in line)
    assert "84270.01" in lines[middle - 1]
    assert "84269.99" in lines[middle + 1]


def test_the_header_tells_how_the_session_is_doing() -> None:
    header = drawn(four_markets()).splitlines()[:2]
    assert "simulator :8765  OPEN  links 1/1" in header[0]
    assert "reconnects 0  resyncs 0  01:05" in header[0]
    assert "158 frames/s  131 updates/s  latency 0.60 ms  p99 2.50 ms" in header[1]


def test_trouble_changes_colour() -> None:
    palette = palette_for(console())
    calm = picture(demo_frame(market_frame()), palette, width=80, height=24)
    frame = demo_frame(market_frame(), state=ConnectionState.RECONNECTING, reconnects=3)
    trouble = picture(frame, palette, width=80, height=24)
    assert styles_of(calm, "OPEN") == {str(palette.good)}
    assert styles_of(trouble, "RECONNECTING") == {str(palette.warning)}
    assert styles_of(trouble, "3  ") == {str(palette.warning)}


def test_an_unsynced_book_shows_its_reason_and_keeps_its_tape() -> None:
    text = drawn(demo_frame(market_frame(reason="LINK_LOST")))
    assert "no prices: link lost" in text
    assert "spread" not in text
    assert "▲" in text


def test_an_empty_side_is_said_to_be_empty() -> None:
    market = msgspec.structs.replace(market_frame(), asks=())
    assert "one side is empty" in drawn(demo_frame(market))


def test_a_market_that_has_not_traded_says_so() -> None:
    assert "no trades yet" in drawn(demo_frame(market_frame(trades=0)))


def test_markets_that_do_not_fit_are_counted() -> None:
    frame = demo_frame(*(market_frame(name=f"M{i}USDT") for i in range(20)))
    assert "14 more need a larger window" in drawn(frame)


def test_a_symbol_in_chinese_does_not_break_the_frame() -> None:
    lines = drawn(demo_frame(market_frame(name="币安人生USDT"))).splitlines()
    assert lines[2].startswith("╭─ 币安人生USDT ")
    assert lines[2].endswith("─╮")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 230),
    st.integers(1, 70),
    st.lists(
        st.tuples(
            st.sampled_from(["BTCUSDT", "币安人生USDT", "X"]),
            st.integers(0, 40),
            st.sampled_from([0, 2, 9]),
            st.sampled_from(["", "GAP"]),
        ),
        max_size=9,
    ),
)
def test_a_picture_fills_any_terminal_exactly(
    width: int, height: int, markets: list[tuple[str, int, int, str]]
) -> None:
    frame = demo_frame(
        *(
            market_frame(
                name=name, levels=levels, price_decimals=decimals, reason=reason, trades=levels
            )
            for name, levels, decimals, reason in markets
        )
    )
    lines = picture(frame, palette_for(console()), width=width, height=height)
    assert len(lines) == height
    assert {cells(line) for line in lines} == {width}


def written(screen: Console) -> str:
    stream = screen.file
    assert isinstance(stream, io.StringIO)
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


def test_only_lines_that_changed_are_written_again() -> None:
    screen = console()
    painter = Painter(screen)
    frame = four_markets()
    painter.paint(frame)
    assert "BTCUSDT" in written(screen)
    painter.paint(frame)
    assert written(screen) == ""
    painter.paint(msgspec.structs.replace(frame, age_s=66.4))
    again = written(screen)
    assert "01:06" in again
    assert "BTCUSDT" not in again


def test_a_new_terminal_size_is_painted_from_scratch() -> None:
    screen = console()
    painter = Painter(screen)
    painter.paint(four_markets())
    written(screen)
    screen.size = (100, 30)  # type: ignore[assignment]  # rich takes any pair
    painter.paint(four_markets())
    assert "\x1b[2J" in written(screen)


@pytest.mark.parametrize("color_system", [None, "standard", "256", "truecolor"])
def test_bars_can_be_seen_with_any_number_of_colours(color_system: str | None) -> None:
    palette = palette_for(console(color_system=color_system))
    for bar in (palette.bid_bar, palette.ask_bar):
        assert bar.reverse or bar.bgcolor is not None
