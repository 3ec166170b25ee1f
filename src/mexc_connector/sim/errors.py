"""Errors of the simulator: its user's mistakes, and the exchange's refusals."""

from __future__ import annotations


class SimError(Exception):
    """The simulator cannot do what it was asked to: a bad option, a port in use, a lost version.

    The text is one sentence meant for a person.
    """


class Refusal(Exception):
    """A REST request that the exchange answers with an error status and body."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"HTTP {status}, code {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class TradeRefusal(Refusal):
    """A refusal by the order side, whose body carries an empty `_extend` as well."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(400, code, message)


class TooManyRequests(Refusal):
    """A refusal because an account asks too much, and the whole seconds until it may again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, 429, "Too many requests")
        self.retry_after_s = retry_after_s


def invalid_symbol() -> Refusal:
    """Answer a symbol that is not listed."""
    return Refusal(400, -1121, "Invalid symbol.")


def bad_parameter(name: str) -> Refusal:
    """Answer a mandatory parameter that is missing, and any parameter that cannot be read."""
    return Refusal(
        400, 700004, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )
