"""Questions that memory can answer, with it and without: a symbol's rules, a finished order."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import cycle

from benchmarks.contenders import WrongResult
from benchmarks.contenders.depth_ours import SYMBOL
from benchmarks.servers import prepared_exchange
from mexc_connector import (
    MexcConfig,
    MexcExchange,
    Order,
    OrderId,
    OrderStatus,
    RateLimitConfig,
    Side,
    TradingConfig,
)

FAR_BELOW = 0.9
_NO_TIME_S = 1e-9
_FEW = 100  # the fewest that may be kept


class Round:
    """Ask the same question many times: microseconds per answer, waiting and CPU."""

    def __init__(
        self, stack: AsyncExitStack, ask: Callable[[], Awaitable[object]], questions: int
    ) -> None:
        self.close = stack.aclose
        self._ask = ask
        self._questions = questions

    async def __call__(self) -> dict[str, float]:
        """Ask one after the other."""
        ask = self._ask
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(self._questions):
            await ask()
        spent_s, waited_s = time.process_time() - cpu, time.perf_counter() - wall
        return {"wall": waited_s / self._questions * 1e6, "cpu": spent_s / self._questions * 1e6}


async def symbol_rules(folder: str, symbols: int, questions: int, *, is_cached: bool) -> Round:
    """Ask for the rules of one of many markets."""
    stack = AsyncExitStack()
    server = stack.enter_context(prepared_exchange(folder, symbols=symbols))
    config = MexcConfig(
        rest_url=server.rest,
        stream_url=server.ws,
        limits=RateLimitConfig.lifted(),
        symbol_cache_s=MexcConfig().symbol_cache_s if is_cached else _NO_TIME_S,
    )
    exchange = MexcExchange(config=config, environment={})
    mexc = await stack.enter_async_context(exchange.session())
    return Round(stack, lambda: mexc.get_symbol_info(SYMBOL), questions)


async def finished_order(
    rest_url: str, stream_url: str, api_key: str, secret_key: str, questions: int, *, is_kept: bool
) -> Round:
    """Ask for cancelled orders in turns, where memory keeps all of them or one too few."""
    stack = AsyncExitStack()
    trading = TradingConfig() if is_kept else TradingConfig(completed_orders=_FEW)
    config = MexcConfig(
        rest_url=rest_url,
        stream_url=stream_url,
        limits=RateLimitConfig.lifted(),
        trading=trading,
    )
    exchange = MexcExchange(api_key, secret_key, config=config)
    mexc = await stack.enter_async_context(exchange.session([SYMBOL]))
    # In turns: whichever is asked for is the one that had to leave for the others.
    order_ids = cycle([await _cancelled(mexc) for _ in range(_FEW + 1)])

    async def ask() -> Order:
        return await mexc.get_order(SYMBOL, order_id=next(order_ids))

    answers = [await ask() for _ in range(2)]
    hits = mexc.get_performance_metrics()["order_cache_hits"]
    answers += [await ask() for _ in range(2)]
    hits = mexc.get_performance_metrics()["order_cache_hits"] - hits
    if any(order.status is not OrderStatus.CANCELED for order in answers):
        raise WrongResult(f"not cancelled: {answers}")
    if hits != (2 if is_kept else 0):
        raise WrongResult(f"{hits} of 2 answers came from memory")
    return Round(stack, ask, questions)


async def _cancelled(mexc: MexcExchange) -> OrderId:
    """Place an order where it cannot trade, and cancel it."""
    bid = mexc.orderbook.best_bid
    if bid is None:
        raise WrongResult("the simulated market has no bid")
    price = round(bid.price * FAR_BELOW, 2)
    handle = await mexc.place_limit_order(SYMBOL, side=Side.BUY, amount="0.001", price=price)
    order = await mexc.cancel_order(SYMBOL, order_id=handle.order.order_id)
    if order.order_id is None:
        raise WrongResult("a cancelled order without an id")
    return order.order_id
