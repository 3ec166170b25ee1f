import inspect
import logging
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from mexc_connector.common.enums import ConnectionState, OrderStatus, OrderType, Side
from mexc_connector.common.health import BookHealth
from mexc_connector.common.log_fields import fields_of, log_about, log_fields
from mexc_connector.common.orders import ClientOrderId, Order, OrderAmounts, OrderId
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.rest import endpoints
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.call import Call
from tests.unit.trading.orders import BTC

ORDER = Order(
    symbol=BTC,
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    status=OrderStatus.NEW,
    exact=OrderAmounts(price=Decimal(1), amount=Decimal(1)),
    order_id=OrderId("C1"),
    client_order_id=ClientOrderId("my-own"),
)


def test_fields_stand_under_one_name_and_what_is_not_known_is_left_out() -> None:
    assert log_fields(symbol=BTC, connection=0, order_id=None) == {
        "mexc": {"symbol": "BTC/USDT", "connection": 0}
    }


def test_a_line_about_nothing_in_particular_has_no_fields_at_all() -> None:
    assert log_fields() == {}
    assert log_fields(symbol=None, connection=None) == {}


def test_an_order_gives_its_market_and_its_ids() -> None:
    assert log_fields(order=ORDER) == {
        "mexc": {"symbol": "BTC/USDT", "order_id": "C1", "client_order_id": "my-own"}
    }


def test_an_event_gives_what_it_names_and_nothing_else() -> None:
    event = ConnectionEvent(3, ConnectionState.OPEN, 1, "granted", 5)
    assert fields_of(event, stream="links") == {"mexc": {"connection": 3, "stream": "links"}}
    assert fields_of(ORDER) == log_fields(order=ORDER)
    assert fields_of(BookHealth("BTC/USDT", True, None, 1, None, 0, None, None)) == {}
    assert fields_of(()) == {}


def test_every_field_is_in_the_documentation() -> None:
    documentation = (Path(__file__).parents[3] / "docs" / "logging.md").read_text("utf-8")
    for name in set(inspect.signature(log_fields).parameters) - {"order"}:
        assert f"`{name}`" in documentation


def test_a_bound_logger_puts_its_fields_into_every_line(caplog: pytest.LogCaptureFixture) -> None:
    log_about(logging.getLogger("mexc_connector.test"), connection=7).warning("%s", "lost")
    (record,) = caplog.records
    assert (record.message, record.mexc) == ("lost", {"connection": 7})  # type: ignore[attr-defined]
    assert record.filename == "test_log_fields.py"


def test_a_line_about_a_call_names_the_call_and_the_place_that_wrote_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    about = OrderReference(client_order_id=ClientOrderId("my-own"))
    call = Call(endpoints.PLACE_ORDER, (), 5, about)
    with caplog.at_level(logging.DEBUG, "mexc_connector"):
        call.log("HTTP %d", 200)
    (record,) = caplog.records
    assert record.message == "POST /api/v3/order: HTTP 200"
    assert record.filename == "test_log_fields.py"
    assert record.mexc == {  # type: ignore[attr-defined]
        "request": 5,
        "endpoint": "POST /api/v3/order",
        "client_order_id": "my-own",
    }


def test_the_library_is_quiet_until_the_application_configures_logging() -> None:
    code = (
        "import logging, mexc_connector.common.errors\n"
        "logging.getLogger('mexc_connector.ws').error('nobody reads this')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ended.stdout + ended.stderr == b""
