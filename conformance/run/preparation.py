"""Preparation: what is expected is computed once for all targets, in several processes, before they run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from kcompat.conformance.judge import expectations, store
from kcompat.conformance.run import suite
from kcompat.conformance.targets.precision import PROFILES, Profile


def prepare(subjects: Iterable[str], profile: Profile, jobs: int, on_progress: Callable[[str, int, int], None]) -> None:
    """Put expectations on disk for subjects that lack them. Whatever fails here fails in a target's worker again."""
    store.open_version()
    lacking = [name for name in dict.fromkeys(subjects) if not store.path_of(name, profile.name).exists()]
    command = [sys.executable, "-m", "kcompat.conformance.run.preparation", profile.name]
    shares = [share for i in range(jobs) if (share := lacking[i::jobs])]
    running = [subprocess.Popen([*command, *share], stderr=subprocess.DEVNULL) for share in shares]
    while running:
        time.sleep(0.1)
        running = [process for process in running if process.poll() is None]
        done = sum(store.path_of(name, profile.name).exists() for name in lacking)
        on_progress("expectations", done, len(lacking))


def main(profile_name: str, *subjects: str) -> None:
    """The process of one share."""
    profile = PROFILES[profile_name]
    for subject in subjects:
        expectations.keep(subject, suite.checks_of(subject, profile), profile)


if __name__ == "__main__":
    main(*sys.argv[1:])
