import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.sim.control import Command, Request, parse_request, reply, subscription_text


@pytest.mark.parametrize("method", ["PING", "ping"])
def test_pings_are_understood_in_either_case(method: str) -> None:
    assert parse_request(f'{{"method":"{method}","id":4}}') == Request(Command.PING, (), 4)


def test_a_subscription_carries_its_channels_and_id() -> None:
    text = '{"method":"SUBSCRIPTION","params":["a","b"],"id":9}'
    assert parse_request(text) == Request(Command.SUBSCRIBE, ("a", "b"), 9)


@pytest.mark.parametrize("given_id", ["-1", '"x"', "true", "null", "1.5"])
def test_an_unusable_id_is_answered_as_none(given_id: str) -> None:
    assert parse_request(f'{{"method":"PING","id":{given_id}}}').request_id == 0


@pytest.mark.parametrize("params", ["", ',"params":null', ',"params":"a"', ',"params":[]'])
def test_a_subscription_to_nothing_names_nothing(params: str) -> None:
    assert parse_request(f'{{"method":"SUBSCRIPTION"{params}}}').channels == ()


def test_params_that_are_no_texts_are_named_as_json_has_them() -> None:
    text = '{"method":"SUBSCRIPTION","params":[null,true,7,{"a":[]}]}'
    assert parse_request(text).channels == ("null", "true", "7", '{"a":[]}')


@pytest.mark.parametrize("text", ["hello", "", "[]", "3", '{"method":"LOGIN"}', "{", "[" * 5000])
def test_what_is_no_request_is_unreadable(text: str) -> None:
    assert parse_request(text).command is Command.UNREADABLE


@given(text=st.text())
def test_no_text_raises(text: str) -> None:
    parse_request(text)


def test_acknowledgements_are_those_of_the_exchange_to_the_letter() -> None:
    assert subscription_text(["a"], []) == "a"
    assert subscription_text(["b", "a"], []) == "b,a"
    assert subscription_text([], ["c"]) == (
        "Not Subscribed successfully! [c].  Reason\uff1a Blocked! "
    )
    assert subscription_text(["a", "b"], ["c", "d"]) == (
        "Subscribed successful! [a,b]. Not Subscribed successfully! [c,d].  Reason\uff1a Blocked! "
    )
    assert subscription_text([], []) == "Not Subscribed successfully! []."


def test_a_reply_has_code_zero_whatever_it_says() -> None:
    assert reply(7, "PONG") == '{"id":7,"code":0,"msg":"PONG"}'
    assert json.loads(reply(0, subscription_text([], ["x"])))["code"] == 0
    assert "Reason\uff1a" in reply(0, subscription_text([], ["x"])), "written raw, not escaped"
