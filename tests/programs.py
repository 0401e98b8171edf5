"""Programs that tests run in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import sknets


def run(program, **settings):
    """Run a program where no setting of TensorFlow is made but those given."""
    package = str(Path(sknets.__file__).parents[1])
    own = {k: v for k, v in os.environ.items() if "TF_" not in k}
    path = os.pathsep.join([package, *sys.path])
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**own, "PYTHONPATH": path, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
