"""Call: one request to the exchange with all of its attempts."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mexc_connector.common.log_fields import log_fields
from mexc_connector.core.signing import Parameters
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.endpoints import Endpoint

_logger = logging.getLogger("mexc_connector.rest")


@dataclass(slots=True)
class Call:
    """`number` tells it from the client's other calls in the log.

    `admit` is asked right before each attempt leaves. `is_open` from the first byte sent until an
    answer is there.
    """

    endpoint: Endpoint
    parameters: Parameters
    number: int
    about: OrderReference | None = None
    admit: Callable[[], object] | None = None
    is_open: bool = False

    def log(self, text: str, *values: object) -> None:
        """Write a line about the call, at DEBUG; costs a look at the level if nobody reads it."""
        if not _logger.isEnabledFor(logging.DEBUG):
            return
        label, fields = self.endpoint.label, self.fields()
        _logger.debug("%s: " + text, label, *values, extra=fields, stacklevel=2)

    def fields(self) -> Mapping[str, dict[str, str | int]]:
        """Return the fields of every line that is about this call."""
        about = self.about or OrderReference()
        return log_fields(
            request=self.number,
            endpoint=self.endpoint.label,
            order_id=about.order_id,
            client_order_id=about.client_order_id,
        )
