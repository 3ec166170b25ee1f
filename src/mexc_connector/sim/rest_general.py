"""The public endpoints that read no market: time, lists of symbols, announcements."""

from __future__ import annotations

from mexc_connector.sim import rest_replies as replies
from mexc_connector.sim.errors import bad_parameter
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.intervals import HOUR_MS
from mexc_connector.sim.queries import Query, whole_number

ANNOUNCEMENTS = 230
ANNOUNCEMENT_GAP_MS = 7 * HOUR_MS
ANNOUNCEMENT_ROWS = 100
ANNOUNCEMENT_ROWS_STEP = 5
OFFLINE = (
    replies.OfflineSymbol("LVNUSDT", 3),
    replies.OfflineSymbol("LOKAUSDT", 3, 1_724_125_694_000),
    replies.OfflineSymbol("HALTEDUSDT", 2),
)


class GeneralEndpoints:
    """Endpoints of the exchange as a whole."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._started_ms = exchange.now_ms

    async def ping(self, query: Query) -> replies.Nothing:
        """GET ping."""
        del query
        return replies.Nothing()

    async def time(self, query: Query) -> replies.ServerTime:
        """GET time: the exchange's clock, which moves in steps of 5 ms."""
        del query
        return replies.ServerTime(self._exchange.told_ms)

    async def default_symbols(self, query: Query) -> replies.Wrapped:
        """GET defaultSymbols: the markets that are open to API trading."""
        del query
        listed = self._exchange.by_symbol.values()
        names = [listing.symbol for listing in listed if listing.is_open_to_api]
        return replies.Wrapped(names, 0, "success", self._exchange.now_ms)

    async def offline_symbols(self, query: Query) -> replies.OfflineSymbols:
        """GET symbol/offline."""
        del query
        return replies.OfflineSymbols([*OFFLINE, *self._exchange.offline.values()])

    async def contracts(self, query: Query) -> replies.Contracts:
        """GET contract/detail of the futures API: nothing is listed.

        Clients that load spot and futures markets together (ccxt) do not start without an answer.
        """
        del query
        return replies.Contracts([])

    async def contracts_ping(self, query: Query) -> replies.ContractsPing:
        """GET contract/ping of the futures API: the exchange's clock."""
        del query
        return replies.ContractsPing(self._exchange.told_ms)

    async def announcements(self, query: Query) -> replies.Announcements:
        """GET announcements: newest first, `limit` a multiple of 5 up to 100."""
        page = whole_number(query, "page")
        limit = whole_number(query, "limit")
        page, limit = 1 if page is None else page, 20 if limit is None else limit
        if not 0 < limit <= ANNOUNCEMENT_ROWS or limit % ANNOUNCEMENT_ROWS_STEP:
            raise bad_parameter("limit")
        if page < 1:
            raise bad_parameter("page")
        language = query.get("language") or "en-US"
        numbers = range(ANNOUNCEMENTS, 0, -1)[(page - 1) * limit : page * limit]
        details = [self._announcement(number, language) for number in numbers]
        pages = -(-ANNOUNCEMENTS // limit)
        return replies.Announcements([replies.AnnouncementPage(details, pages)])

    def _announcement(self, number: int, language: str) -> replies.Announcement:
        age_ms = (ANNOUNCEMENTS - number + 1) * ANNOUNCEMENT_GAP_MS
        return replies.Announcement(
            title=f"Simulated announcement {number}",
            url=f"https://www.mexc.com/announcements/article/simulated-{number}",
            postTime=self._started_ms - age_ms,
            language=language,
        )
