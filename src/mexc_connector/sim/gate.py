"""The gate before every private endpoint: key, header, clock, signature, permission, in this order.

Pure: a request as plain values and the exchange's time in, the account out, or a refusal with the
exchange's own code and text.
"""

from __future__ import annotations

import re

import msgspec

from mexc_connector.sim.account_options import SimKey
from mexc_connector.sim.accounts import Account, Accounts
from mexc_connector.sim.errors import Refusal, bad_parameter
from mexc_connector.sim.signatures import SIGNATURE, SignedParameters, read_parameters

CONTENT_TYPE = "application/json"
USUAL_WINDOW_MS = 5_000
LONGEST_WINDOW_MS = 60_000
MOST_AHEAD_MS = 1_000
WHOLE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
KEY_FORM = re.compile(r"mx0[A-Za-z0-9]{6,60}", re.ASCII)


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate looks at, as it was received."""

    api_key: str
    content_type: str
    """The header's text, empty when it is absent."""
    raw_query: str
    raw_body: str
    address: str


class Caller(msgspec.Struct, frozen=True):
    """Who asks, by which key, with which parameters, signature included."""

    account: Account
    key: SimKey
    query: dict[str, str]


def admit(request: SignedRequest, permission: str, accounts: Accounts, now_ms: int) -> Caller:
    """Let a request in; raises the refusal for the first thing that is wrong with it."""
    if not request.api_key:
        raise Refusal(400, 400, "api key required")
    _check_content_type(request)
    parameters = read_parameters(request.raw_query, request.raw_body)
    for name in (SIGNATURE, "timestamp"):
        if not parameters.values.get(name):
            raise bad_parameter(name)
    holder = accounts.by_key(request.api_key)
    if holder is None:
        if KEY_FORM.fullmatch(request.api_key):
            raise Refusal(400, 10072, "Api key info invalid")
        raise Refusal(400, 700001, "API-key format invalid.")
    key = holder.key
    _check_key(key, request.address, now_ms)
    _check_clock(parameters, now_ms)
    if not parameters.is_signed_with(key.secret_key):
        raise Refusal(400, 700002, "Signature for this request is not valid.")
    if permission and permission not in key.permissions:
        raise Refusal(400, 700007, "No permission to access the endpoint.")
    return Caller(holder.account, key, parameters.values)


def _check_content_type(request: SignedRequest) -> None:
    """Refuse any other type; none at all passes without a body, since ccxt reads like that."""
    sent = request.content_type.partition(";")[0].strip().lower()
    if sent != CONTENT_TYPE and (sent or request.raw_body):
        raise Refusal(400, 700013, "Invalid content Type.")


def _check_key(key: SimKey, address: str, now_ms: int) -> None:
    if key.is_frozen:
        raise Refusal(401, 401, "No authority")
    if key.expires_ms is not None and now_ms >= key.expires_ms:
        # An expired key looks like a malformed one.
        raise Refusal(400, 700001, "API-key format invalid.")
    if key.ip_whitelist and address not in key.ip_whitelist:
        raise Refusal(400, 700006, f"IP [{address}] not in the ip white list")


def _check_clock(parameters: SignedParameters, now_ms: int) -> None:
    timestamp = parameters.values["timestamp"]
    if not WHOLE_NUMBER.fullmatch(timestamp):
        raise Refusal(400, 10073, "Invalid Request-Time")
    window = parameters.values.get("recvWindow") or str(USUAL_WINDOW_MS)
    if not WHOLE_NUMBER.fullmatch(window):
        raise bad_parameter("recvWindow")
    if int(window) > LONGEST_WINDOW_MS:
        raise Refusal(400, 700005, "recvWindow must less than 60000")
    sent_ms = int(timestamp)
    if sent_ms >= now_ms + MOST_AHEAD_MS or now_ms - sent_ms > int(window):
        raise Refusal(400, 700003, "Timestamp for this request is outside of the recvWindow.")
