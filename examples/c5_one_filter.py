"""C5: a single convolution with a single filter, MNIST.

python examples/c5_one_filter.py --data FOLDER --output FOLDER
"""

import _common

from sknets import SmallCNNClassifier
from sknets.display import FeatureMapsDisplay, FiltersDisplay, TrainingCurvesDisplay

SYSTEMS = {
    "C5": SmallCNNClassifier(
        width=1,
        dropout=0.0,
        padding="valid",
        pool_last=True,
        epochs=5,
        batch_size=32,
        random_state=0,
        verbose=1,
        **_common.PLAIN_CNN,
    )
}
SOURCE = {"C5": "only plotted"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    net = SYSTEMS["C5"].fit(X, y)
    net.summary()
    print("The filter:", net.weights_[0][:, :, 0, 0].round(2), sep="\n")

    if options.output:
        _common.save_pictures(
            options,
            curves=TrainingCurvesDisplay.from_estimator(net),
            filter=FiltersDisplay.from_estimator(net),
            feature_map=FeatureMapsDisplay.from_estimator(net, X_test[0]),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
