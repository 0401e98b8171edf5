"""Run scikit-learn's own tests with DenseNetClassifier in the place of its classifiers.

    python tests/peers/run.py                # meta-estimators, beside MLPClassifier
    python tests/peers/run.py mlp            # the tests of MLP estimators, names mapped
    python tests/peers/run.py bagging voting # some of the meta-estimators

The tests are those of the scikit-learn that is installed. Of the meta-estimators, the
failures are listed that MLPClassifier in the same place does not have. Where there are
any, the tests are run again with other seeds of both, and with the default parameters:
what our network passes, or MLPClassifier fails, with any of these is chance.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = {
    "bagging": "ensemble.tests.test_bagging",
    "voting": "ensemble.tests.test_voting",
    "stacking": "ensemble.tests.test_stacking",
    "boosting": "ensemble.tests.test_weight_boosting",
    "calibration": "tests.test_calibration",
    "multiclass": "tests.test_multiclass",
    "multioutput": "tests.test_multioutput",
    "pipeline": "tests.test_pipeline",
    "thresholds": "model_selection.tests.test_classification_threshold",
    "self-training": "semi_supervised.tests.test_self_training",
    "permutation": "inspection.tests.test_permutation_importance",
    "dependence": "inspection.tests.test_partial_dependence",
    "roc display": "metrics._plot.tests.test_roc_curve_display",
    "det display": "metrics._plot.tests.test_det_curve_display",
    "precision display": "metrics._plot.tests.test_precision_recall_display",
    "confusion display": "metrics._plot.tests.test_confusion_matrix_display",
    "common displays": "metrics._plot.tests.test_common_curve_display",
}
MLP = "neural_network.tests.test_mlp"
# What is put in their place once more, its seed, and whether it has to fail.
AGAIN = (
    *(("dense", 1, True), ("dense", 2, True), ("default", 0, True)),
    *(("mlp", 1, False), ("mlp", 2, False)),
)


def outcomes(by: str, modules: list[str], seed: int = 0) -> dict[str, list[str]]:
    """Outcome and error of each test, with the classifiers replaced."""
    names = [f"sklearn.{module}" for module in modules]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.json"
        settings = {"by": by, "modules": names, "outcomes": str(path), "seed": seed}
        search = [FOLDER, FOLDER.parents[1], os.environ.get("PYTHONPATH", "")]
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--no-header"]
        subprocess.run(
            [*command, "-p", "no:cacheprovider", "-p", "replaced", "--pyargs", *names],
            env={
                **os.environ,
                "SKNETS_PEERS": json.dumps(settings),
                "PYTHONPATH": os.pathsep.join(map(str, search)),
            },
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=False,  # failures are what is looked for
        )
        return json.loads(path.read_text())


def is_failure(outcome: list[str] | None) -> bool:
    return outcome is not None and outcome[0] == "failed"


def show(name: str) -> int:
    """Print one line of the table, and the failures that are ours alone."""
    modules = [MODULES[name]]
    ours, theirs = outcomes("dense", modules), outcomes("mlp", modules)
    alone = [
        test
        for test, outcome in ours.items()
        if is_failure(outcome) and not is_failure(theirs.get(test))
    ]
    for by, seed, fails in AGAIN if alone else ():
        again = outcomes(by, modules, seed)
        alone = [test for test in alone if is_failure(again.get(test)) == fails]
    counts = [
        sum(outcome[0] == kind for outcome in tests.values())
        for tests in (ours, theirs)
        for kind in ("passed", "failed")
    ]
    print(f"{name:18}", *(f"{count:9}" for count in [*counts, len(alone)]), flush=True)
    for test in alone:
        message = ours[test][1].strip().splitlines()
        print(f"    {test.partition('::')[2]}: {message[0][:140] if message else ''}")
    return len(alone)


def meta_estimators(names: list[str]) -> int:
    print(f"{'':18}      net:             MLPClassifier:       net alone")
    print(f"{'':18}    passed    failed    passed    failed    failed")
    return sum(show(name) for name in names)


def tests_of_mlp() -> None:
    tests = outcomes("mapped", [MLP])
    passed = sum(outcome[0] == "passed" for outcome in tests.values())
    print(f"{passed} of {len(tests)} tests pass; these do not:")
    for test, (outcome, message) in tests.items():
        if outcome != "passed":
            first = message.strip().splitlines() or [""]
            print(f"    {test.partition('::')[2]}: {first[0][:140]}")


if __name__ == "__main__":
    if sys.argv[1:] == ["mlp"]:
        tests_of_mlp()
    else:
        sys.exit(meta_estimators(sys.argv[1:] or list(MODULES)) > 0)
