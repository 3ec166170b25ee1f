"""What signed requests carry: the key's header, the exchange's time, the signature.

The secrets stay in here. What comes back from the exchange passes `masked` before it may become
part of an error, because an answer can repeat what was sent.
"""

from collections.abc import Mapping

from mexc_connector.common.credentials import Credentials
from mexc_connector.core.signing import Parameters, SigningKey, signed_query
from mexc_connector.rest.exchange_clock import ExchangeClock

_SECRET_PARAMETERS = frozenset({"listenKey", "accessKey"})
_MASK = "***"


class Signer:
    """Signs requests by one key, dated by the exchange's clock less `bias_ms`.

    A time ahead of the exchange's clock is refused, one behind it is not: hence the bias.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        exchange_clock: ExchangeClock,
        recv_window_ms: int,
        bias_ms: int,
    ) -> None:
        self._credentials = credentials
        self._key = SigningKey(credentials.secret_key)
        self._exchange_clock = exchange_clock
        self._recv_window_ms = recv_window_ms
        self._bias_ms = bias_ms
        # The exchange refuses signed requests of any method, GET included, without this type.
        self.headers: Mapping[str, str] = _Hidden(
            {"Content-Type": "application/json", "X-MEXC-APIKEY": credentials.api_key}
        )

    def query(self, parameters: Parameters) -> str:
        """Return the query of a request that leaves now."""
        return signed_query(
            parameters,
            key=self._key,
            timestamp_ms=self._exchange_clock.now_ms() - self._bias_ms,
            recv_window_ms=self._recv_window_ms,
        )

    def masked(self, body: bytes, *, query: str, parameters: Parameters) -> bytes:
        """Return a body without the secrets of the request that it answers."""
        secrets = [self._credentials.secret_key, self._credentials.api_key]
        secrets.append(query.rpartition("=")[2])
        secrets += [str(value) for name, value in parameters if name in _SECRET_PARAMETERS]
        for secret in secrets:
            if secret:
                body = body.replace(secret.encode(), _MASK.encode())
        return body

    def clocks(self) -> str:
        """Return both clocks as an error shows them."""
        ours_ms = self._exchange_clock.local_ms()
        theirs_ms = self._exchange_clock.now_ms()
        return (
            f"by this machine's clock it is {ours_ms}, by the exchange's {theirs_ms} as measured; "
            f"requests are dated {self._bias_ms} ms back, recvWindow is {self._recv_window_ms}"
        )

    def __repr__(self) -> str:
        return f"<Signer recvWindow {self._recv_window_ms} ms>"


class _Hidden(dict[str, str]):
    """Headers whose `repr` shows their names only."""

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: ***' for name in self)}}}"
