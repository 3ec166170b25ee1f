"""Signatures, with the texts and results of the exchange's documentation."""

import pytest

from mexc_connector.sim.signatures import read_parameters, sign

SECRET = "45d0b3c26f2644f19bfb98b07741b2f5"
ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=11&recvWindow=5000"
STAMP = "&timestamp=1644489390087"
DOCUMENTED = "fd3e4e8543c5188531eb7279d68ae7d26a573d0fc5ab0d18eb692451654d837a"
BATCH = (
    "batchOrders=%5B%7B%22type%22%3A%22LIMIT%22%2C%22price%22%3A%2240000%22%2C%22quantity%22%3A%22"
    "0.0002%22%2C%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22BUY%22%7D%5D&recvWindow=5000"
)
MEMO = "coin=EOS&address=zzqqqqqqqqqq&amount=10&memo=MX%2010086%2Ca%28b%29&recvWindow=5000"
VECTORS = [
    (ORDER + STAMP, DOCUMENTED),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMITquantity=1&price=11&recvWindow=5000" + STAMP,
        "d1a676610ceb39174c8039b3f548357994b2a34139a8addd33baadba65684592",
    ),
    (STAMP[1:], "09b4b5a40aeec864d2caa60f2e6a740b61dc423d76c5615c00fd72681f52a094"),
    (BATCH + STAMP, "3d9a0bef4ca5eed7a49037327dec5df77d6b39a6f9a88b454cb33f53ce444b3f"),
    (
        "symbol=%E9%BE%99%E8%99%BEUSDT&recvWindow=5000" + STAMP,
        "789de2e2dd3eb202c2a160513d8bc9fe59bc9894655d95267e2b4c7a47ccc88a",
    ),
    (MEMO + STAMP, "80696ef9cb54c7d166da36e8f387edc7b0d7e57874706f17afeaab9126b3f78e"),
]


def is_accepted(query: str, body: str = "") -> bool:
    return read_parameters(query, body).is_signed_with(SECRET)


@pytest.mark.parametrize(("text", "signature"), VECTORS)
def test_the_published_vectors_hold(text: str, signature: str) -> None:
    assert sign(SECRET, text) == signature


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"{ORDER}{STAMP}&signature={DOCUMENTED}", ""),
        (f"signature={DOCUMENTED}&{ORDER}{STAMP}", ""),
        ("", f"{ORDER}{STAMP}&signature={DOCUMENTED}"),
        (
            "symbol=BTCUSDT&side=BUY&type=LIMIT",
            f"quantity=1&price=11&recvWindow=5000{STAMP}&signature="
            "d1a676610ceb39174c8039b3f548357994b2a34139a8addd33baadba65684592",
        ),
    ],
    ids=["in the query", "signature first", "in a form body", "split over both"],
)
def test_parameters_may_stand_in_the_query_the_body_or_both(query: str, body: str) -> None:
    assert is_accepted(query, body)


def test_a_client_may_sign_one_spelling_of_a_blank_and_send_another() -> None:
    signature = VECTORS[5][1]
    sent = MEMO.replace("%20", "+").replace("%28", "(").replace("%29", ")").replace("%2C", ",")
    assert is_accepted(f"{sent}{STAMP}&signature={signature}")
    assert read_parameters(sent, "").values["memo"] == "MX 10086,a(b)"


def test_lower_case_escapes_may_be_signed_as_they_are() -> None:
    text = BATCH.replace("%5B", "%5b").replace("%7B", "%7b") + STAMP
    assert is_accepted(f"{text}&signature={sign(SECRET, text)}")


def test_a_json_body_counts_with_its_encoded_values() -> None:
    text = "symbol=BTCUSDT&quantity=1.5&memo=a%20b"
    body = '{"symbol":"BTCUSDT","quantity":1.5,"memo":"a b"}'
    assert is_accepted(f"signature={sign(SECRET, text)}", body)
    assert read_parameters("", body).values == {
        "symbol": "BTCUSDT",
        "quantity": "1.5",
        "memo": "a b",
    }


def test_a_name_in_both_places_counts_as_the_query_has_it() -> None:
    assert read_parameters("price=1", "price=2&side=BUY").values == {"price": "1", "side": "BUY"}


@pytest.mark.parametrize(
    "query",
    [
        f"{ORDER}{STAMP}&signature={DOCUMENTED[:-1]}b",
        f"{ORDER}{STAMP}&signature={DOCUMENTED.upper()}",
        f"{ORDER.replace('price=11', 'price=12')}{STAMP}&signature={DOCUMENTED}",
        f"{ORDER}{STAMP}&signature=%FF%FE",
        f"{ORDER}{STAMP}&signature=",
        f"{ORDER}{STAMP}",
    ],
    ids=["wrong", "upper case", "changed", "no text", "empty", "absent"],
)
def test_any_other_signature_is_refused(query: str) -> None:
    assert not is_accepted(query)
