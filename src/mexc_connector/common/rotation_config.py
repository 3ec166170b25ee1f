"""Options of the handover from an old link to its successor, frozen and validated."""

import msgspec

from mexc_connector.common.errors import ConfigError


class RotationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be above 0")
        if self.patience_s <= self.overlap_s:
            raise ConfigError("patience_s must be above overlap_s")
