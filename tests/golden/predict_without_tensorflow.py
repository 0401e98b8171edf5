"""Load and predict where there is nothing but what predictions need.

Run it where sknets is installed without its dependencies, beside numpy, scipy,
scikit-learn and joblib::

    pip install numpy scipy scikit-learn joblib && pip install --no-deps .
    python tests/golden/predict_without_tensorflow.py
"""

import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

import sknets

DATA = Path(__file__).parent


def main():
    for absent in ("tensorflow", "keras", "scikeras", "pandas", "skops"):
        assert find_spec(absent) is None, f"{absent} is installed"
    # The files are those of a release, the checkout may be a later version.
    warnings.simplefilter("ignore", InconsistentVersionWarning)
    expected = np.load(next(DATA.glob("golden-*.npz")))
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(DATA.glob("golden-*.joblib")):
            name = path.stem.split("-")[-1]
            estimator = joblib.load(path)
            sknets.save(estimator, Path(folder, "net.sknets"))
            for net in (estimator, sknets.load(Path(folder, "net.sknets"))):
                proba = net.predict_proba(expected[f"{name}_X"])
                np.testing.assert_allclose(proba, expected[f"{name}_proba"], atol=1e-6)
            print(f"{name}: {type(net).__name__} predicts as it did in {path.name}")
    print(f"{len(sys.modules)} modules imported")


if __name__ == "__main__":
    main()
