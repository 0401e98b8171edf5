"""Write the files of this release that later releases must keep loading.

Run it once for a release, from the root of the project, and add the files to git::

    python tests/golden/make_golden.py
"""

from pathlib import Path
from zipfile import ZIP_DEFLATED

import joblib
import numpy as np
import skops.io

import sknets
from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

DATA = Path(__file__).parent
TEXTS = ["a good film", "bad bad film", "", "a dull film", "good good", "naïve"] * 4


def main():
    rng = np.random.default_rng(0)
    labels = np.array(["ant", "bee", "cat"])[np.arange(24) % 3]
    params = {"epochs": 5, "batch_size": 8, "random_state": 0}
    inputs = {
        "dense": (DenseNetClassifier((5, 4), 0.1, **params), rng.normal(size=(24, 3))),
        "cnn": (
            SmallCNNClassifier((3,), **params),
            rng.integers(0, 256, (24, 4, 4), np.uint8),
        ),
        "text": (TextPoolClassifier(3, min_df=1, **params), np.array(TEXTS)),
    }
    DATA.mkdir(exist_ok=True)
    stem = f"golden-{sknets.__version__}"
    expected = {}
    for name, (estimator, X) in inputs.items():
        estimator.fit(X, labels if name != "text" else labels == "ant")
        joblib.dump(estimator, DATA / f"{stem}-{name}.joblib", compress=3)
        path = DATA / f"{stem}-{name}.skops"
        skops.io.dump(estimator, path, compression=ZIP_DEFLATED)
        sknets.save(estimator, DATA / f"{stem}-{name}.sknets")
        expected[f"{name}_X"] = X
        expected[f"{name}_proba"] = estimator.predict_proba(X)
        expected[f"{name}_labels"] = estimator.predict(X)
    np.savez_compressed(DATA / f"{stem}.npz", **expected)


if __name__ == "__main__":
    main()
