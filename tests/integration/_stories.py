# tests/integration/_stories.py: runs the stories of a test one after the other and says which failed.
"""A story is a function without parameters whose first doc line says what it shows. It fails by an exception.

    @story
    def an_unsubscribe_ends_in_a_final_notify():
        '''RFC 6665 4.2.1.4: ...'''

    tell()      # at the end of the file; `python3 file.py word ...` tells only stories with such a word in their name
"""
import os
import sys
import time
import traceback

SKIPPED = 77  # the automake convention, known to CMakeLists.txt

_stories = []


class Skip(Exception):
    """Raised where something the whole test needs is not installed."""


def story(function):
    _stories.append(function)
    return function


def skip_all(reason):
    """Ends the test as skipped: for what this machine cannot do at all."""
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def expect(claim, sentence):
    """An assert that -O cannot remove and that says what was expected in words."""
    if not claim:
        raise AssertionError(sentence)


def expect_equal(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: want {wanted!r}, got {actual!r}")


def tell():
    words = sys.argv[1:]
    chosen = [s for s in _stories if not words or any(word in s.__name__ for word in words)]
    failed = 0
    for number, function in enumerate(chosen, 1):
        name = function.__name__.replace("_", " ")
        begun = time.monotonic()
        try:
            function()
        except Skip as reason:
            print(f"skip {number} {name}: {reason}", flush=True)
            continue
        except Exception:  # a story may fail in any way; the others are still told
            failed += 1
            print(f"FAILED {number} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
            traceback.print_exc()
            sys.stderr.flush()
            continue
        print(f"ok {number} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} stories passed", flush=True)
    sys.stdout.flush()
    # Not sys.exit: a thread that still waits for a socket must not hold the result back.
    os._exit(1 if failed or not chosen else 0)
