"""C3: four convolutions, dropout after every pooling, one-hot labels, MNIST.

python examples/c3_dropout.py --data FOLDER --output FOLDER
"""

import _common
import numpy as np
from c2_validation import train

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay, TrainingCurvesDisplay

SYSTEMS = {
    "C3": SmallCNNClassifier(
        width=(16, 32, (64, 128)),
        dropout=0.25,
        kernel_size=5,
        padding="same",
        pool_last=True,
        dense_width=128,
        epochs=10,
        batch_size=300,
        random_state=0,
        verbose=1,
        **_common.PLAIN_CNN,
    )
}
SOURCE = {"C3": "97 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    # Who has one-hot rows, as the source, makes them labels again.
    one_hot = np.eye(10)[y]
    net = train(SYSTEMS["C3"], X, one_hot.argmax(axis=1))
    net.summary()

    if options.output:
        _common.save_pictures(
            options,
            curves=TrainingCurvesDisplay.from_estimator(net),
            misclassified=ImageGridDisplay.from_estimator(
                net, X_test, y_test, misclassified_only=True
            ),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
