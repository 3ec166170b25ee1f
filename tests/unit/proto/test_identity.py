from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.proto.identity import push_key

CHANNEL = "spot@private.account.v3.api.pb"


def balance(free: str = "1", **wrapper: int | str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel=CHANNEL, **wrapper)  # type: ignore[arg-type]
    push.privateAccount.vcoinName = "MX"
    push.privateAccount.balanceAmount = free
    return push


def test_a_copy_that_another_connection_was_sent_at_another_time_is_the_same() -> None:
    assert push_key(balance(sendTime=1)) == push_key(balance(sendTime=2, createTime=3))


def test_another_body_symbol_or_channel_is_another_event() -> None:
    keys = {
        push_key(balance()),
        push_key(balance("2")),
        push_key(balance(symbol="MXUSDT")),
        push_key(PushDataV3ApiWrapper(channel=CHANNEL)),
        push_key(PushDataV3ApiWrapper(channel=CHANNEL + "x")),
    }
    assert len(keys) == 5


def test_a_field_that_the_schema_lacks_makes_no_difference_wherever_it_is() -> None:
    unknown = bytes((0xA2, 0x06, 1, 65))  # field 100, a text
    in_body = balance()
    in_body.privateAccount.MergeFromString(unknown)
    in_wrapper = PushDataV3ApiWrapper.FromString(balance().SerializeToString() + unknown)
    assert push_key(in_body) == push_key(in_wrapper) == push_key(balance())
