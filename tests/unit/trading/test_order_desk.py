"""Placing, cancelling and modifying against a little exchange in memory; rules O1, O10 to O15."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.errors import (
    ConnectionFailed,
    ExchangeUnavailable,
    InsufficientFunds,
    JournalError,
    MexcError,
    OrderAlreadyDone,
    OrderOutcomeUnknown,
    OrderRefused,
    ProtocolViolation,
    SessionClosed,
    UnknownOrder,
    UsageError,
)
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.trading.journal_file import OrderJournal
from tests.unit.rest.doubles import FakeClock
from tests.unit.trading.doubles import (
    NO_SUCH_OPEN,
    NOT_FOUND,
    FakeRest,
    checked,
    lost,
    new_account,
)
from tests.unit.trading.orders import BTC, ETH, fill, order

LIMIT = OrderRequest(side=Side.BUY, amount="0.5", price="100")


async def until(condition: object, *, turns: int = 1_000) -> None:
    for _ in range(turns):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0)
    pytest.fail("this never came true")


# Placing.


async def test_a_placed_order_is_followed_by_its_handle() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place_order(BTC, LIMIT)
    assert handle.order_id == "X1"
    assert handle.client_order_id == rest.sent[0]
    assert handle.status is OrderStatus.PENDING_NEW
    assert (handle.symbol, handle.side, handle.order_type) == (BTC, Side.BUY, OrderType.LIMIT)
    assert (handle.amount, handle.price, handle.quote_amount) == (0.5, 100.0, None)
    assert await handle.settled() is handle.order
    done = asyncio.create_task(handle.done())
    account.board.on_order(rest.set("X1", OrderStatus.FILLED, "0.5"))
    assert (await done).status is OrderStatus.FILLED
    assert handle.is_done
    assert (handle.amount_filled, handle.amount_remaining, handle.average_price) == (0.5, 0, 100)
    account.board.on_fill(fill("T1", "0.5"))
    assert [known.trade_id for known in handle.fills] == ["T1"]
    assert "BUY BTC/USDT FILLED" in repr(handle)
    await account.close()


async def test_every_order_has_its_own_client_order_id() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await asyncio.gather(*(account.desk.place_order(BTC, LIMIT) for _ in range(50)))
    assert len(set(rest.sent)) == 50
    await account.close()


async def test_a_callers_client_order_id_is_used_once() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked(), client_order_id="my-own")
    with pytest.raises(UsageError, match="used before"):
        await account.desk.place(checked(), client_order_id="my-own")
    with pytest.raises(OrderRefused, match="client_order_id"):
        await account.desk.place(checked(), client_order_id="no blanks")
    assert rest.sent == ["my-own"]
    await account.close()


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf"), "0.00000001", "x"])
async def test_an_order_that_breaks_a_rule_is_never_sent(amount: object) -> None:
    rest = FakeRest()
    account = new_account(rest)
    with pytest.raises(UsageError):
        await account.desk.place_order(
            BTC,
            OrderRequest(side=Side.BUY, amount=amount, price=100),  # type: ignore[arg-type]
        )
    assert rest.calls == []
    assert account.board.tracker.open_orders == ()
    await account.close()


@pytest.mark.parametrize(
    ("order_type", "hint"),
    [
        ("STOP_LIMIT", "no stop orders"),
        ("TAKE_PROFIT", "no stop orders"),
        ("OCO", "no OCO orders"),
        ("LIMIT_ORDER", "is no OrderType"),
    ],
)
async def test_an_order_type_that_does_not_exist_names_what_to_do(
    order_type: str, hint: str
) -> None:
    rest = FakeRest()
    account = new_account(rest)
    request = OrderRequest(
        side=Side.BUY,
        order_type=order_type,  # type: ignore[arg-type]
        amount=1,
        price=1,
    )
    with pytest.raises(OrderRefused, match=hint):
        await account.desk.place_order(BTC, request)
    assert rest.calls == []
    await account.close()


@pytest.mark.parametrize(
    "error",
    [
        InsufficientFunds("Oversold", endpoint="POST /api/v3/order", code=30005),
        ConnectionFailed("refused"),
    ],
)
async def test_a_certain_refusal_leaves_a_rejected_order(error: MexcError) -> None:
    rest = FakeRest()
    rest.will("place", error)
    account = new_account(rest)
    with pytest.raises(type(error)):
        await account.desk.place(checked(), client_order_id="mine")
    handle = account.desk.handle_of(ClientOrderId("mine"))
    assert (await handle.settled()).status is OrderStatus.REJECTED
    assert account.board.tracker.open_orders == ()
    assert account.metrics().refused == 1
    await account.close()


# A lost answer.


async def test_a_lost_answer_is_raised_and_settled_by_asking() -> None:
    rest = FakeRest()
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    handle = account.desk.handle_of(ClientOrderId("mine"))
    assert handle.status is OrderStatus.UNKNOWN
    assert (await handle.settled()).status is OrderStatus.NEW
    assert rest.sent == ["mine"]
    assert account.metrics().unknown == account.metrics().settled == 1
    await account.close()


async def test_a_lost_answer_is_settled_by_the_stream_without_any_request() -> None:
    rest = FakeRest()
    rest.will("place", lost())
    account = new_account(rest)
    rest.on_placed = account.board.on_order
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    assert (await account.desk.handle_of(ClientOrderId("mine")).settled()).order_id == "X1"
    assert rest.count("get_order") == 0
    await account.close()


async def test_an_order_that_never_arrived_is_rejected_only_after_every_place_was_searched() -> (
    None
):
    rest = FakeRest(is_dropping=True)
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    settled = await account.desk.handle_of(ClientOrderId("mine")).settled()
    assert settled.status is OrderStatus.REJECTED
    assert rest.count("get_order") >= 5
    assert rest.calls[-2:] == ["open_orders", "my_trades"]
    assert rest.sent == ["mine"]
    await account.close()


async def test_an_order_that_is_hard_to_find_at_first_is_found() -> None:
    rest = FakeRest(names_orders=False)
    rest.will("place", lost())
    rest.will("get_order", NOT_FOUND, ConnectionFailed("cut"), NOT_FOUND)
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    assert (await account.desk.handle_of(ClientOrderId("mine")).settled()).order_id == "X1"
    await account.close()


async def test_an_order_is_found_behind_its_fills() -> None:
    rest = FakeRest(is_dropping=True)
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    rest.add(order(OrderStatus.FILLED, filled="10", order_id="X9", created_ms=rest.now_ms))
    rest.will("get_order", *[NOT_FOUND] * 6)  # by client id, as long as absence may count
    rest.fills = [
        fill("T1", "10", order_id="X9", client_order_id=None, exchange_time_ms=rest.now_ms)
    ]
    settled = await account.desk.handle_of(ClientOrderId("mine")).settled()
    assert (settled.order_id, settled.status) == ("X9", OrderStatus.FILLED)
    await account.close()


async def test_a_twin_without_a_name_keeps_the_outcome_unknown_for_good() -> None:
    rest = FakeRest(is_dropping=True)
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    rest.add(order(order_id="X9", client_order_id=None, created_ms=rest.now_ms))
    handle = account.desk.handle_of(ClientOrderId("mine"))
    with pytest.raises(OrderOutcomeUnknown):
        await handle.settled()
    assert handle.status is OrderStatus.UNKNOWN
    assert [known.order_id for known in account.board.tracker.open_orders] == ["X9"]
    await account.close()


async def test_a_cancelled_caller_leaves_an_order_that_is_settled() -> None:
    rest = FakeRest()
    arrived = asyncio.Event()

    async def hang() -> None:
        arrived.set()
        await asyncio.Event().wait()

    rest.will("place", hang)
    account = new_account(rest)
    placing = asyncio.create_task(account.desk.place(checked(), client_order_id="mine"))
    await arrived.wait()
    placing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await placing
    handle = account.desk.handle_of(ClientOrderId("mine"))
    assert (await handle.settled()).status is OrderStatus.REJECTED  # it never arrived
    await account.close()


async def test_a_session_that_ends_before_the_sending_leaves_a_rejected_order() -> None:
    rest = FakeRest()
    rest.will("place", SessionClosed("the client is closed"))
    account = new_account(rest)
    with pytest.raises(SessionClosed):
        await account.desk.place(checked(), client_order_id="mine")
    assert account.desk.handle_of(ClientOrderId("mine")).status is OrderStatus.REJECTED
    await account.close()


async def test_a_bug_on_the_way_leaves_an_order_that_is_settled() -> None:
    rest = FakeRest()

    async def fail() -> None:
        raise ZeroDivisionError

    rest.will("place", fail)
    account = new_account(rest)
    with pytest.raises(ZeroDivisionError):
        await account.desk.place(checked(), client_order_id="mine")
    handle = account.desk.handle_of(ClientOrderId("mine"))
    assert (await handle.settled()).status is OrderStatus.REJECTED
    await account.close()


async def test_waiting_ends_with_the_session() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    waiting = asyncio.create_task(handle.done())
    await asyncio.sleep(0)
    await account.close()
    with pytest.raises(SessionClosed):
        await waiting
    assert handle.order_id == "X1"


# The journal.


async def test_an_intent_is_on_disk_before_the_request_leaves(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = OrderJournal(path, account="a")
    rest = FakeRest()
    seen: list[bytes] = []

    async def look() -> None:
        seen.append(path.read_bytes())

    rest.will("place", look)
    account = new_account(rest, journal=journal)
    await account.desk.place(checked(), client_order_id="mine")
    assert seen[0].splitlines()[-1].endswith(b'"price":"100","amount":"10"}')
    account.board.on_order(rest.set("X1", OrderStatus.FILLED, "10"))
    await account.close()
    await journal.close()
    assert [line[18:].split(b'"')[3] for line in path.read_bytes().splitlines()] == [
        b"header",
        b"intent",
        b"accepted",
        b"finished",
    ]


async def test_without_its_intent_on_disk_an_order_is_not_sent(tmp_path: Path) -> None:
    journal = OrderJournal(tmp_path / "orders", account="a")
    rest = FakeRest()
    account = new_account(rest, journal=journal)
    journal._failure = "broken"
    with pytest.raises(JournalError):
        await account.desk.place(checked(), client_order_id="mine")
    assert rest.calls == []
    assert account.desk.handle_of(ClientOrderId("mine")).status is OrderStatus.REJECTED
    await account.close()
    await journal.close()


async def test_an_outcome_that_cannot_be_written_is_counted_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = OrderJournal(tmp_path / "orders", account="a")
    rest = FakeRest()
    account = new_account(rest, journal=journal)
    handle = await account.desk.place(checked())
    journal._failure = "broken"
    account.board.on_order(rest.set("X1", OrderStatus.FILLED, "10"))
    assert handle.is_done
    assert account.metrics().journal_failures == 1
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert getattr(record, "mexc", None) == {
        "symbol": str(handle.order.symbol),
        "order_id": "X1",
        "client_order_id": handle.order.client_order_id,
        "journal": str(tmp_path / "orders"),
    }
    await account.close()
    await journal.close()


async def test_an_order_that_exists_after_all_is_in_the_journal_again(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    rest = FakeRest()
    rest.will("place", ConnectionFailed("refused, as we believe"))
    first = OrderJournal(path, account="a")
    account = new_account(rest, journal=first)
    with pytest.raises(ConnectionFailed):
        await account.desk.place(checked(), client_order_id="mine")
    account.board.on_order(order(order_id="X7", created_ms=rest.now_ms))
    await account.close()
    await first.close()
    journal = OrderJournal(path, account="a")
    (left,) = journal.contents.unfinished
    assert (left.intent.client_order_id, left.order_id) == ("mine", "X7")
    await journal.close()


async def test_an_order_that_was_given_up_and_shows_again_is_in_the_journal_again(
    tmp_path: Path,
) -> None:
    rest, path = FakeRest(), tmp_path / "orders"
    journal = OrderJournal(path, account="a")
    account = new_account(rest, journal=journal)
    handle = await account.desk.place(checked(), client_order_id="mine")
    account.board.on_given_up(account.board.tracker.open_records[0], "not found anywhere")
    account.board.on_order(rest.set("X1", OrderStatus.NEW))
    assert handle.status is OrderStatus.NEW
    await account.close()
    await journal.close()
    journal = OrderJournal(path, account="a")
    (kept,) = journal.contents.unfinished
    assert (kept.intent.client_order_id, kept.order_id) == ("mine", "X1")
    await journal.close()


# Cancelling.


async def test_a_cancellation_returns_the_final_state_that_the_stream_tells() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    rest.set("X1", OrderStatus.PARTIALLY_FILLED, "4")

    async def tell() -> None:
        asyncio.get_running_loop().call_soon(
            account.board.on_order, rest.set("X1", OrderStatus.PARTIALLY_CANCELED, "4")
        )

    rest.will("cancel", None)
    canceling = asyncio.create_task(handle.cancel())
    await until(lambda: rest.count("cancel"))
    await tell()
    final = await canceling
    assert final.status is OrderStatus.PARTIALLY_CANCELED
    assert final.exact.amount_filled == 4
    await account.close()


async def test_without_the_stream_the_final_state_is_asked_for() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    rest.set("X1", OrderStatus.PARTIALLY_FILLED, "4")
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert final is handle.order
    assert (final.status, final.exact.amount_filled) == (OrderStatus.PARTIALLY_CANCELED, 4)
    assert rest.count("get_order") == 1
    await account.close()


async def test_the_reply_to_a_cancellation_is_no_evidence_of_fills() -> None:
    """A reply that says CANCELED with nothing filled, while 4 were: the order is read."""
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())

    async def stale(*_: object, **__: object) -> Order:
        rest.set("X1", OrderStatus.PARTIALLY_CANCELED, "4")
        return order(OrderStatus.CANCELED, client_order_id=None)

    rest.cancel_order = stale  # type: ignore[method-assign]
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert (final.status, final.exact.amount_filled) == (OrderStatus.PARTIALLY_CANCELED, 4)
    await account.close()


async def test_a_lost_answer_to_a_cancellation_is_repeated() -> None:
    rest = FakeRest(is_dropping=True)
    rest.will("cancel", lost(), lost())
    account = new_account(rest)
    await account.desk.place(checked())
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert final.status is OrderStatus.CANCELED
    assert rest.count("cancel") == 3
    await account.close()


async def test_a_cancellation_that_was_carried_out_without_an_answer_is_a_success() -> None:
    rest = FakeRest()
    rest.will("cancel", lost())
    rest.will("get_order", NOT_FOUND)  # the exchange's reads lag, so it is repeated: -2011
    account = new_account(rest)
    await account.desk.place(checked())
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert final.status is OrderStatus.CANCELED
    assert rest.count("cancel") == 2
    await account.close()


async def test_an_order_that_was_filled_first_cannot_be_canceled() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.set("X1", OrderStatus.FILLED, "10")
    with pytest.raises(OrderAlreadyDone, match="FILLED") as caught:
        await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert caught.value.order.exact.amount_filled == 10
    assert isinstance(caught.value, UnknownOrder)
    with pytest.raises(OrderAlreadyDone):  # and now nothing is sent
        await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert rest.count("cancel") == 1
    await account.close()


async def test_minus_2011_as_an_unknown_outcome_is_read_the_same_way() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.set("X1", OrderStatus.CANCELED)
    error = lost()
    error.__cause__ = NO_SUCH_OPEN
    rest.will("cancel", error)
    with pytest.raises(OrderAlreadyDone, match="CANCELED"):
        await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    await account.close()


async def test_many_who_cancel_one_order_send_one_cancellation() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    results = await asyncio.gather(*(handle.cancel() for _ in range(10)))
    assert {final.status for final in results} == {OrderStatus.CANCELED}
    assert rest.count("cancel") == 1
    await account.close()


async def test_a_session_that_closes_during_a_cancellation_says_that_it_may_have_left() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    rest.will("cancel", asyncio.Event().wait)
    canceling = asyncio.create_task(handle.cancel())
    while not rest.count("cancel"):
        await asyncio.sleep(0)
    await account.close()
    with pytest.raises(OrderOutcomeUnknown):
        await canceling


async def test_a_cancellation_about_which_nothing_can_be_learned_is_unknown() -> None:
    rest = FakeRest(is_dropping=True)
    account = new_account(rest)
    await account.desk.place(checked())
    rest.will("cancel", *[lost()] * 100)
    rest.will("get_order", *[ConnectionFailed("cut")] * 100)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert account.board.tracker.open_orders
    await account.close()


async def test_an_order_of_unknown_outcome_can_be_canceled_by_our_id() -> None:
    rest = FakeRest()
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    final = await account.desk.cancel_order(BTC, client_order_id=ClientOrderId("mine"))
    assert final.status is OrderStatus.CANCELED
    await account.close()


async def test_an_order_placed_elsewhere_is_canceled_and_adopted() -> None:
    rest = FakeRest()
    rest.add(order(order_id="X5", client_order_id=None))
    account = new_account(rest)
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X5"))
    assert final.status is OrderStatus.CANCELED
    assert account.board.tracker.find(order_id=OrderId("X5")) is not None
    await account.close()


async def test_an_order_that_never_existed_is_unknown_and_a_finished_one_is_read() -> None:
    rest = FakeRest()
    account = new_account(rest)
    with pytest.raises(UnknownOrder):
        await account.desk.cancel_order(BTC, order_id=OrderId("X5"))
    rest.add(order(OrderStatus.FILLED, order_id="X5", filled="10", client_order_id=None))
    with pytest.raises(OrderAlreadyDone):
        await account.desk.cancel_order(BTC, order_id=OrderId("X5"))
    await account.close()


async def test_an_order_is_named_by_one_id_and_in_its_own_market() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked(), client_order_id="mine")
    with pytest.raises(UsageError, match="one of them"):
        await account.desk.cancel_order(BTC)
    with pytest.raises(UsageError, match="one of them"):
        await account.desk.cancel_order(
            BTC, order_id=OrderId("X1"), client_order_id=ClientOrderId("mine")
        )
    with pytest.raises(UsageError, match="not of ETH/USDT"):
        await account.desk.cancel_order(ETH, order_id=OrderId("X1"))
    with pytest.raises(UsageError, match="is in memory"):
        account.desk.handle_of(ClientOrderId("other"))
    assert rest.count("cancel") == 0
    await account.close()


# Modifying.


async def test_a_modification_cancels_then_places_what_was_left() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    account.board.on_order(rest.set("X1", OrderStatus.PARTIALLY_FILLED, "4"))
    result = await account.desk.modify_order(
        BTC, order_id=OrderId("X1"), client_order_id=None, amount=None, price="101"
    )
    assert result.is_complete
    assert result.canceled.status is OrderStatus.PARTIALLY_CANCELED
    assert result.replacement.exact.amount == Decimal(6)
    assert result.replacement.exact.price == Decimal(101)
    assert result.replacement.client_order_id != result.canceled.client_order_id
    assert rest.calls.index("cancel") > rest.calls.index("place")
    assert "PARTIALLY_CANCELED, then" in repr(result)
    await account.close()


async def test_fills_that_come_with_the_cancellation_are_not_ordered_again() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.set("X1", OrderStatus.PARTIALLY_FILLED, "9")  # nobody has told us yet
    result = await account.desk.modify_order(
        BTC, order_id=OrderId("X1"), client_order_id=None, amount=None, price="101"
    )
    assert result.replacement.exact.amount == Decimal(1)
    await account.close()


async def test_a_second_half_that_fails_is_reported_and_cannot_be_overlooked() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    error = InsufficientFunds("Oversold", endpoint="POST /api/v3/order", code=30005)
    rest.will("place", error)
    result = await account.desk.modify_order(
        BTC, order_id=OrderId("X1"), client_order_id=None, amount="20", price=None
    )
    assert not result.is_complete
    assert result.failure is error
    assert result.canceled.status is OrderStatus.CANCELED
    with pytest.raises(InsufficientFunds):
        _ = result.replacement
    await account.close()


async def test_nothing_is_canceled_for_a_new_order_that_breaks_a_rule() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    for amount, price in ((None, "100.001"), ("0", None), (None, None)):
        with pytest.raises(UsageError):
            await account.desk.modify_order(
                BTC, order_id=OrderId("X1"), client_order_id=None, amount=amount, price=price
            )
    assert rest.count("cancel") == 0
    await account.close()


async def test_an_order_that_was_filled_first_is_not_replaced() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.set("X1", OrderStatus.FILLED, "10")
    with pytest.raises(OrderAlreadyDone):
        await account.desk.modify_order(
            BTC, order_id=OrderId("X1"), client_order_id=None, amount="20", price=None
        )
    assert rest.sent == rest.sent[:1]
    await account.close()


async def test_nothing_is_placed_while_the_old_order_may_be_open() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.will("get_order", *[NOT_FOUND] * 1_000)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.modify_order(
            BTC, order_id=OrderId("X1"), client_order_id=None, amount="20", price=None
        )
    assert len(rest.sent) == 1
    await account.close()


async def test_what_is_not_known_or_is_a_market_order_cannot_be_modified() -> None:
    rest = FakeRest()
    account = new_account(rest)
    with pytest.raises(UnknownOrder):
        await account.desk.modify_order(
            BTC, order_id=OrderId("X1"), client_order_id=None, amount="20", price=None
        )
    market = OrderRequest(side=Side.BUY, order_type=OrderType.MARKET, amount=1)
    handle = await account.desk.place_order(BTC, market)
    with pytest.raises(UsageError, match="market order"):
        await account.desk.modify_order(
            BTC, order_id=handle.order_id, client_order_id=None, amount="20", price=None
        )
    await account.close()


async def test_an_order_placed_elsewhere_is_read_before_it_is_modified() -> None:
    rest = FakeRest()
    rest.add(order(order_id="E1", client_order_id=None))
    account = new_account(rest)
    result = await account.desk.modify_order(
        BTC, order_id=OrderId("E1"), client_order_id=None, amount="20", price=None
    )
    assert result.replacement.exact.amount == 20
    await account.close()


async def test_a_lost_cancellation_of_an_order_placed_elsewhere_is_repeated() -> None:
    rest = FakeRest(is_dropping=True)
    rest.add(order(order_id="E1", client_order_id=None))
    rest.will("cancel", lost(), lost())
    account = new_account(rest)
    final = await account.desk.cancel_order(BTC, order_id=OrderId("E1"))
    assert final.status is OrderStatus.CANCELED
    rest.is_dropping = False
    rest.add(order(order_id="E2", client_order_id=None))
    rest.will("cancel", lost())
    final = await account.desk.cancel_order(BTC, order_id=OrderId("E2"))
    assert final.status is OrderStatus.CANCELED
    await account.close()


async def test_a_link_that_fails_after_a_lost_cancellation_leaves_it_open_to_find_out() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    rest.will("cancel", lost(), ConnectionFailed("refused"))
    rest.will("get_order", ConnectionFailed("refused"), ConnectionFailed("refused"))
    final = await account.desk.cancel_order(BTC, order_id=OrderId("X1"))
    assert final.status is OrderStatus.CANCELED
    await account.desk.place(checked())
    rest.will("cancel", ConnectionFailed("refused"))
    with pytest.raises(ConnectionFailed):
        await account.desk.cancel_order(BTC, order_id=OrderId("X2"))
    await account.close()


async def test_an_unreadable_answer_after_a_cancellation_is_no_answer() -> None:
    rest = FakeRest()
    account = new_account(rest)
    handle = await account.desk.place(checked())
    rest.will("get_order", ProtocolViolation("not JSON", endpoint="GET /api/v3/order"))
    assert (await handle.cancel()).status is OrderStatus.CANCELED
    assert rest.count("get_order") == 2
    await account.close()


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed("cut"),
        ExchangeUnavailable("maintenance", endpoint="GET /api/v3/order"),
        ProtocolViolation("not JSON", endpoint="GET /api/v3/order"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_lost_cancellation_that_cannot_be_looked_up_is_of_unknown_outcome(
    error: MexcError,
) -> None:
    rest = FakeRest()
    rest.add(order(order_id="E1", client_order_id=None))
    account = new_account(rest)
    rest.will("cancel", lost())
    rest.will("get_order", error)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await account.desk.cancel_order(BTC, order_id=OrderId("E1"))
    assert caught.value.order_id == "E1"
    assert caught.value.__cause__ is error
    rest.will("cancel", NO_SUCH_OPEN)
    rest.will("get_order", error)
    with pytest.raises(type(error)):  # certain: nothing was canceled by us
        await account.desk.cancel_order(BTC, order_id=OrderId("E1"))
    await account.close()


async def test_an_unknown_cancellation_names_an_order_without_a_client_id_by_the_other_one() -> (
    None
):
    rest = FakeRest(is_dropping=True)
    rest.add(order(order_id="E1", client_order_id=None))
    account = new_account(rest)
    await account.get_open_orders(BTC)
    rest.will("cancel", *[lost()] * 100)
    rest.will("get_order", *[ConnectionFailed("cut")] * 100)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await account.desk.cancel_order(BTC, order_id=OrderId("E1"))
    assert (caught.value.client_order_id, caught.value.order_id) == (None, "E1")
    await account.close()


async def test_a_cancellation_follows_an_order_that_turns_out_to_be_ours() -> None:
    rest, clock = FakeRest(names_orders=False), FakeClock()
    rest.will("place", lost())
    account = new_account(rest, clock=clock)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    await account.get_open_orders(BTC)  # listed without our id: an order of somebody else, it seems
    stranger = account.board.tracker.find(order_id=OrderId("X1"))
    assert stranger is not None
    assert stranger.order.client_order_id is None
    gate = asyncio.Event()
    rest.will("cancel", gate.wait)
    cancelling = asyncio.create_task(account.desk.cancel_order(BTC, order_id=OrderId("X1")))
    await until(lambda: rest.count("cancel"))
    account.board.on_order(rest.orders[OrderId("X1")])
    assert len(account.board.tracker.open_orders) == 1
    began = clock.now()
    gate.set()
    await until(lambda: rest.orders[OrderId("X1")].is_done)
    account.board.on_order(rest.orders[OrderId("X1")])
    final = await cancelling
    assert (final.status, final.client_order_id) == (OrderStatus.CANCELED, "mine")
    assert clock.now() - began < 1.0
    assert account.board.tracker.open_orders == ()
    await account.close()
