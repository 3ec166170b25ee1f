"""How feeds merge what several links bring: their translators know copies by themselves."""

from collections.abc import Callable

from mexc_connector.core.copy_proof import CopyProof
from mexc_connector.proto.copy_key import trade_keys
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper


class KnownCopies:
    """The `CopyMerge` of a stream whose translator knows by itself what it has handed out."""

    def __init__(self, on_push: Callable[[PushDataV3ApiWrapper, int, int], None]) -> None:
        self._on_push = on_push

    def on_joined(self, carrier: int) -> None:
        """Nothing to do: its pushes follow."""

    def on_left(self, carrier: int) -> None:
        """Nothing is missing: what it brought, the others bring."""

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        """Translate it as any other: copies are dropped there."""
        self._on_push(push, epoch, received_ns)

    def on_missed(self, carrier: int, epoch: int) -> None:
        """Nothing to do: another carrier brings it."""

    def takes_lane(self, carrier: int) -> bool:
        """Whichever comes first is handed out."""
        return True

    def settle(self, carrier: int) -> bool:
        """Whichever comes first is handed out."""
        return True


class ProvenCopies(KnownCopies):
    """The same for trades, of which every one counts: `on_missing` hears when some may be missing.

    The lane is shut while a carrier is not in step, see `CopyProof`: some trades after it joined.
    """

    def __init__(
        self,
        on_push: Callable[[PushDataV3ApiWrapper, int, int], None],
        on_missing: Callable[[], None],
    ) -> None:
        super().__init__(on_push)
        self._on_missing = on_missing
        self._proof = CopyProof()

    def on_joined(self, carrier: int) -> None:
        """Have it prove that it brings what the others do."""
        self._proof.on_joined(carrier)

    def on_left(self, carrier: int) -> None:
        """Tell if it may have had trades under way that nobody else brings."""
        if self._proof.on_left(carrier):
            self._on_missing()

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        """Translate it, and compare what the carriers bring."""
        super().on_copy(push, carrier, epoch, received_ns)
        self._proof.on_brought(carrier, trade_keys(push))

    def on_missed(self, carrier: int, epoch: int) -> None:
        """Tell if no other carrier is sure to bring it."""
        if self._proof.on_missed(carrier):
            self._on_missing()

    def takes_lane(self, carrier: int) -> bool:
        """Whether there is nothing to compare."""
        return self._proof.is_complete

    def settle(self, carrier: int) -> bool:
        """Whether it brings all, as far as time could show."""
        return self._proof.settle(carrier)
