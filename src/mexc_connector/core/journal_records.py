r"""The order journal as bytes: what is written before and after each order, and how it is read.

One record is one line, `<length> <checksum> <JSON>\n`: the length of the JSON in bytes as eight
hexadecimal digits, its CRC-32 as eight more. The first record is the `Header`. A reader can use
`less`; the checksum tells a record that was written whole from one that was not.

A last record that is not whole was torn by the end of a process or of the power and is dropped:
what it would have said was never acted on, because an order leaves only after its intent is
written. A record that is not whole *before* others is damage, and nothing may be built on it.
"""

import hashlib
import zlib
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.errors import JournalError
from mexc_connector.common.orders import ClientOrderId, Order, OrderAmounts, OrderId
from mexc_connector.common.symbols import AssetName, Symbol

FORMAT_VERSION = 1
_FINGERPRINT_DIGITS = 16
_PREFIX = 18  # two times eight digits and a blank


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="record"):
    """Base of all records. Decimals are written as text, exactly."""


class Header(_Record, frozen=True, tag="header"):
    """The first record. `account` is a fingerprint of the API key, never the key."""

    format: int
    account: str


class Intent(_Record, frozen=True, tag="intent"):
    """An order that is about to be sent. `at_ms` is the exchange's clock as far as it was known."""

    client_order_id: ClientOrderId
    base: AssetName
    quote: AssetName
    side: Side
    order_type: OrderType
    at_ms: int
    price: Decimal | None = None
    amount: Decimal | None = None
    quote_amount: Decimal | None = None

    @property
    def symbol(self) -> Symbol:
        """The market."""
        return Symbol(self.base, self.quote)


class Accepted(_Record, frozen=True, tag="accepted"):
    """The exchange has named the order: it exists."""

    client_order_id: ClientOrderId
    order_id: OrderId


class OutcomeUnknown(_Record, frozen=True, tag="unknown"):
    """The answer to the placement was lost."""

    client_order_id: ClientOrderId


class CancelIntent(_Record, frozen=True, tag="cancel"):
    """A cancellation of the order is about to be sent."""

    client_order_id: ClientOrderId


class Finished(_Record, frozen=True, tag="finished"):
    """Nothing can happen to the order any more. `UNKNOWN`: and nothing will tell what did."""

    client_order_id: ClientOrderId
    status: OrderStatus
    order_id: OrderId | None = None
    amount_filled: Decimal = Decimal(0)
    quote_amount_filled: Decimal = Decimal(0)


Record = Header | Intent | Accepted | OutcomeUnknown | CancelIntent | Finished

_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_ENCODER = msgspec.json.Encoder(decimal_format="string")


class JournaledOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the journal knows to be intended and not to be finished."""

    intent: Intent
    order_id: OrderId | None = None
    is_cancel_requested: bool = False

    @property
    def order(self) -> Order:
        """The order as far as the journal knows it."""
        intent = self.intent
        return Order(
            symbol=intent.symbol,
            side=intent.side,
            order_type=intent.order_type,
            status=OrderStatus.UNKNOWN if self.order_id is None else OrderStatus.PENDING_NEW,
            exact=OrderAmounts(
                price=intent.price, amount=intent.amount, quote_amount=intent.quote_amount
            ),
            order_id=self.order_id,
            client_order_id=intent.client_order_id,
        )

    def records(self) -> tuple[Record, ...]:
        """The records that say this and nothing more, for a compacted journal."""
        client_order_id = self.intent.client_order_id
        records: tuple[Record, ...] = (self.intent,)
        if self.order_id is not None:
            records += (Accepted(client_order_id=client_order_id, order_id=self.order_id),)
        if self.is_cancel_requested:
            records += (CancelIntent(client_order_id=client_order_id),)
        return records


class JournalContents(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal holds. `whole_bytes` is where the last whole record ends."""

    unfinished: tuple[JournaledOrder, ...]
    finished: int
    records: int
    whole_bytes: int
    dropped_bytes: int


def fingerprint_of(api_key: str) -> str:
    """Return what stands for an account in its journal; the key cannot be read from it."""
    digest = hashlib.sha256(b"mexc_connector order journal\n" + api_key.encode())
    return digest.hexdigest()[:_FINGERPRINT_DIGITS]


def intent_of(order: Order, at_ms: int) -> Intent:
    """Return the record of an order that is about to be sent."""
    if order.client_order_id is None:
        raise JournalError("an order without a client order id cannot be journaled")
    return Intent(
        client_order_id=order.client_order_id,
        base=order.symbol.base,
        quote=order.symbol.quote,
        side=order.side,
        order_type=order.order_type,
        at_ms=at_ms,
        price=order.exact.price,
        amount=order.exact.amount,
        quote_amount=order.exact.quote_amount,
    )


def encoded(record: Record) -> bytes:
    """Return the record's line."""
    payload = _ENCODER.encode(record)
    return b"%08x %08x %s\n" % (len(payload), zlib.crc32(payload), payload)


def read_journal(data: bytes, *, account: str) -> JournalContents:
    """Read a whole journal; empty data is a new one.

    Raises `JournalError` for what is no journal, for another account's, for a format of a later
    version, and for damage before the last record.
    """
    lines, whole_bytes = _whole_lines(data)
    records = [_decoded(line, number) for number, line in enumerate(lines, start=1)]
    if records:
        _check_header(records[0], account)
    elif data:
        _refuse_unless_torn_header(data, account)
    return JournalContents(
        unfinished=tuple(_Ledger(records[1:]).unfinished.values()),
        finished=sum(isinstance(record, Finished) for record in records),
        records=len(records),
        whole_bytes=whole_bytes,
        dropped_bytes=len(data) - whole_bytes,
    )


class _Ledger:
    """Folds records into the orders that are not finished."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.unfinished: dict[ClientOrderId, JournaledOrder] = {}
        for number, record in enumerate(records, start=2):
            if isinstance(record, Header):
                raise JournalError(f"record {number} of the journal is a second header")
            self._fold(record)

    def _fold(self, record: Intent | Accepted | OutcomeUnknown | CancelIntent | Finished) -> None:
        client_order_id = record.client_order_id
        if isinstance(record, Intent):
            self.unfinished[client_order_id] = JournaledOrder(intent=record)
            return
        known = self.unfinished.get(client_order_id)
        if known is None:
            return  # a late word about an order that is finished
        if isinstance(record, Finished):
            del self.unfinished[client_order_id]
        elif isinstance(record, Accepted):
            self.unfinished[client_order_id] = msgspec.structs.replace(
                known, order_id=record.order_id
            )
        elif isinstance(record, CancelIntent):
            self.unfinished[client_order_id] = msgspec.structs.replace(
                known, is_cancel_requested=True
            )


def _whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """Return the lines whose length and checksum hold, and where the last of them ends."""
    whole: list[bytes] = []
    end = 0
    lines = _split(data)
    for number, line in enumerate(lines, start=1):
        if _is_whole(line):
            whole.append(line[_PREFIX:-1])
            end += len(line)
        elif not whole and line.endswith(b"\n"):
            raise JournalError("this file is not an order journal")
        elif number < len(lines) or _holds_more(line):
            raise JournalError(f"record {number} of the journal, at byte {end}, is damaged")
    return whole, end


def _split(data: bytes) -> list[bytes]:
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])


def _is_whole(line: bytes) -> bool:
    payload = line[_PREFIX:-1]
    stated = b"%08x %08x " % (len(payload), zlib.crc32(payload))
    return line.endswith(b"\n") and line.startswith(stated)


def _holds_more(line: bytes) -> bool:
    """Whether a line that is not whole goes on behind its own record: then it was not torn."""
    try:
        stated = int(line[:8], 16)
    except ValueError:
        return False
    return len(line) > _PREFIX + stated + 1


def _decoded(payload: bytes, number: int) -> Record:
    try:
        return _DECODER.decode(payload)
    except msgspec.DecodeError as error:
        # Whole, so written as it stands: by a later version, or by something else.
        raise JournalError(f"record {number} of the journal cannot be read: {error}") from error


def _check_header(record: Record, account: str) -> None:
    if not isinstance(record, Header):
        raise JournalError("this file is not an order journal: it does not begin with a header")
    if record.format != FORMAT_VERSION:
        raise JournalError(
            f"the journal has format {record.format}; this version reads {FORMAT_VERSION}"
        )
    if record.account != account:
        raise JournalError(
            "the journal belongs to another account: it was written with another API key"
        )


def _refuse_unless_torn_header(data: bytes, account: str) -> None:
    """Accept the beginning of the header that we would have written, and nothing else."""
    if not encoded(Header(format=FORMAT_VERSION, account=account)).startswith(data):
        raise JournalError("this file is not an order journal")
