from decimal import Decimal

from mexc_connector.common.orders import AssetBalance, BalanceAmounts
from mexc_connector.common.symbols import AssetName
from mexc_connector.core.balance_book import BalanceBook

BTC = AssetName("BTC")
USDT = AssetName("USDT")


def of(asset: AssetName, free: str, *, locked: str = "0", at_ms: int | None = None) -> AssetBalance:
    amounts = BalanceAmounts(free=Decimal(free), locked=Decimal(locked))
    return AssetBalance(asset=asset, exact=amounts, updated_ms=at_ms)


def seeded(*balances: AssetBalance, at: float = 0.0) -> BalanceBook:
    book = BalanceBook(read_lag_s=1.0)
    book.on_live(at)
    book.on_snapshot(balances, asked_at=at)
    return book


def free(book: BalanceBook, asset: AssetName) -> Decimal:
    return book.get(asset).exact.free


def test_an_asset_that_was_never_heard_of_is_zero() -> None:
    book = BalanceBook()
    assert book.get(BTC) == of(BTC, "0")
    assert BTC not in book.balances


def test_a_snapshot_on_a_live_connection_makes_the_book_current() -> None:
    book = BalanceBook()
    assert not book.is_current
    book.on_live(10.0)
    assert not book.is_current
    assert book.on_snapshot([of(BTC, "2")], asked_at=10.0) == (of(BTC, "2"),)
    assert book.is_current
    assert dict(book.balances) == {BTC: of(BTC, "2")}


def test_every_digit_is_kept() -> None:
    book = seeded(of(BTC, "123456789012345678.9012345678901234567", locked="1E-18"))
    exact = book.get(BTC).exact
    assert str(exact.free) == "123456789012345678.9012345678901234567"
    assert exact.locked == Decimal("1E-18")


def test_a_snapshot_asked_for_before_the_connection_was_live_seeds_but_proves_nothing() -> None:
    book = BalanceBook()
    book.on_live(10.0)
    assert book.on_snapshot([of(BTC, "2")], asked_at=9.0) == (of(BTC, "2"),)
    assert not book.is_current


def test_b1_the_change_that_was_settled_later_holds() -> None:
    book = seeded()
    assert book.on_change(of(BTC, "2", at_ms=200), 5.0) == of(BTC, "2", at_ms=200)
    assert book.on_change(of(BTC, "1", at_ms=100), 5.1) is None
    assert free(book, BTC) == 2
    assert book.late == 1


def test_b1_of_two_changes_in_one_millisecond_the_one_that_came_later_holds() -> None:
    book = seeded()
    book.on_change(of(BTC, "2", at_ms=200), 5.0)
    assert book.on_change(of(BTC, "3", at_ms=200), 5.0) is not None
    assert free(book, BTC) == 3


def test_changes_without_a_time_hold_in_the_order_in_which_they_come() -> None:
    book = seeded()
    book.on_change(of(BTC, "2", at_ms=200), 5.0)
    assert book.on_change(of(BTC, "3"), 5.1) is not None
    assert book.on_change(of(BTC, "4", at_ms=100), 5.2) is not None
    assert book.late == 0


def test_b2_a_repeated_change_does_not_undo_a_newer_snapshot() -> None:
    book = seeded()
    change = of(BTC, "2", at_ms=200)
    book.on_change(change, 5.0)
    book.on_snapshot([of(BTC, "3")], asked_at=20.0)
    assert book.on_change(change, 21.0) is None
    assert free(book, BTC) == 3


def test_what_says_nothing_new_is_no_news() -> None:
    book = seeded(of(BTC, "2"))
    assert book.on_change(of(BTC, "2", at_ms=200), 5.0) is None
    assert book.get(BTC).updated_ms == 200
    assert book.on_snapshot([of(BTC, "2")], asked_at=50.0) == ()


def test_b3_a_change_during_the_read_is_not_overwritten_by_the_older_snapshot() -> None:
    book = seeded(of(BTC, "1"), of(USDT, "100"))
    book.on_change(of(BTC, "2", at_ms=200), 10.5)
    news = book.on_snapshot([of(BTC, "1"), of(USDT, "90")], asked_at=10.0)
    assert news == (of(USDT, "90"),)
    assert free(book, BTC) == 2


def test_b3_a_change_just_before_the_read_is_kept_because_reads_lag() -> None:
    book = seeded(of(BTC, "1"))
    book.on_change(of(BTC, "2", at_ms=200), 9.5)
    assert book.on_snapshot([of(BTC, "1")], asked_at=10.0) == ()
    assert book.on_snapshot([of(BTC, "3")], asked_at=10.6) == (of(BTC, "3"),)


def test_b3_holds_for_assets_that_the_snapshot_does_not_list() -> None:
    book = seeded()
    book.on_change(of(BTC, "2", at_ms=200), 10.5)
    assert book.on_snapshot([], asked_at=10.0) == ()
    assert free(book, BTC) == 2


def test_b3_does_not_protect_what_an_earlier_connection_said() -> None:
    book = seeded(of(BTC, "1"))
    book.on_change(of(BTC, "2", at_ms=200), 9.9)
    book.on_lost()
    book.on_live(10.0)
    book.on_snapshot([of(BTC, "7")], asked_at=10.1)
    assert free(book, BTC) == 7


def test_b3_does_not_protect_anything_while_there_is_no_connection() -> None:
    book = seeded(of(BTC, "1"))
    book.on_change(of(BTC, "2", at_ms=200), 9.9)
    book.on_lost()
    book.on_snapshot([of(BTC, "7")], asked_at=10.1)
    assert free(book, BTC) == 7


def test_b4_what_a_snapshot_does_not_list_is_zero() -> None:
    book = seeded(of(BTC, "1"), of(USDT, "100"))
    assert book.on_snapshot([of(USDT, "100")], asked_at=50.0) == (of(BTC, "0"),)
    assert free(book, BTC) == 0


def test_b5_a_snapshot_that_was_overtaken_says_nothing() -> None:
    book = seeded()
    book.on_snapshot([of(BTC, "2")], asked_at=20.0)
    assert book.on_snapshot([of(BTC, "1")], asked_at=19.0) == ()
    assert free(book, BTC) == 2


def test_b6_a_lost_link_ends_what_is_current_and_amounts_stay_readable() -> None:
    book = seeded(of(BTC, "1"))
    book.on_lost()
    assert not book.is_current
    assert free(book, BTC) == 1
    book.on_snapshot([of(BTC, "1")], asked_at=29.0)
    assert not book.is_current
    book.on_live(30.0)
    assert not book.is_current
    book.on_snapshot([of(BTC, "1")], asked_at=30.0)
    assert book.is_current


def test_b6_a_snapshot_that_was_asked_for_on_the_lost_connection_proves_nothing() -> None:
    book = BalanceBook()
    book.on_live(0.0)
    book.on_lost()
    book.on_snapshot([of(BTC, "1")], asked_at=0.5)
    assert not book.is_current
    book.on_live(1.0)
    assert not book.is_current


def test_b6_what_could_not_be_read_calls_for_a_snapshot() -> None:
    book = seeded(of(BTC, "1"))
    book.on_missed(40.0)
    assert not book.is_current
    book.on_snapshot([of(BTC, "1")], asked_at=40.9)
    assert not book.is_current
    book.on_snapshot([of(BTC, "1")], asked_at=41.0)
    assert book.is_current


def test_b6_a_change_that_comes_late_calls_for_a_snapshot() -> None:
    book = seeded()
    book.on_change(of(BTC, "2", at_ms=200), 5.0)
    book.on_change(of(BTC, "1", at_ms=100), 5.1)
    assert not book.is_current
    book.on_snapshot([of(BTC, "1")], asked_at=5.2)  # B3: it may be older than the first change
    assert (book.get(BTC).free, book.is_current) == (2, False)
    book.on_snapshot([of(BTC, "1")], asked_at=6.2)
    assert (book.get(BTC).free, book.is_current) == (1, True)


def test_what_is_missed_without_a_connection_does_not_make_one() -> None:
    book = BalanceBook()
    book.on_missed(1.0)
    book.on_snapshot([], asked_at=2.0)
    assert not book.is_current


def test_the_repr_shows_the_state() -> None:
    book = seeded(of(BTC, "1"))
    assert repr(book) == "<BalanceBook current, 1 assets>"
    book.on_lost()
    assert repr(book) == "<BalanceBook not current, 1 assets>"
