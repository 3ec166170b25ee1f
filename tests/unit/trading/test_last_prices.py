from collections.abc import Callable

from mexc_connector.common.enums import ConnectionState, Side
from mexc_connector.common.models import Trade
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.trading.last_prices import LastPrices

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))


class Tape:
    """Registers for trades, and prints them when the test says so."""

    def __init__(self) -> None:
        self.callbacks: dict[Symbol, Callable[[Trade], object]] = {}
        self.registrations: list[Registration] = []

    def follow(self, symbol: Symbol, callback: Callable[[Trade], object]) -> Registration:
        self.callbacks[symbol] = callback
        self.registrations.append(Registration(str(symbol), release=lambda: None))
        return self.registrations[-1]

    def print_trade(self, symbol: Symbol, price: float) -> None:
        self.callbacks[symbol](Trade(symbol, price, 1.0, Side.BUY, 0))


def event(state: ConnectionState) -> ConnectionEvent:
    return ConnectionEvent(1, state, 1, "", 0)


def test_the_price_is_that_of_the_last_trade_and_unknown_before_the_first() -> None:
    tape = Tape()
    prices = LastPrices(tape.follow)
    assert prices.get(BTC) is None
    tape.print_trade(BTC, 100.0)
    tape.print_trade(BTC, 101.0)
    assert prices.get(BTC) == 101.0
    assert len(tape.registrations) == 1


def test_markets_are_followed_from_the_moment_somebody_asks_or_says_so() -> None:
    tape = Tape()
    prices = LastPrices(tape.follow)
    prices.follow([BTC])
    assert set(tape.callbacks) == {BTC}
    assert prices.get(ETH) is None
    assert set(tape.callbacks) == {BTC, ETH}


def test_a_link_that_is_down_makes_every_price_unknown() -> None:
    tape = Tape()
    prices = LastPrices(tape.follow)
    prices.follow([BTC])
    tape.print_trade(BTC, 100.0)
    prices.on_connection(event(ConnectionState.OPEN))
    assert prices.get(BTC) == 100.0
    prices.on_connection(event(ConnectionState.RECONNECTING))
    assert prices.get(BTC) is None


def test_a_market_whose_trades_were_refused_is_asked_for_again() -> None:
    tape = Tape()
    prices = LastPrices(tape.follow)
    prices.follow([BTC])
    tape.registrations[0].close()
    prices.get(BTC)
    assert len(tape.registrations) == 2
    assert repr(prices) == "<LastPrices 0 of 1 markets>"
