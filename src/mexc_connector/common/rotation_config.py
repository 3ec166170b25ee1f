"""Options of the handover from an old link to its successor, frozen and validated."""

from mexc_connector.common.options import Options, require


class RotationConfig(Options, frozen=True, kw_only=True):
    """How a link that reaches `StreamConfig.rotate_after_s` is replaced.

    `overlap_s`: how long both links carry every channel at the least, so that what the old one
    still has under way arrives. `patience_s`: how long a successor may take, from its opening to
    being in step, before it is given up and another one is tried. `give_up_after_s`: how long after
    `rotate_after_s` an old link that found no successor is dropped all the same. With the defaults
    that is at the age of 23.5 hours; the exchange cuts at 24.
    """

    overlap_s: float = 5.0
    patience_s: float = 60.0
    give_up_after_s: float = 1800.0

    def __post_init__(self) -> None:
        self.require_positive("overlap_s", "patience_s", "give_up_after_s")
        require(self.patience_s > self.overlap_s, "patience_s must be above overlap_s")
