"""D1: one hidden layer of 512 units, MNIST.

python examples/d1_dense.py --data FOLDER --output FOLDER
"""

import _common

from sknets import DenseNetClassifier
from sknets.display import ImageGridDisplay

SYSTEMS = {
    "D1": DenseNetClassifier(
        width=512,
        dropout=0.0,
        epochs=10,
        batch_size=128,
        random_state=0,
        verbose=1,
        **_common.PLAIN_DENSE,
    )
}
SOURCE = {"D1": "97.8 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    # Pixels go in as they are, 0 to 255: `fit` settles their scale.
    net = SYSTEMS["D1"].fit(X, y)
    net.summary()

    if options.output:
        _common.save_pictures(
            options,
            samples=ImageGridDisplay.from_samples(X, y),
            predictions=ImageGridDisplay.from_estimator(net, X_test, y_test),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
