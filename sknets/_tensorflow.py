"""TensorFlow and Keras, imported so that a user sees none of their log lines.

TensorFlow's own setting, TF_CPP_MIN_LOG_LEVEL, wins where a user has made it, and
errors are shown. Some lines come before TensorFlow looks at that setting; they are
taken out of what is written to standard error meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_users_own = _LEVEL in os.environ
# Information and warnings of the C++ side, which numbers its processes, and the failed
# search for a GPU where there is none.
_CHATTER = re.compile(
    rb"(WARNING: All log messages before absl|[IW]\d{4} .*\.(cc|h):\d+\])"
)
_NO_GPU = re.compile(rb"E\d{4} .*failed call to cuInit")
_GPU_DRIVER = Path("/dev/nvidiactl")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out TensorFlow's chatter of a block from standard error."""
    if _users_own:
        yield
        return
    try:
        saved = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    with tempfile.TemporaryFile() as written:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            written.seek(0)
            for line in written:
                if not is_chatter(line):
                    os.write(2, line)


def is_chatter(line: bytes) -> bool:
    """Whether a line on standard error tells a user nothing."""
    without_gpu = _NO_GPU.match(line) and not _GPU_DRIVER.exists()
    return bool(_CHATTER.match(line) or without_gpu)


if not _users_own:
    os.environ[_LEVEL] = "2"  # errors alone
with quiet():
    import keras
    import tensorflow as tf

__all__ = ["keras", "quiet", "tf"]
