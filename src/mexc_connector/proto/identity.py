"""What makes a push of one connection the copy of a push of another one."""

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

PushKey = tuple[str, str, bytes]


def push_key(push: PushDataV3ApiWrapper) -> PushKey:
    """Return what a push says, without what belongs to its sending; 2 us.

    `createTime` and `sendTime` of the wrapper tell when a connection was served, and may differ
    from one to the other. Fields that the schema lacks are left out, and taken from the push: one
    of them could be of that sort, and nobody reads them.
    """
    push.DiscardUnknownFields()
    name = push.WhichOneof("body")
    body = b"" if name is None else getattr(push, name).SerializeToString(deterministic=True)
    return push.channel, push.symbol, body
