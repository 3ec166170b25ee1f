from decimal import Decimal

import pytest

from mexc_connector.sim import SimAccount, SimError, SimKey, SimOptions
from mexc_connector.sim.account_limits import AccountLimiter
from mexc_connector.sim.accounts import Accounts, default_account, starting_atoms
from mexc_connector.sim.catalog import listings
from mexc_connector.sim.options import SimLimits


def test_an_account_is_read_from_a_flag() -> None:
    account = SimAccount.parse("mx0key:secret:USDT=100000,BTC=2.5")
    assert account.keys[0].api_key == "mx0key"
    assert account.keys[0].secret_key == "secret"
    assert starting_atoms(account) == {"USDT": 10**23, "BTC": 25 * 10**17}
    assert SimAccount.parse("k:s:").balances == {}


@pytest.mark.parametrize(
    "text", ["", "k", "k:s", "k:s:USDT", "k:s:=1", "k:s:USDT=x", "k:s:USDT=-1", ":s:USDT=1", "k::"]
)
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(SimError):
        SimAccount.parse(text)


def test_rates_have_a_range_and_a_key_belongs_to_one_account() -> None:
    with pytest.raises(SimError, match="fee rate"):
        SimAccount(keys=(SimKey(api_key="k", secret_key="s"),), taker_fee="0.2")
    account = SimAccount.parse("k:s:")
    with pytest.raises(SimError, match="Two accounts"):
        Accounts([account, account], opened_ms=0)
    with pytest.raises(SimError, match="lag"):
        SimOptions(read_after_write_ms=-1)


def test_a_secret_is_not_shown() -> None:
    assert "hidden" not in repr(SimAccount.parse("k:hidden:USDT=1"))


def test_the_default_account_owns_plenty_of_every_usual_asset() -> None:
    account = default_account(1, listings(None, None))
    assert account.balances == {
        "USDT": "1000000",
        "MX": "100000",
        "BTC": "10",
        "ETH": "300",
        "PEPE": "200000000000",
    }
    assert all(Decimal(amount) >= 1 for amount in account.balances.values())


def test_twelve_orders_pass_in_a_second_and_other_requests_do_not_count() -> None:
    limiter = AccountLimiter(SimLimits())
    assert [limiter.judge(1, 5_000, is_order=True) for _ in range(13)] == [0] * 12 + [1]
    assert limiter.judge(1, 5_999, is_order=False) == 0
    assert limiter.judge(1, 6_000, is_order=True) == 0


def test_the_weight_pool_of_an_account_fills_and_says_when_it_is_empty_again() -> None:
    limiter = AccountLimiter(SimLimits())
    assert [limiter.judge(10, 0, is_order=False) for _ in range(50)] == [0] * 50
    assert limiter.judge(1, 2_500, is_order=True) == 8
    assert limiter.judge(500, 10_000, is_order=False) == 0
