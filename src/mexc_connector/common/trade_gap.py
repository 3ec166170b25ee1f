"""TradeGap: where the tape of public trades was broken, and what became of the break."""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.symbols import Symbol


@unique
class TapeBreak(StrEnum):
    """What broke a tape."""

    LINK_LOST = "LINK_LOST"
    UNDECODABLE = "UNDECODABLE"
    """A frame of the connection could not be read; it may have held trades of this market."""


@unique
class TapeDoubt(StrEnum):
    """Why it is not proven that a break was filled completely."""

    NO_REFERENCE = "NO_REFERENCE"
    """No trade was known before the break, so nobody can say where it begins."""

    NO_BACKFILL = "NO_BACKFILL"
    """Backfilling is off, or there is no REST client to ask."""

    TOO_LONG = "TOO_LONG"
    """The oldest trade that REST gives is newer than the last one before the break."""

    NOT_CONFIRMED = "NOT_CONFIRMED"
    """REST did not answer, or did not show the first trade after the break, in time."""

    DISAGREES = "DISAGREES"
    """REST lacks trades that the stream gave, so the two cannot be joined."""

    AMBIGUOUS = "AMBIGUOUS"
    """Trades of the millisecond of the first one after the break: lost, or still to come."""

    OVERFLOW = "OVERFLOW"
    """More trades came while REST was asked than are held back."""


class TradeGap(msgspec.Struct, frozen=True):
    """A break of a tape, reported once when it is over.

    `from_ms` is the time of the last trade before it, `to_ms` of the first one after it, both by
    the exchange's clock; None where there is none. `backfilled` trades were read over REST and
    handed out. A closed gap lacks nothing: REST showed both ends and everything between them. An
    open one may lack trades between the two times, and `doubt` says why.
    """

    symbol: Symbol
    from_ms: int | None
    to_ms: int | None
    backfilled: int
    cause: TapeBreak
    doubt: TapeDoubt | None

    @property
    def is_closed(self) -> bool:
        """Whether everything that was missed has been handed out."""
        return self.doubt is None


class TapeMetrics(msgspec.Struct, frozen=True):
    """Counters of all tapes of a client.

    `gaps_closed` and `gaps_open` count breaks that are over, `backfilled` the trades that REST
    gave, `repeated` trades of the stream that REST had given before, `requests` what was asked of
    REST, `failures` what of it failed.
    """

    gaps_closed: int
    gaps_open: int
    backfilled: int
    repeated: int
    requests: int
    failures: int
