"""Strategies for pushed frames: as the exchange sends them, as protobuf allows, and damaged."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.fuzz import number_texts
from tests.fuzz.wire import (
    CHANNEL,
    CREATE_TIME,
    SEND_TIME,
    SYMBOL,
    SYMBOL_ID,
    Body,
    WireType,
    content,
    fixed,
    group,
    integer,
    level,
    tag,
    varint,
)

Pieces = Sequence[bytes]
"""Encoded fields of one message, to be laid end to end."""

NUMBER_ONLY = b"0123456789.eE+-"
_TIMES_MS = st.integers(1_700_000_000_000, 1_900_000_000_000)

# What the exchange writes.

prices = st.decimals(min_value="0.00000001", max_value=999_999, places=8).map("{:f}".format)
sizes = st.decimals(min_value=0, max_value=99_999_999, places=8).map("{:f}".format)
trimmed_prices = prices.map(lambda text: text.rstrip("0").rstrip("."))
plain_prices = st.one_of(prices, trimmed_prices)
plain_sizes = st.one_of(sizes, st.just("0"), st.just("0.00000000"))
CHANNEL_NAMES = (
    "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT",
    "spot@public.limit.depth.v3.api.pb@HYPEUSDT@20",
    "spot@public.aggre.depth.v3.api.pb@100ms@\u5e01\u5b89\u4eba\u751fUSDT",
    "c",
)
channels = st.sampled_from(CHANNEL_NAMES)

# Texts of every other kind.

number_texts_of_any_kind = st.one_of(
    st.sampled_from(number_texts.EVERY),
    st.text(alphabet="0123456789", min_size=1, max_size=40),
    st.text(alphabet="0123456789.", min_size=1, max_size=25),
    st.text(alphabet="0123456789.eE+-", max_size=12),
    st.from_regex(r"\A[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?\Z"),
    st.text(max_size=6),
    st.floats(min_value=0, allow_infinity=False).map(repr),
)
raw_numbers = st.one_of(
    number_texts_of_any_kind.map(str.encode),
    st.sampled_from(number_texts.INVALID_UTF8),
    st.binary(max_size=6),
)
raw_versions = st.one_of(
    st.integers(0, 10**20).map(lambda number: str(number).encode()),
    st.sampled_from(number_texts.VERSIONS).map(str.encode),
    st.binary(max_size=4),
)
numbers_mostly_plain = st.one_of(
    plain_prices.map(str.encode), plain_prices.map(str.encode), raw_numbers
)
versions_mostly_plain = st.one_of(
    st.integers(1, 10**12).map(lambda number: str(number).encode()),
    st.integers(1, 9).map(lambda number: str(number).encode()),
    raw_versions,
)

# Fields that no schema names, or not like this.

_unknown_numbers = st.sampled_from((2, 7, 15, 16, 100, 299, 316, 2047, 2**29 - 1))
_any_number = st.one_of(st.integers(0, 8), _unknown_numbers, st.sampled_from([*Body, 304, 308]))
_uint64 = st.one_of(
    st.integers(0, 300), st.integers(0, 2**64 - 1), st.sampled_from((2**31, 2**32 + 1, 2**63))
)
_texts_or_noise = st.one_of(st.sampled_from(number_texts.INVALID_UTF8), st.binary(max_size=9))


def _nested(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.builds(content, _any_number, inner),
        st.builds(group, _any_number, inner),
        st.lists(inner, max_size=3).map(b"".join),
    )


_leaves = st.one_of(
    st.builds(integer, _any_number, _uint64),
    st.builds(content, _any_number, _texts_or_noise),
    st.builds(fixed, _any_number, st.binary(min_size=4, max_size=4)),
    st.builds(fixed, _any_number, st.binary(min_size=8, max_size=8)),
)
strange_fields = st.recursive(_leaves, _nested, max_leaves=4)
"""Well-formed fields: unknown ones, known ones of a wrong type, groups, repeats."""

tolerated_fields = st.one_of(
    st.builds(integer, _unknown_numbers, _uint64),
    st.builds(content, _unknown_numbers, _texts_or_noise),
    st.builds(fixed, _unknown_numbers, st.binary(min_size=4, max_size=4)),
    st.builds(fixed, _unknown_numbers, st.binary(min_size=8, max_size=8)),
    st.builds(group, _unknown_numbers, st.binary(max_size=0)),
)
"""Fields of a later schema: every reader has to skip them."""

malformed_fields = st.one_of(
    st.builds(tag, _any_number, st.sampled_from(WireType)),  # and nothing behind it
    st.builds(tag, _any_number, st.sampled_from((6, 7))),  # no such wire type
    st.builds(tag, st.integers(2**29, 2**33), st.sampled_from((0, 2))),
    st.builds(integer, _any_number, _uint64, padding=st.integers(1, 10)),
    st.builds(content, _any_number, _texts_or_noise, padding=st.integers(1, 10)),
    st.builds(
        lambda number, wire_type, padding: tag(number, wire_type, padding=padding) + b"\x01\x61",
        _any_number,
        st.sampled_from((0, 2)),
        st.integers(1, 10),
    ),
    st.builds(
        lambda number, size: tag(number, WireType.LENGTH) + varint(size) + b"abc",
        _any_number,
        st.sampled_from((4, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32 + 3, 2**63, 2**64 - 1)),
    ),
    st.builds(
        lambda number, other: tag(number, WireType.GROUP_START) + tag(other, WireType.GROUP_END),
        _any_number,
        _any_number,
    ),
    st.integers(1, 12).map(lambda count: b"\xff" * count),
)
"""Fields that a parser must refuse, or that only look as if."""


@st.composite
def with_noise(
    draw: st.DrawFn, pieces: st.SearchStrategy[Pieces], *, noise: st.SearchStrategy[bytes]
) -> bytes:
    """Lay fields end to end: in order or not, some missing, some repeated, noise between them."""
    fields = list(draw(pieces))
    for change in draw(st.lists(st.sampled_from(("mix", "drop", "repeat", "noise")), max_size=3)):
        if change == "mix":
            fields = draw(st.permutations(fields))
        elif change == "drop" and fields:
            fields.pop(draw(st.integers(0, len(fields) - 1)))
        elif change == "repeat" and fields:
            fields.insert(draw(st.integers(0, len(fields))), draw(st.sampled_from(fields)))
        elif change == "noise":
            fields.insert(draw(st.integers(0, len(fields))), draw(noise))
    return b"".join(fields)


# Bodies.


def _levels(numbers: st.SearchStrategy[bytes], odd: bool) -> st.SearchStrategy[bytes]:
    plain = st.builds(level, numbers, numbers)
    if not odd:
        return plain
    pieces = st.builds(lambda price, size: [content(1, price), content(2, size)], numbers, numbers)
    return st.one_of(plain, with_noise(pieces, noise=strange_fields | malformed_fields))


def _sides(items: st.SearchStrategy[bytes]) -> st.SearchStrategy[Pieces]:
    return st.lists(
        st.builds(content, st.sampled_from((1, 2)), items),
        max_size=12,
    )


@st.composite
def _depth_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    numbers = numbers_mostly_plain if odd else plain_prices.map(str.encode)
    pieces = [*draw(_sides(_levels(numbers, odd)))]
    pieces.append(content(3, "spot@public.aggre.depth.v3.api.pb@10ms"))
    if odd:
        pieces += [content(4, draw(versions_mostly_plain)), content(5, draw(versions_mostly_plain))]
    else:
        first = draw(st.integers(0, 10**12))
        pieces += [content(4, str(first)), content(5, str(first + draw(st.integers(0, 900))))]
    if draw(st.booleans()):
        pieces.append(integer(6, draw(_TIMES_MS)))
    return pieces


@st.composite
def _limit_depth_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    numbers = numbers_mostly_plain if odd else plain_prices.map(str.encode)
    pieces = [*draw(_sides(_levels(numbers, odd)))]
    pieces.append(content(3, "spot@public.limit.depth.v3.api.pb"))
    version = (
        versions_mostly_plain if odd else st.integers(0, 10**12).map(lambda n: str(n).encode())
    )
    pieces.append(content(4, draw(version)))
    if draw(st.booleans()):
        pieces.append(integer(5, draw(_TIMES_MS)))
    return pieces


@st.composite
def _trade(draw: st.DrawFn, *, odd: bool) -> bytes:
    numbers = numbers_mostly_plain if odd else plain_prices.map(str.encode)
    sides = st.one_of(st.integers(0, 3), _uint64) if odd else st.sampled_from((1, 2))
    times = st.one_of(_TIMES_MS, _uint64) if odd else _TIMES_MS
    pieces = [
        content(1, draw(numbers)),
        content(2, draw(numbers)),
        integer(3, draw(sides)),
        integer(4, draw(times)),
    ]
    if draw(st.booleans()):
        identity = st.one_of(st.text(max_size=8).map(str.encode), _texts_or_noise)
        plain = st.just(b"731901896985399296X0_731901896985399297X0")
        pieces.append(content(5, draw(identity if odd else plain)))
    if not odd:
        return b"".join(pieces)
    return draw(with_noise(st.just(pieces), noise=strange_fields | malformed_fields))


@st.composite
def _trades_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    pieces = [content(1, item) for item in draw(st.lists(_trade(odd=odd), max_size=5))]
    return [*pieces, content(2, "spot@public.aggre.deals.v3.api.pb@100ms")]


@st.composite
def _quote_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    price = numbers_mostly_plain if odd else plain_prices.map(str.encode)
    size = numbers_mostly_plain if odd else plain_sizes.map(str.encode)
    pieces: list[bytes] = []
    for first in (1, 3):
        if draw(st.integers(0, 9)):  # else the side is empty, and its fields are absent
            pieces += [content(first, draw(price)), content(first + 1, draw(size))]
    return pieces


def _version_pieces(number: int, *, odd: bool) -> st.SearchStrategy[Pieces]:
    plain = st.integers(0, 10**12).map(lambda n: str(n).encode())
    version = versions_mostly_plain if odd else plain
    return st.one_of(
        st.just([]),
        version.map(lambda text: [content(number, text)]),
        st.builds(
            lambda text, time: [content(number, text), integer(number + 1, time)],
            version,
            _TIMES_MS,
        ),
    )


@st.composite
def _book_ticker_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    return [*draw(_quote_pieces(odd=odd)), *draw(_version_pieces(5, odd=odd))]


@st.composite
def _batch_pieces(draw: st.DrawFn, *, odd: bool) -> Pieces:
    item = _quote_pieces(odd=odd).map(b"".join)
    if odd:
        item |= with_noise(_quote_pieces(odd=odd), noise=strange_fields | malformed_fields)
    items = [content(1, quote) for quote in draw(st.lists(item, max_size=4))]
    return [*items, *draw(_version_pieces(2, odd=odd))]


_PIECES = {
    Body.DEPTH: _depth_pieces,
    Body.LIMIT_DEPTH: _limit_depth_pieces,
    Body.TRADES: _trades_pieces,
    Body.BOOK_TICKER: _book_ticker_pieces,
    Body.BOOK_TICKER_BATCH: _batch_pieces,
}


# Frames.


@st.composite
def _head(draw: st.DrawFn, *, odd: bool) -> Pieces:
    names = st.one_of(channels, st.just(""), st.text(max_size=5)) if odd else channels
    pieces = [content(CHANNEL, draw(names))]
    if draw(st.integers(0, 7)):
        pieces.append(content(SYMBOL, "BTCUSDT"))
    if draw(st.booleans()):
        pieces.append(content(SYMBOL_ID, "2fb942154ef44a4ab2ef98c8afb6a4a7"))
    times = st.one_of(_TIMES_MS, _uint64) if odd else _TIMES_MS
    if odd and draw(st.booleans()):
        pieces.append(integer(CREATE_TIME, draw(times)))
    if not odd or draw(st.integers(0, 3)):
        pieces.append(integer(SEND_TIME, draw(times)))
    return pieces


@st.composite
def canonical_frames(draw: st.DrawFn, kind: Body) -> bytes:
    """A frame in the form the exchange writes: the compiled path has to take it."""
    body = b"".join(draw(_PIECES[kind](odd=False)))
    return b"".join([*draw(_head(odd=False)), content(kind, body)])


@st.composite
def odd_frames(draw: st.DrawFn, kind: Body) -> bytes:
    """A frame that protobuf may or may not accept, put together from fields."""
    noise = st.one_of(tolerated_fields, strange_fields, malformed_fields)
    body = draw(with_noise(_PIECES[kind](odd=draw(st.booleans())), noise=noise))
    head = draw(_head(odd=draw(st.booleans())))
    padding = draw(st.sampled_from((0, 0, 0, 0, 1, 4, 9)))
    field = content(kind, body, padding=padding)
    return draw(with_noise(st.just([*head, field]), noise=noise))


@st.composite
def damaged_frames(draw: st.DrawFn, kind: Body) -> bytes:
    """A good frame with a byte changed, a part cut out or copied, or its end missing."""
    frame = bytearray(draw(canonical_frames(kind)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(frame) - 1, 0)))
        damage = draw(st.sampled_from(("flip", "set", "cut", "copy", "end")))
        if damage == "end" or not frame:
            del frame[at:]
        elif damage == "flip":
            frame[at] ^= 1 << draw(st.integers(0, 7))
        elif damage == "set":
            frame[at] = draw(st.integers(0, 255))
        else:
            part = frame[at : at + draw(st.integers(1, 20))]
            if damage == "cut":
                del frame[at : at + len(part)]
            else:
                to = draw(st.integers(0, len(frame)))
                frame[to:to] = part
    return bytes(frame)


kinds = st.sampled_from(Body)


def frames_of(kind: Body) -> st.SearchStrategy[bytes]:
    """Frames of one kind in every state."""
    return st.one_of(canonical_frames(kind), odd_frames(kind), damaged_frames(kind))


frames = st.one_of(kinds.flatmap(frames_of), st.binary(max_size=60), strange_fields)
"""Anything that a socket might bring."""
