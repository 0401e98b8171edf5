"""Run scikeras' own tests against sknets, with nothing but their imports changed.

    python tests/peers/scikeras_suite.py CHECKOUT [--also-scikeras] [-k EXPRESSION]

CHECKOUT is a clone of scikeras' public repository. Its tests are copied to a temporary
folder, where names from `scikeras.wrappers` come from `sknets.wrappers`. The tests of
scikeras' own helpers (test_utils.py, test_utils_transformers.py, test_random_state.py)
are left out, since they call no estimator. One import is corrected for Keras versions
newer than the tests. With --also-scikeras, the installed scikeras is run as well, and
the table shows both.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

HELPERS = ("test_utils.py", "test_utils_transformers.py", "test_random_state.py")
# A private place of Keras 3.2 that has moved.
CORRECTED = {
    "from keras.src.backend.common.variables import KerasVariable": (
        "from keras import Variable as KerasVariable"
    ),
}
CHANGED = {
    "from scikeras.wrappers import": "from sknets.wrappers import",
    "from scikeras.utils.transformers import": "from sknets.wrappers import",
}


def run(checkout: Path, changes: dict[str, str], options: list[str]) -> dict:
    """Outcome and message of each test, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        tests = Path(folder) / "tests"
        shutil.copytree(checkout / "tests", tests)
        for name in HELPERS:
            (tests / name).unlink(missing_ok=True)
        for path in tests.glob("*.py"):
            text = path.read_text()
            for before, after in changes.items():
                text = text.replace(before, after)
            path.write_text(text)
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "tests", "-q", "--tb=short"]
        command += ["-p", "no:cacheprovider", f"--junitxml={report}", *options]
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run(command, cwd=folder, env=environment, check=False)
        return read(report)


def read(report: Path) -> dict[str, tuple[str, str]]:
    found = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        outcome, message = "passed", ""
        for child in case:
            if child.tag in ("failure", "error", "skipped"):
                outcome = "skipped" if child.tag == "skipped" else "failed"
                message = child.get("message") or ""
        found[name] = outcome, " ".join(message.split())[:160]
    return found


def show(title: str, results: dict[str, tuple[str, str]]) -> None:
    counts = Counter(outcome for outcome, _ in results.values())
    judged = counts["passed"] + counts["failed"]
    share = 100 * counts["passed"] / max(judged, 1)
    print(f"\n{title}: {dict(counts)}, {share:.1f} % of {judged} pass")
    for name, (outcome, message) in sorted(results.items()):
        if outcome == "failed":
            name = re.sub(r" object at 0x[0-9a-f]+", "", name)
            print(f"  {name}\n      {message}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--also-scikeras", action="store_true")
    parser.add_argument("-k", default="")
    arguments = parser.parse_args()
    options = ["-k", arguments.k] if arguments.k else []
    ours = run(arguments.checkout, {**CORRECTED, **CHANGED}, options)
    if arguments.also_scikeras:
        show("scikeras", run(arguments.checkout, CORRECTED, options))
    show("sknets", ours)


if __name__ == "__main__":
    main()
