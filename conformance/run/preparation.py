"""Preparation: what is expected is computed once for all targets, in several processes, before they run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable

import numpy as np

from kcompat.conformance.judge import certificate, expectations, store
from kcompat.conformance.run import suite
from kcompat.conformance.targets.precision import PROFILES, Profile


def prepare(subjects: Iterable[str], profile: Profile, jobs: int, on_progress: Callable[[str, int, int], None]) -> None:
    """Put expectations on disk for subjects that lack them. Whatever fails here fails in a target's worker again."""
    store.open_version()
    lacking = [name for name in dict.fromkeys(subjects) if not store.path_of(name, profile.name).exists()]
    command = [sys.executable, "-m", "kcompat.conformance.run.preparation", profile.name]
    shares = [share for i in range(jobs) if (share := lacking[i::jobs])]
    running = [subprocess.Popen([*command, *share], stderr=subprocess.DEVNULL) for share in shares]
    try:
        while running:
            time.sleep(0.1)
            running = [process for process in running if process.poll() is None]
            done = sum(store.path_of(name, profile.name).exists() for name in lacking)
            on_progress("expectations", done, len(lacking))
    finally:  # an interrupt of this process alone
        for process in running:
            process.kill()
            process.wait()


def main(profile_name: str, *subjects: str) -> None:
    """The process of one share."""
    profile = PROFILES[profile_name]
    for subject in subjects:
        keep(subject, suite.checks_of(subject, profile), profile)


def keep(subject: str, checks: Iterable[suite.Check], profile: Profile) -> None:
    """Compute everything that is asked about a subject, and put it on disk."""
    arrays: dict[str, np.ndarray] = {}
    for check in checks:
        if check.question is None:
            continue
        key = expectations.key_of(check.case, check.question)
        if f"{key} 0 value" in arrays:  # several checks hold answers to one question
            continue
        try:
            answers = expectations.computed(check.case, check.question, profile)
            against = certificate.computed(check.case, check.question, profile, answers)
        except Exception:  # whoever runs the check meets it again, and reports it
            continue
        arrays |= expectations.arrays_of(key, answers)
        arrays[certificate.store_key(check.case, check.question)] = np.asarray(against)
    store.save(subject, profile.name, arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
