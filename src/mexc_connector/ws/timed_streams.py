"""Streams whose translators mark when they have decoded a frame, for `FrameTimer`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.streams import Stream
from mexc_connector.ws.translators import FrameReader, Translator

T = TypeVar("T")


def timed_stream(stream: Stream[T], timer: FrameTimer) -> Stream[T]:
    """Return the same stream with its decoding marked."""

    def make_translator(counters: EventCounters) -> Translator[T]:
        translator = stream.make_translator(counters)
        if isinstance(translator, FrameReader):
            return _TimedReader(translator, translator.read, timer)
        return _TimedTranslator(translator, timer)

    return replace(stream, make_translator=make_translator)


class _TimedTranslator(Generic[T]):
    """A translator that marks the end of each translation; what brings no event is no news."""

    def __init__(self, translator: Translator[T], timer: FrameTimer) -> None:
        self._translator = translator
        self.knows_copies = translator.knows_copies
        self._mark_decoded = timer.mark_decoded

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[T]:
        """Return the events of one push."""
        events = self._translator.translate(push, received_ns)
        self._mark_decoded(events)
        return events

    def reset(self) -> None:
        """Forget what only holds within one connection."""
        self._translator.reset()


class _TimedReader(_TimedTranslator[T]):
    """The same for one that reads frames as well."""

    def __init__(
        self,
        translator: Translator[T],
        read: Callable[[bytes, int], Sequence[T] | None],
        timer: FrameTimer,
    ) -> None:
        super().__init__(translator, timer)
        self._read = read

    def read(self, frame: bytes, received_ns: int) -> Sequence[T] | None:
        """Return the events of one frame, None to leave it to `translate`, which marks it then."""
        events = self._read(frame, received_ns)
        if events is not None:
            self._mark_decoded(events)
        return events
