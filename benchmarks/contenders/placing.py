"""What all who place orders share: the order, its signed form, and how a round is timed."""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable

from benchmarks.contenders.order_responder import SYMBOL

KEY = "mx0-benchmark"
SECRET = "s" * 32
AMOUNT = "0.001"
PRICE = "50000"

Figures = dict[str, float]
Round = Callable[[], Awaitable[Figures]]


async def timed(place: Callable[[], Awaitable[object]], orders: int) -> Figures:
    """Place one order to open the connection, then `orders` one after the other.

    Gives microseconds per order: `wall_us` from call to result, `cpu_us` of this process meanwhile,
    the kernel's share of its socket calls included.
    """
    await place()
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(orders):
        await place()
    return {
        "wall_us": (time.perf_counter_ns() - wall) / orders / 1000,
        "cpu_us": (time.process_time_ns() - cpu) / orders / 1000,
    }


def signed_query(number: int) -> str:
    """Return the query of the order with a client order id of its own, signed now."""
    query = (
        f"symbol={SYMBOL}&side=BUY&type=LIMIT&quantity={AMOUNT}&price={PRICE}"
        f"&newClientOrderId=m2x7k4d1-9q8w7e6r-{number}&recvWindow=5000"
        f"&timestamp={time.time_ns() // 1_000_000}"
    )
    signature = hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
    return f"{query}&signature={signature}"
