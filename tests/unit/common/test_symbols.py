import pytest

from mexc_connector.common.errors import UnknownSymbol, UsageError
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
LOBSTER = Symbol(base=AssetName("龙虾"), quote=AssetName("USDT"))


def test_the_map_goes_both_ways_for_any_spelling() -> None:
    symbols = SymbolMap([(BTC_USDT, "BTCUSDT"), (LOBSTER, "龙虾USDT")])
    for symbol in symbols:
        assert symbols.from_exchange(symbols.to_exchange(symbol)) == symbol
    assert symbols.to_exchange(LOBSTER) == "龙虾USDT"
    assert len(symbols) == 2
    assert BTC_USDT in symbols


def test_names_are_never_guessed() -> None:
    metal = Symbol(AssetName("META"), AssetName("LUSDT"))
    symbols = SymbolMap([(Symbol(AssetName("METAL"), AssetName("USDT")), "METALUSDT")])
    assert metal not in symbols
    with pytest.raises(UnknownSymbol):
        symbols.to_exchange(metal)
    with pytest.raises(UnknownSymbol, match="metalusdt"):
        symbols.from_exchange("metalusdt")


def test_a_symbol_is_hashable_ordered_and_reads_as_a_pair() -> None:
    assert str(BTC_USDT) == "BTC/USDT"
    assert {BTC_USDT, Symbol(AssetName("BTC"), AssetName("USDT"))} == {BTC_USDT}
    assert sorted([LOBSTER, BTC_USDT]) == [BTC_USDT, LOBSTER]


def test_an_unknown_symbol_is_the_callers_error_and_carries_what_is_known() -> None:
    error = UnknownSymbol("BTC/XYZ", "it is delisted")
    assert isinstance(error, UsageError)
    assert (error.symbol, error.note) == ("BTC/XYZ", "it is delisted")
    assert str(error) == "the exchange lists no market BTC/XYZ: it is delisted"
    assert str(UnknownSymbol("BTC/XYZ")) == "the exchange lists no market BTC/XYZ"


def test_the_repr_counts() -> None:
    assert repr(SymbolMap([(BTC_USDT, "BTCUSDT")])) == "<SymbolMap 1 markets>"


def test_a_newer_map_forgets_no_market_and_is_right_about_those_it_has() -> None:
    gone, stays = (
        Symbol(AssetName("LVN"), AssetName("USDT")),
        Symbol(AssetName("A"), AssetName("B")),
    )
    older = SymbolMap([(gone, "LVNUSDT"), (stays, "AB")])
    both = older.updated_by(SymbolMap([(stays, "AB2")]))
    assert [both.to_exchange(symbol) for symbol in (gone, stays)] == ["LVNUSDT", "AB2"]
    assert both.from_exchange("LVNUSDT") == gone
    assert older.to_exchange(stays) == "AB"
