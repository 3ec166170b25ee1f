"""A simulated MEXC: the same HTTP and protobuf wire, its own rules, on loopback."""

from mexc_connector.sim.connection import Connection
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import OrderKind, Side
from mexc_connector.sim.options import SimLimits, SimOptions
from mexc_connector.sim.simulator import Simulator
from mexc_connector.sim.views import BookView, Level, Placement, PublicTrade

__all__ = [
    "BookView",
    "Connection",
    "Level",
    "Market",
    "OrderKind",
    "Placement",
    "PublicTrade",
    "Side",
    "SimError",
    "SimLimits",
    "SimOptions",
    "Simulator",
]
