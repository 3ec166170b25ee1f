"""A command is asked about once more right before it leaves, and stopped if somebody objects."""

import pytest

from mexc_connector.common.config import MexcConfig, RateLimitConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.guards import Guard, GuardTripped
from mexc_connector.common.orders import ClientOrderId
from mexc_connector.rest import endpoints
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.session import RestSession
from tests.unit.rest.doubles import EPOCH_NS, FakeClock, FakeTransport, reply

ABOUT = OrderReference(client_order_id=ClientOrderId("mine-1"))
EARLY = reply({"code": 700003, "msg": "Timestamp outside of the recvWindow."}, status=400)
TIME = reply({"serverTime": EPOCH_NS // 1_000_000})


class Bench:
    """A session over a scripted network, and somebody who is asked before each command leaves."""

    def __init__(self, *answers: object, **limits: float) -> None:
        self.clock = FakeClock()
        self.transport = FakeTransport({"order": list(answers), "time": TIME})
        self.session = RestSession(
            MexcConfig(limits=RateLimitConfig(**limits)),  # type: ignore[arg-type]
            transport=self.transport,
            clock=self.clock,
            credentials=Credentials("key", "secret"),
        )
        self.asked: list[float] = []
        self.objects_after = 100

    def admit(self) -> None:
        self.asked.append(self.clock.now())
        if len(self.asked) > self.objects_after:
            raise GuardTripped(Guard.DEAD_MAN, "no heartbeat", value=2.0, limit=1.0)

    async def place(self) -> None:
        await self.session.command(endpoints.PLACE_ORDER, (), about=ABOUT, admit=self.admit)

    @property
    def sent(self) -> int:
        return len(self.transport.sent("order"))


async def test_what_is_not_admitted_is_never_sent_and_its_outcome_is_certain() -> None:
    bench = Bench(reply({}))
    bench.objects_after = 0
    with pytest.raises(GuardTripped, match="DEAD_MAN"):
        await bench.place()
    assert (bench.sent, len(bench.asked)) == (0, 1)


async def test_it_is_asked_when_the_turn_of_the_command_has_come_not_before() -> None:
    bench = Bench(reply({}), orders_per_second=1, cancel_reserve=0)
    await bench.place()
    began = bench.clock.now()
    await bench.place()
    assert bench.asked[1] - began >= 0.9
    assert bench.sent == 2


async def test_the_second_attempt_after_an_objection_to_the_time_is_asked_about_as_well() -> None:
    bench = Bench(EARLY, reply({}))
    bench.objects_after = 1
    with pytest.raises(GuardTripped):
        await bench.place()
    assert (bench.sent, len(bench.asked)) == (1, 2)


async def test_a_command_that_nobody_is_asked_about_just_goes() -> None:
    bench = Bench(reply({}))
    await bench.session.command(endpoints.PLACE_ORDER, (), about=ABOUT)
    assert bench.sent == 1
