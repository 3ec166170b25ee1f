"""RefusalPauses: how long everything rests after the exchange told us to slow down."""

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.error_codes import Retry
from mexc_connector.common.errors import FirewallBlocked, RateLimitError
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.rejection import Rejection


class RefusalPauses:
    """Pauses the budget as long as stated, else longer with each refusal in a row."""

    def __init__(self, budget: RequestBudget, limits: RateLimitConfig) -> None:
        self._budget = budget
        self._limits = limits
        self._unstated_refusals = 0

    def on_refused(self, rejection: Rejection) -> bool:
        """Pause if a refusal asks for it; return whether it does."""
        error = rejection.error
        if not isinstance(error, RateLimitError):
            return False
        pause_s = self._pause_s(rejection, error)
        if isinstance(error, FirewallBlocked):
            self._budget.block(pause_s)
        else:
            self._budget.pause(pause_s)
        return True

    def on_success(self) -> None:
        """The row of refusals ended."""
        self._unstated_refusals = 0

    def _pause_s(self, rejection: Rejection, error: RateLimitError) -> float:
        if rejection.stated_wait_s is not None or rejection.retry is not Retry.AFTER_STATED_WAIT:
            return error.retry_after
        if self._budget.paused_s > 0:  # one burst, refused several times, is one refusal
            return 0.0
        self._unstated_refusals += 1
        return backoff_delay(
            self._unstated_refusals - 1,
            base_s=error.retry_after,
            max_s=max(error.retry_after, self._limits.max_wait_s),
            jitter=0.0,
        )
