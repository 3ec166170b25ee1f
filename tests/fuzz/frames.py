"""Frames to begin with: one of every kind, and the ways in which fuzzing bends them."""

from collections.abc import Callable, Sequence
from random import Random

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from tests.fuzz import number_texts
from tests.fuzz.wire import Body, WireType, content, fixed, group, integer, tag, varint

_LENGTHS = (0, 1, 127, 128, 2**14, 2**21, 2**28, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
_NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 2047, 2**29 - 1, *Body)


def _number(random: Random) -> str:
    kind = random.random()
    if kind < 0.6:
        return f"{random.uniform(70_000, 90_000):.{random.randint(0, 8)}f}"
    if kind < 0.8:
        return number_texts.random_decimal(random)
    return random.choice(number_texts.PLAIN + number_texts.HARD)


def depth_frame(random: Random, *, first: int, last: int, levels: int) -> bytes:
    """A change of `levels` levels near 80,000, as the exchange would send it."""
    push = _push(random, "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT")
    body = push.publicAggreDepths
    body.eventType = "spot@public.aggre.depth.v3.api.pb@10ms"
    body.fromVersion, body.toVersion = str(first), str(last)
    for _ in range(levels):
        step = random.randint(1, 30) * (1 if random.random() < 0.98 else -1)
        side, sign = random.choice(((body.asks, 1), (body.bids, -1)))
        quantity = "0" if random.random() < 0.3 else f"{random.uniform(0.001, 9):.6f}"
        side.add(price=f"{80_000 + sign * step * 0.25:.2f}".rstrip("0"), quantity=quantity)
    return push.SerializeToString()


def _limit_depth_frame(random: Random) -> bytes:
    push = _push(random, "spot@public.limit.depth.v3.api.pb@BTCUSDT@5")
    body = push.publicLimitDepths
    for side in (body.asks, body.bids):
        for _ in range(random.randint(0, 6)):
            side.add(price=_number(random), quantity=_number(random))
    body.version = str(random.randint(0, 10**12))
    return push.SerializeToString()


def _trades_frame(random: Random) -> bytes:
    push = _push(random, "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT")
    push.publicAggreDeals.eventType = "spot@public.aggre.deals.v3.api.pb@100ms"
    for _ in range(random.randint(0, 4)):
        push.publicAggreDeals.deals.add(
            price=_number(random),
            quantity=_number(random),
            tradeType=random.choice((1, 2)),
            time=1_790_281_246_176 + random.randint(0, 99),
            tradeId=random.choice(("", "731901896985399296X0_731901896985399297X0")),
        )
    return push.SerializeToString()


def _book_ticker_frame(random: Random) -> bytes:
    push = _push(random, "spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT")
    quote = push.publicAggreBookTicker
    quote.bidPrice, quote.bidQuantity = _number(random), _number(random)
    quote.askPrice, quote.askQuantity = _number(random), _number(random)
    quote.version = str(random.randint(0, 10**12))
    return push.SerializeToString()


def _batch_frame(random: Random) -> bytes:
    push = _push(random, "spot@public.bookTicker.batch.v3.api.pb@BTCUSDT")
    body = push.publicBookTickerBatch
    body.version = str(random.randint(0, 10**12))
    for _ in range(random.randint(0, 3)):
        body.items.add(
            bidPrice=_number(random),
            bidQuantity=_number(random),
            askPrice=_number(random),
            askQuantity=_number(random),
        )
    return push.SerializeToString()


def _push(random: Random, channel: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel=channel, symbol="BTCUSDT")
    if random.random() < 0.9:
        push.sendTime = 1_790_281_246_250 + random.randint(0, 99)
    return push


def good_frame(random: Random) -> bytes:
    """A frame of any kind in the exchange's form."""
    kind = random.choice(tuple(Body))
    if kind is Body.DEPTH:
        first = random.randint(1, 9)
        span = random.randint(0, 3)
        return depth_frame(random, first=first, last=first + span, levels=random.randint(0, 6))
    made = {
        Body.LIMIT_DEPTH: _limit_depth_frame,
        Body.TRADES: _trades_frame,
        Body.BOOK_TICKER: _book_ticker_frame,
        Body.BOOK_TICKER_BATCH: _batch_frame,
    }
    return made[kind](random)


def bend(random: Random, frame: bytes, corpus: Sequence[bytes]) -> bytes:
    """Change a frame in one to four places; `corpus` gives the parts to splice in."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        frame = random.choice(_BENDS)(random, frame, corpus)
    return frame[:4096]


def _at(random: Random, frame: bytes) -> int:
    return random.randrange(len(frame)) if frame else 0


def _flip_bit(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(random, frame)
    return (
        frame[:at]
        + bytes(b ^ 1 << random.randrange(8) for b in frame[at : at + 1])
        + frame[at + 1 :]
    )


def _set_byte(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(random, frame)
    byte = random.choice(b'\x00\x01\x7f\x80\xff0129.eE+-\n\x12\x1a"*2')
    return frame[:at] + bytes((byte,)) + frame[at + 1 :]


def _cut(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(random, frame)
    return frame[:at] + frame[at + random.randint(1, 20) :]


def _truncate(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    return frame[: _at(random, frame)]


def _splice(random: Random, frame: bytes, corpus: Sequence[bytes]) -> bytes:
    other = random.choice(corpus)
    return frame[: _at(random, frame)] + other[_at(random, other) :]


def _append(random: Random, frame: bytes, corpus: Sequence[bytes]) -> bytes:
    return frame + random.choice(corpus)


def _insert_field(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = random.choice((0, len(frame), _at(random, frame)))
    return frame[:at] + _field(random) + frame[at:]


def _replace_text(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    """Put another text into a field near a random place, and mend all lengths around it."""
    fields = _fields(frame)
    if fields is None:
        return _set_byte(random, frame, _corpus)
    return _rewritten(random, fields, depth=0)


def _change_length(random: Random, frame: bytes, _corpus: Sequence[bytes]) -> bytes:
    at = _at(random, frame)
    length = varint(random.choice(_LENGTHS), padding=random.choice((0, 0, 1, 9)))
    return frame[:at] + length + frame[at + 1 :]


_BENDS: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip_bit,
    _set_byte,
    _cut,
    _truncate,
    _splice,
    _append,
    _insert_field,
    _replace_text,
    _replace_text,
    _replace_text,
    _replace_text,
    _change_length,
)


def _field(random: Random) -> bytes:
    number = random.choice(_NUMBERS)
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: integer(number, random.choice((0, 1, 2, 2**31, 2**32 + 1, 2**63, 2**64 - 1))),
        lambda: content(number, _odd_text(random)),
        lambda: fixed(number, random.randbytes(random.choice((4, 8)))),
        lambda: group(number, b"" if random.random() < 0.5 else _field(random)),
        lambda: tag(number, random.randrange(8)),
        lambda: tag(number, WireType.LENGTH) + varint(random.choice(_LENGTHS)),
        lambda: tag(number, random.choice((0, 2)), padding=random.randint(1, 9)) + b"\x01a",
    )
    return random.choice(makers)()


def _odd_text(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.35:
        return random.choice(number_texts.EVERY).encode()
    if kind < 0.5:
        return random.choice(number_texts.VERSIONS).encode()
    if kind < 0.6:
        return random.choice(number_texts.INVALID_UTF8)
    makers = (
        number_texts.random_decimal,
        number_texts.near_halfway,
        number_texts.halfway_integer,
    )
    return random.choice(makers)(random).encode()


# A message as (number, value) pairs, value an int of a varint or the bytes of a content.
_Fields = list[tuple[int, int | bytes]]


def _fields(message: bytes) -> _Fields | None:
    """Take a message apart; None unless it has varints and contents alone."""
    fields: _Fields = []
    at = 0
    while at < len(message):
        head, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if head & 7 == WireType.LENGTH:
            if at + value > len(message):
                return None
            fields.append((head >> 3, message[at : at + value]))
            at += value
        elif head & 7 == WireType.VARINT:
            fields.append((head >> 3, value))
        else:
            return None
    return fields


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return value, at


def _rewritten(random: Random, fields: _Fields, *, depth: int) -> bytes:
    """Encode the fields again with one of them changed, or something in one of them."""
    fields = list(fields)
    change = random.random()
    if change < 0.1:
        random.shuffle(fields)
    elif change < 0.15 and fields:
        fields.append(random.choice(fields))
    elif change < 0.2 and fields:
        fields.pop(random.randrange(len(fields)))
    elif fields:
        at = random.randrange(len(fields))
        fields[at] = fields[at][0], _changed(random, *fields[at], depth=depth)
    return b"".join(
        integer(number, value) if isinstance(value, int) else content(number, value)
        for number, value in fields
    )


def _changed(random: Random, number: int, value: int | bytes, *, depth: int) -> int | bytes:
    if isinstance(value, int):
        return random.choice((0, 1, 2, 3, value + 1, 2**31, 2**32 + 1, 2**63, 2**64 - 1))
    inner = _fields(value) if number >= 300 or (depth == 1 and number in (1, 2)) else None
    return _odd_text(random) if inner is None else _rewritten(random, inner, depth=depth + 1)
