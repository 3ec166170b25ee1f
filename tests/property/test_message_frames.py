"""The splitter against the parser of the WebSocket library, on generated streams and cuts."""

from hypothesis import event, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from mexc_connector.core.message_frames import ForLibrary, MessageSplitter, Violation

Seen = tuple[str, bytes]


def wire(first: int, payload: bytes, *, wide: bool = False) -> bytes:
    if len(payload) < 126 and not wide:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload


payloads = st.one_of(st.binary(max_size=20), st.binary(min_size=120, max_size=400))
texts = st.text(max_size=60).map(str.encode)


@st.composite
def messages(draw: st.DrawFn) -> list[bytes]:
    """One message, whole or in fragments, with pings and pongs between them."""
    opcode = draw(st.sampled_from((1, 2)))
    payload = draw(texts if opcode == 1 else payloads)
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    frames: list[bytes] = []
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(payload)], strict=True)):
        first = (0 if number else opcode) | (0x80 if number == len(cuts) else 0)
        if number and draw(st.booleans()):
            frames.append(wire(draw(st.sampled_from((0x89, 0x8A))), draw(st.binary(max_size=9))))
        frames.append(wire(first, payload[start:end], wide=draw(st.booleans())))
    return frames


controls = st.builds(wire, st.sampled_from((0x89, 0x8A)), st.binary(max_size=125))
closes = st.sampled_from((b"", b"\x03\xe8", b"\x03\xe9bye", b"\x00", b"\x03\xe8\xff"))
anything = st.builds(wire, st.integers(0, 255), st.binary(max_size=130))
bad_texts = st.builds(wire, st.just(0x81), st.binary(min_size=1, max_size=9))
frames = st.one_of(
    messages(),
    messages(),
    messages(),
    controls.map(lambda frame: [frame]),
    closes.map(lambda payload: [wire(0x88, payload)]),
    anything.map(lambda frame: [frame]),
    bad_texts.map(lambda frame: [frame]),
)


def library() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://localhost"), state=State.OPEN)


class ByLibrary:
    """What the library makes of a stream, with its rule for text applied at once."""

    def __init__(self, stream: bytes) -> None:
        self.core = library()
        self.seen: list[Seen] = []
        self.is_inside_message_at_farewell = False
        self._fragments = b""
        self._opcode = Opcode.CONT
        self.core.receive_data(stream)
        for frame in self.core.events_received():
            assert isinstance(frame, Frame)
            if not self._note(frame):
                self.code: int | None = CloseCode.INVALID_DATA
                return
        self.code = None if self.core.close_sent is None else self.core.close_sent.code
        error = str(self.core.parser_exc)
        self.is_inside_message_at_farewell = error == "incomplete fragmented message"

    def _note(self, frame: Frame) -> bool:
        data = bytes(frame.data)
        if frame.opcode not in (Opcode.CONT, Opcode.TEXT, Opcode.BINARY):
            self.seen.append((frame.opcode.name, data))
            return True
        if frame.opcode is not Opcode.CONT:
            self._opcode, self._fragments = frame.opcode, b""
        self._fragments += data
        if frame.fin:
            if self._opcode is Opcode.TEXT:
                try:
                    self._fragments.decode()
                except UnicodeDecodeError:
                    return False
            self.seen.append((self._opcode.name, self._fragments))
        return True


class ByUs:
    """What the splitter makes of it, with the library behind it for what it leaves."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.core = library()
        self.seen: list[Seen] = []
        splitter = MessageSplitter()
        for chunk in chunks:
            for message in splitter.feed(chunk):
                if self.core.state is State.OPEN:
                    self._note(message)
        self.code = None if self.core.close_sent is None else self.core.close_sent.code

    def _note(self, message: bytes | str | ForLibrary | Violation) -> None:
        if isinstance(message, bytes):
            self.seen.append(("BINARY", message))
        elif isinstance(message, str):
            self.seen.append(("TEXT", message.encode()))
        elif isinstance(message, Violation):
            self.core.fail(message.code, message.reason)
        else:
            self.core.receive_data(message.data)
            for frame in self.core.events_received():
                assert isinstance(frame, Frame)
                self.seen.append((frame.opcode.name, bytes(frame.data)))


@given(parts=st.lists(frames, max_size=12), data=st.data())
def test_the_splitter_and_the_library_read_the_same(
    parts: list[list[bytes]], data: st.DataObject
) -> None:
    stream = b"".join(frame for part in parts for frame in part)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    theirs, ours = ByLibrary(stream), ByUs([chunk for chunk in chunks if chunk])
    event(f"ends with {theirs.code}")
    if theirs.is_inside_message_at_farewell:
        # The one difference: here it is still a farewell.
        assert ours.seen[-1][0] == "CLOSE"
        assert ours.seen[:-1] == theirs.seen
    else:
        assert ours.seen == theirs.seen
        assert ours.code == theirs.code
    whole = ByUs([stream] if stream else [])
    assert (whole.seen, whole.code) == (ours.seen, ours.code)
