"""D4 and D5: dense layers with dropout, MNIST.

python examples/d4_d5_dropout.py --data FOLDER --output FOLDER --system D5
"""

import _common

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay

SETTINGS = {
    **_common.PLAIN_DENSE,
    "batch_size": 32,
    "random_state": 0,
    "verbose": 1,
}
SYSTEMS = {
    "D4": DenseNetClassifier(
        width=(128, 64), dropout=(0.3, 0.2), epochs=20, **SETTINGS
    ),
    "D5": DenseNetClassifier(
        width=(256, 128, 64), dropout=(0.3, 0.2, 0.1), epochs=40, **SETTINGS
    ),
}
SOURCE = {"D4": "98.0 %", "D5": "98.31 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    # The test images are only watched, to see over-fitting: nothing is chosen by them.
    net = SYSTEMS[options.system].fit(X, y, X_val=X_test, y_val=y_test)
    net.summary()

    if options.output:
        _common.write_history(net, options)
        _common.save_pictures(
            options,
            curves=TrainingCurvesDisplay.from_estimator(net),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
