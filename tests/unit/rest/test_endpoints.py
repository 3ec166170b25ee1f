import msgspec
import pytest

from mexc_connector.core.rate_limit import RequestCost
from mexc_connector.rest import endpoints
from mexc_connector.rest.endpoints import Endpoint

ALL = [value for value in vars(endpoints).values() if isinstance(value, Endpoint)]
ORDERS = [
    endpoints.PLACE_ORDER,
    endpoints.TEST_ORDER,
    endpoints.PLACE_BATCH,
    endpoints.CANCEL_ORDER,
    endpoints.CANCEL_OPEN_ORDERS,
    endpoints.CANCEL_ALL_ORDERS,
]


@pytest.mark.parametrize("endpoint", ORDERS, ids=lambda endpoint: endpoint.label)
def test_placing_and_cancelling_count_in_three_budgets(endpoint: Endpoint) -> None:
    assert endpoint.cost == RequestCost(ip_weight=endpoint.weight, account_weight=1, orders=1)


def test_all_else_counts_by_the_address() -> None:
    for endpoint in ALL:
        if endpoint not in ORDERS:
            assert endpoint.cost == RequestCost(ip_weight=endpoint.weight), endpoint.label


def test_a_label_is_method_and_path_and_each_endpoint_has_its_own() -> None:
    assert endpoints.PLACE_ORDER.label == "POST /api/v3/order"
    assert len({endpoint.label for endpoint in ALL}) == len(ALL)


def test_what_is_derived_follows_what_it_is_derived_from() -> None:
    heavier = msgspec.structs.replace(endpoints.DEPTH, weight=9, path="/api/v4/depth")
    assert heavier.cost == RequestCost(ip_weight=9)
    assert heavier.label == "GET /api/v4/depth"
