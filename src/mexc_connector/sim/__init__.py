"""A simulated MEXC: the same HTTP and protobuf wire, its own rules, on loopback."""

from mexc_connector.sim.account_options import ALL_PERMISSIONS, READ_ONLY, SimAccount, SimKey
from mexc_connector.sim.account_view import AccountFill, AccountOrder, AccountView, Balance
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.fees import BuyFee
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import OrderKind, Side
from mexc_connector.sim.options import SimLimits, SimOptions
from mexc_connector.sim.simulator import Simulator
from mexc_connector.sim.views import BookView, Level, Placement, PublicTrade

__all__ = [
    "ALL_PERMISSIONS",
    "READ_ONLY",
    "AccountFill",
    "AccountOrder",
    "AccountView",
    "Balance",
    "BookView",
    "BuyFee",
    "Connection",
    "Level",
    "Market",
    "OrderKind",
    "Placement",
    "PublicTrade",
    "Side",
    "SimAccount",
    "SimError",
    "SimKey",
    "SimLimits",
    "SimOptions",
    "Simulator",
]
