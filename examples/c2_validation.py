"""C2: two convolutions and a dense layer, the last 20 % held out, MNIST.

python examples/c2_validation.py --data FOLDER --output FOLDER
"""

import _common

from sknets import SmallCNNClassifier
from sknets.display import TrainingCurvesDisplay

SYSTEMS = {
    "C2": SmallCNNClassifier(
        width=(16, 32),
        dropout=0.0,
        padding="same",
        pool_last=True,
        dense_width=128,
        epochs=5,
        batch_size=64,
        random_state=0,
        verbose=1,
        **_common.PLAIN_CNN,
    )
}
SOURCE = {"C2": "98.11 %"}


def train(net, X, y):
    """Train on the first 80 % of the rows, and validate on the others."""
    n = len(X) * 4 // 5
    return net.fit(X[:n], y[:n], X_val=X[n:], y_val=y[n:])


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    # The source trained on 0..255 by mistake. Here the scale is settled in `fit`, and
    # `predict` applies the same.
    net = train(SYSTEMS["C2"], X, y)
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
