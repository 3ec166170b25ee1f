import json
from pathlib import Path

import pytest

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim.frames import (
    BINARY,
    close_frame,
    create_time_piece,
    send_time_piece,
    text_frame,
    topic_piece,
    websocket_frame,
)

RECORDED = json.loads(
    (Path(__file__).parents[2] / "recorded" / "frames.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x82\x00"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f" + (65_536).to_bytes(8, "big")),
    ],
)
def test_frame_heads_grow_with_the_payload(size: int, head: bytes) -> None:
    frame = websocket_frame(BINARY, b"x" * size)
    assert frame[: len(head)] == head
    assert len(frame) == len(head) + size


def test_text_and_close_frames_have_their_opcodes() -> None:
    assert text_frame("：") == b"\x81\x03\xef\xbc\x9a"
    assert close_frame(1000) == b"\x88\x02\x03\xe8"


@pytest.mark.parametrize("recording", RECORDED, ids=lambda recording: recording["name"])
def test_pieces_laid_end_to_end_are_the_frames_of_the_exchange(
    recording: dict[str, str],
) -> None:
    captured = bytes.fromhex(recording["hex"])
    wrapper = PushDataV3ApiWrapper.FromString(captured)
    symbol_id = wrapper.symbolId if wrapper.HasField("symbolId") else None
    head = topic_piece(wrapper.channel, wrapper.symbol, symbol_id)
    time_piece = (
        send_time_piece(wrapper.sendTime)
        if wrapper.HasField("sendTime")
        else create_time_piece(wrapper.createTime)
    )
    body = PushDataV3ApiWrapper()
    body.CopyFrom(wrapper)
    for name in ("channel", "symbol", "symbolId", "createTime", "sendTime"):
        body.ClearField(name)  # type: ignore[arg-type]  # a name from a list, not a literal
    assert head + time_piece + body.SerializeToString() == captured
