"""Signals at chosen places."""

import gc
import signal
import sys


def run_with_signals(block, *positions):
    """Run `block` and send a SIGINT where Python may call the handler, counted from 1; give how often it may.

    That is when a function begins, and when one of C's returns. Garbage is not collected meanwhile, since a library
    may have functions called then: JAX has.
    """
    count = 0
    collects = gc.isenabled()

    def profile(frame, event, argument):
        nonlocal count
        if event in ("call", "c_return"):
            count += 1
            if count in positions:
                signal.raise_signal(signal.SIGINT)

    gc.disable()
    sys.setprofile(profile)
    try:
        block()
    finally:
        sys.setprofile(None)
        if collects:
            gc.enable()
    return count
