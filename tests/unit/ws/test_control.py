"""Reply texts are those measured on the live exchange, unless a test says otherwise."""

import json

import pytest

from mexc_connector.core.subscription_actions import RequestKind
from mexc_connector.ws import control
from mexc_connector.ws.control import Acknowledgement, Pong, ServerPing, UnexpectedText

DEALS = "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT"
DEPTH = "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT"
LONGER = "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDTX"
BRACKETS = "spot@public.aggre.deals.v3.api.pb@100ms@SPACEX(PRE)USDT"
SQUARE = "spot@public.aggre.deals.v3.api.pb@100ms@ODD[1]USDT"
CHINESE = "spot@public.aggre.deals.v3.api.pb@100ms@币安人生USDT"


def reply(message: object, *, request_id: object = 7) -> str:
    return json.dumps({"id": request_id, "code": 0, "msg": message}, ensure_ascii=False)


def read(message: str) -> Acknowledgement:
    acknowledgement = control.read_reply(reply(message))
    assert isinstance(acknowledgement, Acknowledgement)
    return acknowledgement


def test_a_request_names_its_method_channels_and_id() -> None:
    text = control.request(RequestKind.SUBSCRIBE, [DEALS, CHINESE], request_id=3)
    assert json.loads(text) == {"method": "SUBSCRIPTION", "params": [DEALS, CHINESE], "id": 3}
    assert "币安人生" in text  # sent as it is, not escaped
    text = control.request(RequestKind.UNSUBSCRIBE, [DEALS], request_id=4)
    assert json.loads(text) == {"method": "UNSUBSCRIPTION", "params": [DEALS], "id": 4}


def test_a_ping_has_a_method_and_nothing_else() -> None:
    assert json.loads(control.PING_TEXT) == {"method": "PING"}


def test_one_channel_accepted() -> None:
    assert read(DEALS) == Acknowledgement(7, frozenset({DEALS}), frozenset(), DEALS)


def test_several_accepted_in_any_order() -> None:
    assert read(f"{DEPTH},{DEALS}").granted == {DEALS, DEPTH}


def test_some_refused() -> None:
    got = read(
        f"Subscribed successful! [{DEPTH},{DEALS}]. Not Subscribed successfully! [{BRACKETS}]."
        "  Reason： Blocked! "
    )
    assert got.granted == {DEPTH, DEALS}
    assert got.refused == {BRACKETS}


def test_all_refused() -> None:
    got = read(f"Not Subscribed successfully! [{DEALS}].  Reason： Blocked! ")
    assert (got.granted, got.refused) == (frozenset(), {DEALS})


@pytest.mark.parametrize(
    "text",
    ["", "Not Subscribed successfully! [].", "Not Subscribed successfully! []", "[]", "  "],
)
def test_an_answer_that_names_nothing_grants_nothing(text: str) -> None:
    got = read(text)
    assert (got.granted, got.refused) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    "text",
    [
        f"Not Subscribed successfully![{DEALS}]. Reason：Blocked!",
        f"Not  subscribed successfully !  [ {DEALS} ] .Reason: Blocked!",
        f"not subscribed successfully! [{DEALS} , ].   Reason ： Blocked! ",
    ],
)
def test_spacing_and_colon_may_vary(text: str) -> None:
    got = read(text)
    assert (got.granted, got.refused) == (frozenset(), {DEALS})


def test_a_name_that_begins_with_another_name_is_not_the_other() -> None:
    got = read(f"Subscribed successful! [{LONGER}]. Not Subscribed successfully! [{DEALS}].")
    assert got.granted == {LONGER}
    assert got.refused == {DEALS}


@pytest.mark.parametrize("name", [BRACKETS, SQUARE, CHINESE])
def test_symbols_may_be_chinese_or_hold_brackets(name: str) -> None:
    assert read(name).granted == {name}
    assert read(f"{DEALS},{name}").granted == {DEALS, name}
    got = read(f"Subscribed successful! [{DEALS}]. Not Subscribed successfully! [{name}].")
    assert (got.granted, got.refused) == ({DEALS}, {name})
    got = read(f"Subscribed successful! [{name},{DEALS}]. Not Subscribed successfully! [{DEPTH}].")
    assert (got.granted, got.refused) == ({name, DEALS}, {DEPTH})


def test_the_two_lists_may_come_in_either_order() -> None:
    """Never seen; made up."""
    got = read(f"Not Subscribed successfully! [{DEALS}]. Subscribed successful! [{DEPTH}].")
    assert (got.granted, got.refused) == ({DEPTH}, {DEALS})


def test_a_name_on_both_sides_is_not_granted() -> None:
    """Never seen; made up."""
    got = read(f"Subscribed successful! [{DEALS}]. Not Subscribed successfully! [{DEALS}].")
    assert (got.granted, got.refused) == (frozenset(), {DEALS})


@pytest.mark.parametrize("request_id", [None, 0])
def test_an_id_that_was_not_echoed_is_zero(request_id: int | None) -> None:
    got = control.read_reply(reply(DEALS, request_id=request_id))
    assert isinstance(got, Acknowledgement)
    assert got.request_id == 0


def test_an_empty_text_without_id_is_still_an_answer() -> None:
    assert control.read_reply(reply("", request_id=0)) == Acknowledgement(
        0, frozenset(), frozenset(), ""
    )


@pytest.mark.parametrize("text", ["PONG", "pong", " PONG "])
def test_a_pong_is_told_from_an_answer(text: str) -> None:
    assert control.read_reply(reply(text, request_id=0)) == Pong()


@pytest.mark.parametrize("text", ['{"method":"PING"}', '{"method":"ping"}'])
def test_a_ping_from_the_exchange_wants_a_pong(text: str) -> None:
    assert control.read_reply(text) == ServerPing()
    assert control.read_reply(control.PONG_TEXT) == Pong()


@pytest.mark.parametrize(
    "text",
    [
        "Invalid listen key",
        "",
        "{",
        "null",
        "[]",
        "42",
        '"PONG"',
        '{"msg":5}',
        '{"msg":null}',
        '{"code":0}',
        '{"id":"x","msg":"PONG"}',
        '{"method":"OTHER"}',
        '{"id":0,"code":0,"msg":"something else"}',
        "\ud800",
        '{"msg":"' + "[" * 5000,
    ],
)
def test_any_other_text_is_an_event_and_not_a_failure(text: str) -> None:
    assert control.read_reply(text) == UnexpectedText(text)


def test_unknown_fields_do_not_matter() -> None:
    text = json.dumps({"id": 1, "code": 0, "msg": DEALS, "extra": {"a": [1]}})
    assert control.read_reply(text) == Acknowledgement(1, frozenset({DEALS}), frozenset(), DEALS)
