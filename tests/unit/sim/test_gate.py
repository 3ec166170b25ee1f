"""What the gate lets in and with which code it refuses the rest."""

from typing import Any

import pytest

from mexc_connector.sim import READ_ONLY, SimAccount, SimKey
from mexc_connector.sim.account_options import Permission
from mexc_connector.sim.accounts import Accounts
from mexc_connector.sim.errors import Refusal
from mexc_connector.sim.gate import Caller, SignedRequest, admit
from mexc_connector.sim.signatures import sign

NOW_MS = 1_790_281_200_000
SECRET = "secret"


def key(name: str, **options: Any) -> SimKey:
    return SimKey(api_key=f"mx0{name}", secret_key=SECRET, **options)


def ask(
    text: str = f"timestamp={NOW_MS}",
    *,
    api_key: str = "mx0owner01",
    permission: str = Permission.DEAL_WRITE,
    secret: str = SECRET,
    **changes: str,
) -> Caller:
    keys = (
        key("owner01"),
        key("reader1", permissions=READ_ONLY),
        key("expired", expires_ms=NOW_MS),
        key("bound01", ip_whitelist=("10.0.0.7",)),
        key("frozen1", is_frozen=True),
    )
    accounts = Accounts([SimAccount(keys=keys)], opened_ms=NOW_MS)
    request = {
        "content_type": "application/json",
        "raw_query": f"{text}&signature={sign(secret, text)}",
        "raw_body": "",
        "address": "127.0.0.1",
    } | changes
    return admit(SignedRequest(api_key=api_key, **request), permission, accounts, NOW_MS)


def refusal(*args: Any, **kwargs: Any) -> tuple[int, int]:
    with pytest.raises(Refusal) as caught:
        ask(*args, **kwargs)
    return caught.value.status, caught.value.code


def test_a_signed_request_brings_its_account_and_parameters() -> None:
    caller = ask(f"symbol=BTCUSDT&timestamp={NOW_MS}")
    assert caller.account.number == 1
    assert caller.query["symbol"] == "BTCUSDT"


def test_each_fault_has_the_exchanges_code() -> None:
    assert refusal(api_key="") == (400, 400)
    assert refusal(content_type="text/plain") == (400, 700013)
    assert refusal(content_type="application/x-www-form-urlencoded") == (400, 700013)
    assert refusal(raw_query=f"timestamp={NOW_MS}") == (400, 700004)
    assert refusal("symbol=BTCUSDT") == (400, 700004)
    assert refusal(api_key="nonsense") == (400, 700001)
    assert refusal(api_key="mx0stranger") == (400, 10072)
    assert refusal(api_key="mx0expired") == (400, 700001)
    assert refusal(api_key="mx0bound01") == (400, 700006)
    assert refusal(api_key="mx0frozen1") == (401, 401)
    assert refusal(api_key="mx0reader1") == (400, 700007)
    assert refusal("timestamp=yesterday") == (400, 10073)
    assert refusal(f"recvWindow=60001&timestamp={NOW_MS}") == (400, 700005)
    assert refusal(f"recvWindow=-1&timestamp={NOW_MS}") == (400, 700004)
    assert refusal(secret="another") == (400, 700002)


def test_the_refusal_of_an_address_names_it() -> None:
    with pytest.raises(Refusal, match=r"IP \[127\.0\.0\.1\] not in the ip white list"):
        ask(api_key="mx0bound01")


def test_a_reader_may_read_and_a_bound_key_works_from_its_address() -> None:
    ask(api_key="mx0reader1", permission=Permission.DEAL_READ)
    ask(api_key="mx0bound01", address="10.0.0.7")


def test_only_a_request_without_a_body_may_leave_the_content_type_out() -> None:
    ask(content_type="")
    assert refusal(content_type="", raw_body="symbol=BTCUSDT") == (400, 700013)


def test_a_charset_beside_the_content_type_does_no_harm() -> None:
    ask(content_type="application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("offset_ms", "window", "is_in"),
    [
        (999, "", True),
        (1_000, "", False),
        (-5_000, "", True),
        (-5_001, "", False),
        (-60_000, "&recvWindow=60000", True),
        (-60_001, "&recvWindow=60000", False),
        (1_000, "&recvWindow=60000", False),
        (-1, "&recvWindow=0", False),
        (0, "&recvWindow=0", True),
    ],
)
def test_the_clock_window_ends_where_the_documents_say(
    offset_ms: int, window: str, is_in: bool
) -> None:
    text = f"timestamp={NOW_MS + offset_ms}{window}"
    if is_in:
        ask(text)
    else:
        assert refusal(text) == (400, 700003)
