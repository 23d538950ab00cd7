"""The selection of a run: which checks, under which profile, on which device."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fnmatch import fnmatchcase

from kcompat.conformance.run import suite
from kcompat.conformance.targets.precision import PROFILES, Profile

LONGEST = 1e6
"""The longest timeout, in seconds: timers take no infinite one."""


@dataclass(frozen=True)
class Selection:
    """What the command line asks for."""

    level: str = "L5"
    profile: str = "fp32"
    device: str = ""
    ops: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    quick: bool = False
    xfails: str = ""
    timeout: float = 120.0

    @property
    def precision(self) -> Profile:
        """The profile by its name."""
        if self.profile not in PROFILES:
            raise ValueError(f"profile is one of {', '.join(PROFILES)}, got {self.profile!r}")
        return PROFILES[self.profile]

    @property
    def whole(self) -> bool:
        """Whether nothing is left out but levels."""
        return not (self.ops or self.ids or self.quick)

    def checks(self) -> list[suite.Check]:
        """The checks, in the order of the spec.

        Raises LookupError for a pattern that no check matches, ValueError for another option that makes no sense.
        """
        if not 0 < self.timeout <= LONGEST:
            raise ValueError(f"timeout is a positive number of seconds, at most {LONGEST:g}, got {self.timeout:g}")
        if self.level not in suite.LEVELS:
            raise ValueError(f"level is one of {', '.join(suite.LEVELS)}, got {self.level!r}")
        chosen = suite.checks(self.level, self.precision)
        for name, patterns in (("subject", self.ops), ("id", self.ids)):
            for pattern in patterns:
                if not any(fnmatchcase(getattr(check, name), pattern) for check in chosen):
                    raise LookupError(f"no check has a {name} like {pattern!r} at levels up to {self.level}")
            if patterns:
                chosen = [c for c in chosen if any(fnmatchcase(getattr(c, name), pattern) for pattern in patterns)]
        return suite.quick(chosen) if self.quick else chosen

    def as_json(self) -> dict[str, object]:
        """As a dict that JSON can hold."""
        return {name: list(x) if isinstance(x, tuple) else x for name, x in dataclasses.asdict(self).items()}
