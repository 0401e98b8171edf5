"""C1: three convolutions, two poolings, MNIST.

python examples/c1_cnn.py --data FOLDER --output FOLDER
"""

import _common

from sknets import SmallCNNClassifier
from sknets.display import FeatureMapsDisplay, FiltersDisplay, ImageGridDisplay

SYSTEMS = {
    "C1": SmallCNNClassifier(
        width=(32, 64, 128),
        dropout=0.0,
        padding="valid",
        epochs=10,
        batch_size=64,
        random_state=0,
        verbose=1,
        **_common.PLAIN_CNN,
    )
}
SOURCE = {"C1": "99.1 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    # Images of 28 x 28 or flat rows of 784, with or without an axis for the channel.
    net = SYSTEMS["C1"].fit(X, y)
    net.summary()

    if options.output:
        _common.save_pictures(
            options,
            predictions=ImageGridDisplay.from_estimator(net, X_test, y_test),
            filters=FiltersDisplay.from_estimator(net),
            feature_maps=FeatureMapsDisplay.from_estimator(net, X_test[0]),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
