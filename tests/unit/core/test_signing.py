"""The test vectors are those of the documentation, and of its rules recomputed (reference 1.6)."""

import hmac
import string
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.core.signing import Parameters, SigningKey, canonical_query, signed_query

SECRET = "45d0b3c26f2644f19bfb98b07741b2f5"
KEY = SigningKey(SECRET)
AT_MS = 1644489390087
ORDER: Parameters = [("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT")]
SIZE: Parameters = [("quantity", "1"), ("price", "11")]
TAIL = "recvWindow=5000&timestamp=1644489390087"
BATCH = '[{"type":"LIMIT","price":"40000","quantity":"0.0002","symbol":"BTCUSDT","side":"BUY"}]'
WRONG_IN_THE_DOCS = "323c96ab85a745712e95e63cad28903dd8292e4a905e99c4ee3932023843a117"


@pytest.mark.parametrize(
    ("parameters", "signature"),
    [
        ([*ORDER, *SIZE], "fd3e4e8543c5188531eb7279d68ae7d26a573d0fc5ab0d18eb692451654d837a"),
        (
            [("batchOrders", BATCH)],
            "3d9a0bef4ca5eed7a49037327dec5df77d6b39a6f9a88b454cb33f53ce444b3f",
        ),
        (
            [("symbol", "龙虾USDT")],
            "789de2e2dd3eb202c2a160513d8bc9fe59bc9894655d95267e2b4c7a47ccc88a",
        ),
        (
            [
                ("coin", "EOS"),
                ("address", "zzqqqqqqqqqq"),
                ("amount", "10"),
                ("memo", "MX 10086,a(b)"),
            ],
            "80696ef9cb54c7d166da36e8f387edc7b0d7e57874706f17afeaab9126b3f78e",
        ),
    ],
    ids=["vector 1", "vector 4", "vector 5", "vector 6"],
)
def test_a_signed_query_carries_the_signature_of_all_that_is_before_it(
    parameters: Parameters, signature: str
) -> None:
    query = signed_query(parameters, key=KEY, timestamp_ms=AT_MS, recv_window_ms=5000)
    text, _, found = query.rpartition("&signature=")
    assert found == signature
    assert text.endswith(TAIL)
    assert KEY.signature_of(text) == signature


def test_a_query_and_a_body_are_signed_as_one_text_without_a_join() -> None:  # vector 2
    text = canonical_query(ORDER) + f"quantity=1&price=11&{TAIL}"
    assert KEY.signature_of(text) == (
        "d1a676610ceb39174c8039b3f548357994b2a34139a8addd33baadba65684592"
    )


def test_a_bare_timestamp_is_signed() -> None:  # vector 3
    assert KEY.signature_of(f"timestamp={AT_MS}") == (
        "09b4b5a40aeec864d2caa60f2e6a740b61dc423d76c5615c00fd72681f52a094"
    )


def test_the_first_example_of_the_documentation_does_not_reproduce() -> None:  # vector 1'
    text = f"{canonical_query([*ORDER, *SIZE])}&{TAIL}"
    assert KEY.signature_of(text) != WRONG_IN_THE_DOCS


def test_everything_but_unreserved_characters_is_encoded_in_upper_case() -> None:
    query = canonical_query([("symbol", "龙虾USDT"), ("memo", "MX 10086,a/(b)!*'~-_."), ("n", 5)])
    assert query == ("symbol=%E9%BE%99%E8%99%BEUSDT&memo=MX%2010086%2Ca%2F%28b%29%21%2A%27~-_.&n=5")


def test_booleans_are_written_in_lower_case() -> None:
    assert canonical_query([("a", True), ("b", False)]) == "a=true&b=false"


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN_TEXT = st.text("ABCXYZabcxyz0123456789-._~")


@given(st.lists(st.one_of(PLAIN_TEXT, ANY_TEXT, st.integers())))
def test_values_are_encoded_each_for_itself_whatever_the_others_are(
    values: list[str | int],
) -> None:
    query = canonical_query([(f"p{n}", value) for n, value in enumerate(values)])
    assert query == "&".join(f"p{n}={quote(str(v), safe='')}" for n, v in enumerate(values))
    assert [text for _, text in parse_qsl(query, keep_blank_values=True)] == [
        str(value) for value in values
    ]


@pytest.mark.parametrize(
    "reserved", sorted({*string.printable} - {*string.ascii_letters + string.digits + "-._~"})
)
def test_one_reserved_character_among_plain_values_is_encoded(reserved: str) -> None:
    query = canonical_query([("symbol", "BTCUSDT"), ("memo", f"a{reserved}b"), ("price", "0.1")])
    assert query == f"symbol=BTCUSDT&memo=a%{ord(reserved):02X}b&price=0.1"


@given(st.text("abc=&%019"))
def test_a_key_signs_as_hmac_does_however_often_it_has_signed(text: str) -> None:
    expected = hmac.new(SECRET.encode(), text.encode(), "sha256").hexdigest()
    assert [KEY.signature_of(text), KEY.signature_of(text)] == [expected, expected]


def test_a_key_does_not_show_itself() -> None:
    assert repr(KEY) == "<SigningKey ***>"
