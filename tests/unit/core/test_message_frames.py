"""Splitting a stream into messages, without a socket."""

from collections.abc import Iterator

import pytest

from mexc_connector.core.message_frames import (
    MESSAGE_LIMIT,
    ForLibrary,
    Message,
    MessageSplitter,
    Violation,
)

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
LIMIT = 0xFFFF


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) <= 0xFFFF:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


def bytewise(data: bytes) -> Iterator[bytes]:
    return (data[index : index + 1] for index in range(len(data)))


def split(*chunks: bytes, limit: int = MESSAGE_LIMIT) -> list[Message]:
    splitter = MessageSplitter(limit)
    return [message for chunk in chunks for message in splitter.feed(chunk)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 125, 126, 127, 255, 256, 65535, 65536, 70000])
def test_a_message_of_any_length_comes_out_whole_however_it_was_cut(size: int) -> None:
    payload = bytes(index * 7 % 251 for index in range(size))
    stream = frame(BINARY, payload) + frame(BINARY, b"end")
    assert split(stream) == [payload, b"end"]
    assert split(*bytewise(stream)) == [payload, b"end"]


def test_it_does_not_matter_where_a_stream_is_cut() -> None:
    payloads = [b"", b"a", b"short", bytes(range(126)), bytes(range(200))]
    stream = b"".join(frame(BINARY, payload) for payload in payloads) + frame(TEXT, b"end")
    for cut in range(len(stream) + 1):
        chunks = [chunk for chunk in (stream[:cut], stream[cut:]) if chunk]
        assert split(*chunks) == [*payloads, "end"]


@pytest.mark.parametrize(
    "header",
    [b"\x82\x03", b"\x82\x7e\x00\x03", b"\x82\x7f" + (3).to_bytes(8, "big")],
)
def test_a_length_may_be_written_longer_than_it_has_to_be(header: bytes) -> None:
    assert split(header + b"abc" + frame(TEXT, b"d")) == [b"abc", "d"]


def test_texts_binaries_and_control_frames_keep_their_order() -> None:
    ping, pong, close = frame(PING, b"p"), frame(PONG, b""), frame(CLOSE, b"\x03\xe8")
    stream = b"".join(
        [frame(TEXT, "ä".encode()), frame(BINARY, b"1"), ping, frame(BINARY, b"2"), pong, close]
    )
    expected = ["ä", b"1", ForLibrary(ping), b"2", ForLibrary(pong), ForLibrary(close)]
    assert split(stream) == expected
    assert split(*bytewise(stream)) == expected


def test_fragments_are_put_together_and_control_frames_come_out_between_them() -> None:
    ping = frame(PING, b"now")
    stream = b"".join(
        [
            frame(BINARY, b"ab", final=False),
            ping,
            frame(CONTINUATION, b"", final=False),
            frame(CONTINUATION, b"cd"),
            frame(BINARY, b"next"),
            frame(TEXT, "ä".encode()[:1], final=False),
            frame(CONTINUATION, "ä".encode()[1:]),
            frame(BINARY, b"", final=False),
            frame(CONTINUATION, b""),
        ]
    )
    expected = [ForLibrary(ping), b"abcd", b"next", "ä", b""]
    assert split(stream) == expected
    assert split(*bytewise(stream)) == expected


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"\x82\x83mask\x00\x00\x00", id="masked binary"),
        pytest.param(b"\x89\x80mask", id="masked ping"),
        pytest.param(b"\xc2\x01a", id="reserved bit 1"),
        pytest.param(b"\xa1\x01a", id="reserved bit 2"),
        pytest.param(b"\x90\x01a", id="reserved bit 3"),
        pytest.param(b"\x83\x01a", id="unknown data opcode"),
        pytest.param(b"\x8b\x01a", id="unknown control opcode"),
        pytest.param(b"\x09\x01a", id="control frame in fragments"),
        pytest.param(b"\x89\x7e\x00\x01a", id="control frame too long"),
        pytest.param(b"\x80\x01a", id="continuation of nothing"),
        pytest.param(b"\x00\x01a", id="continuation of nothing, to be continued"),
    ],
)
def test_a_frame_that_no_server_may_send_goes_to_the_library_with_all_that_follows(
    bad: bytes,
) -> None:
    before, after = frame(BINARY, b"good"), frame(BINARY, b"late")
    assert split(before + bad + after, after) == [
        b"good",
        ForLibrary(bad + after),
        ForLibrary(after),
    ]
    good, *rest = split(*bytewise(before + bad + after))
    assert good == b"good"
    assert all(isinstance(message, ForLibrary) for message in rest)
    assert b"".join(m.data for m in rest if isinstance(m, ForLibrary)) == bad + after


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_inside_the_fragments_of_another_is_a_violation(opcode: int) -> None:
    stream = frame(BINARY, b"a", final=False) + frame(opcode, b"b")
    (message,) = split(stream + frame(CONTINUATION, b"c"))
    assert isinstance(message, Violation)
    assert message.code == 1002


def test_it_is_one_wherever_its_header_was_cut_and_masked_or_not() -> None:
    stream = frame(0x2, b"a", final=False) + bytes((0x02, 0xC3, 1, 2))
    whole = split(stream)
    assert isinstance(whole[0], Violation)
    assert all(split(stream[:cut], stream[cut:])[0] == whole[0] for cut in range(1, len(stream)))


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([frame(TEXT, b"\xff")], id="whole"),
        pytest.param([frame(TEXT, "\ud800".encode("utf-8", "surrogatepass"))], id="surrogate"),
        pytest.param(
            [frame(TEXT, b"\xc3", final=False), frame(CONTINUATION, b"a")], id="in fragments"
        ),
    ],
)
def test_text_that_is_not_utf8_is_a_violation(chunks: list[bytes]) -> None:
    first, *rest = split(*chunks, frame(BINARY, b"late"))
    assert isinstance(first, Violation)
    assert first.code == 1007
    assert rest == [ForLibrary(frame(BINARY, b"late"))]


def test_a_message_above_the_limit_is_refused_by_its_header() -> None:
    header = frame(BINARY, bytes(LIMIT + 1))[:10]
    (message,) = split(*bytewise(header), limit=LIMIT)
    assert isinstance(message, Violation)
    assert message.code == 1009
    (message,) = split(b"\x82\x7f" + b"\xff" * 8)
    assert isinstance(message, Violation)
    assert message.code == 1009


def test_fragments_above_the_limit_are_refused_by_the_header_that_exceeds_it() -> None:
    at_limit = [frame(TEXT, b"a", final=False), frame(CONTINUATION, bytes(LIMIT - 1), final=False)]
    assert split(*at_limit, frame(CONTINUATION, b""), limit=LIMIT) == ["a" + "\0" * (LIMIT - 1)]
    (message,) = split(*at_limit, b"\x80\x01", limit=LIMIT)
    assert isinstance(message, Violation)
    assert message.code == 1009


def test_the_limit_does_not_count_control_frames() -> None:
    ping = frame(PING, bytes(125))
    stream = frame(BINARY, bytes(LIMIT), final=False) + ping + frame(CONTINUATION, b"")
    assert split(stream, limit=LIMIT) == [ForLibrary(ping), bytes(LIMIT)]


def test_a_limit_that_would_not_be_checked_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        MessageSplitter(LIMIT - 1)


@pytest.mark.timeout(20)  # with a copy per piece this would take minutes
def test_the_work_grows_with_the_bytes_and_not_with_the_pieces() -> None:
    payload = bytes(2 * 1024 * 1024)
    assert split(*bytewise(frame(BINARY, payload))) == [payload]
    fragments = [frame(CONTINUATION, b"a", final=False)] * 500_000
    stream = b"".join([frame(BINARY, b"", final=False), *fragments, frame(CONTINUATION, b"")])
    assert split(stream) == [b"a" * 500_000]


def test_a_splitter_shows_what_it_holds() -> None:
    splitter = MessageSplitter()
    splitter.feed(frame(BINARY, b"ab", final=False) + b"\x80\x05abc")
    assert repr(splitter) == "<MessageSplitter: 7 bytes of an incomplete message>"
    splitter = MessageSplitter()
    splitter.feed(b"\xff")
    assert repr(splitter) == "<MessageSplitter: ended>"
