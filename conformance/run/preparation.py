"""Computing what is expected before targets are asked: once for all of them, in several processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from kcompat.conformance.judge import expectations, store
from kcompat.conformance.judge.precision import PROFILES, Profile
from kcompat.conformance.run import suite


def prepare(subjects: Iterable[str], profile: Profile, jobs: int, on_progress: Callable[[str, int, int], None]) -> None:
    """Put on disk what is expected for subjects and is not there. What fails here is met again by a target's worker."""
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
