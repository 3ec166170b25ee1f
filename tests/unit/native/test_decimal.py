"""Which texts the compiled path reads as numbers and versions, and as which."""

import pytest

from tests.fuzz.wire import CHANNEL, Body, content

hot = pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

READ = {
    "0": 0.0,
    "0.00000000": 0.0,
    "00": 0.0,
    "007": 7.0,
    "375.8": 375.8,
    "375.80": 375.8,
    ".5": 0.5,
    "5.": 5.0,
    "1e5": 1e5,
    "1E+5": 1e5,
    "1e-0005": 1e-5,
    "0e9999": 0.0,
    "9007199254740993": 9007199254740992.0,
    "9007199254740993.0000001": 9007199254740994.0,
    "123456789012345678901234567890": 123456789012345678901234567890.0,
    "95650086.38765961": 95650086.38765961,
    "943460713383.8363": 943460713383.8363,
    "936459594497720.9": 936459594497720.9,
    "352936525.2655521343": 352936525.26555216,
    "93381.23869591611895": 93381.23869591612,
    "93.11604062182188228": 93.11604062182188,
    "1e23": 1e23,
    "70.556109e-17": 70.556109e-17,
    "42459758494058140.000": 42459758494058140.0,
    "1.7976931348623157e308": 1.7976931348623157e308,
    "5e-324": 5e-324,
    "1e-400": 0.0,
    "0." + "0" * 60 + "1": 1e-61,
}
DECLINED = (
    "",
    ".",
    "-0",
    "-1",
    "+1",
    "1e",
    "1e+",
    "1e00005",
    "e5",
    "1.2.3",
    "1e400",
    "1e5.0",
    "nan",
    "inf",
    "0x10",
    "1_0",
    " 1",
    "1 ",
    "1\0",
    "\u0661",
    "\u00b2",
    "0" * 64,
    b"\xff",
    b"1\x80",
)
VERSIONS_READ = {"0": 0, "7": 7, "007": 7, "9" * 18: 10**18 - 1}
VERSIONS_DECLINED = (
    "",
    "-1",
    "+1",
    "1.0",
    "1e3",
    " 1",
    "1\0",
    "\u0661",
    "\u00b2",
    "9" * 19,
    b"\xff",
)


@pytest.mark.parametrize("text", READ)
def test_a_number_written_like_this_is_read(text: str) -> None:
    assert judge.sizes_read([text]) == [READ[text]]
    assert float(text) == READ[text]


@pytest.mark.parametrize("text", DECLINED)
def test_a_number_written_like_this_is_declined(text: str | bytes) -> None:
    assert judge.sizes_read([text]) is None
    assert judge.sizes_read(["1", text, "1"]) is None


@pytest.mark.parametrize("text", VERSIONS_READ)
def test_a_version_written_like_this_is_read(text: str) -> None:
    body = content(Body.LIMIT_DEPTH, content(4, text))
    snapshot = hot.read_limit_depth(content(CHANNEL, "c") + body, judge.SYMBOL, 5, 0)
    assert snapshot is not None
    assert snapshot.version == VERSIONS_READ[text]


@pytest.mark.parametrize("text", VERSIONS_DECLINED)
def test_a_version_written_like_this_is_declined(text: str | bytes) -> None:
    body = content(Body.LIMIT_DEPTH, content(4, text))
    assert hot.read_limit_depth(content(CHANNEL, "c") + body, judge.SYMBOL, 5, 0) is None
