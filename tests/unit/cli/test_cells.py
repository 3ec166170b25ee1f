from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from mexc_connector.cli.cells import Line, between, block_bar, cells, fitted_text, span, tinted

PLAIN = Style.null()
TINT = Style(bgcolor="red")


def text_of(line: Line) -> str:
    return "".join(segment.text for segment in line)


def test_two_ends_are_pushed_apart() -> None:
    line = between([span("ab", PLAIN)], [span("yz", PLAIN)], 7, fill="-", style=PLAIN)
    assert text_of(line) == "ab---yz"


def test_the_left_end_gives_way() -> None:
    line = between([span("abcd", PLAIN)], [span("yz", PLAIN)], 5, fill="-", style=PLAIN)
    assert text_of(line) == "abcyz"


@given(st.lists(st.text("abc", max_size=5), max_size=5), st.integers(-3, 30), st.integers(-3, 30))
def test_a_tint_changes_the_look_of_its_cells_and_no_text(
    texts: list[str], start: int, stop: int
) -> None:
    line = [span(text, PLAIN) for text in texts]
    result = tinted(line, start, stop, TINT)
    assert text_of(result) == text_of(line)
    looks = [segment.style == TINT for segment in result for _ in segment.text]
    assert looks == [start <= cell < stop for cell in range(len(looks))]


@given(st.floats(-0.5, 1.5), st.integers(0, 60))
def test_a_bar_is_as_wide_as_its_column(share: float, width: int) -> None:
    assert len(block_bar(share, width)) == width


def test_a_bar_is_exact_to_an_eighth_of_a_cell() -> None:
    assert block_bar(0.5, 3) == "█▌ "
    assert block_bar(1 / 24, 3) == "▏  "
    assert block_bar(1.0, 3) == "███"


def test_wide_characters_take_two_cells() -> None:
    assert cells([span("龙虾USDT", PLAIN)]) == 8
    assert fitted_text("龙虾USDT", 5) == "龙虾U"
    assert fitted_text("BTC", 5) == "BTC  "
