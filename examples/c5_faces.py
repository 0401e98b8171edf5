"""C5 on faces: one convolution, people told apart from a few images each.

python examples/c5_faces.py --data FOLDER --output FOLDER --system Yale
"""

import _common

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay, TrainingCurvesDisplay

SETTINGS = {
    **_common.PLAIN_CNN,
    "dropout": 0.0,
    "padding": "valid",
    "pool_last": True,
    "epochs": 20,
    "batch_size": 32,
    "random_state": 0,
    "verbose": 1,
}
SYSTEMS = {
    "ORL": SmallCNNClassifier(width=64, **SETTINGS),
    "Yale": SmallCNNClassifier(width=16, **SETTINGS),
}
SOURCE = {"ORL": "only plotted", "Yale": "only plotted"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.faces(options, options.system.lower())

    net = SYSTEMS[options.system].fit(X, y)
    net.summary()

    if options.output:
        _common.save_pictures(
            options,
            samples=ImageGridDisplay.from_samples(X, y),
            curves=TrainingCurvesDisplay.from_estimator(net),
            predictions=ImageGridDisplay.from_estimator(net, X_test, y_test),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
