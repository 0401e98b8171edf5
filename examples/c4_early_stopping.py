"""C4: early stopping on the training loss, the best weights restored, MNIST.

python examples/c4_early_stopping.py --data FOLDER --output FOLDER
"""

import _common

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay, TrainingCurvesDisplay

SYSTEMS = {
    "C4": SmallCNNClassifier(
        width=(32, 64),
        dropout=0.0,
        padding="valid",
        pool_last=True,
        dense_width=128,
        epochs=20,
        batch_size=32,
        early_stopping=True,
        validation_fraction=None,  # none held out: the training loss is monitored
        patience=10,
        random_state=0,
        verbose=1,
        **_common.PLAIN_CNN,
    )
}
SOURCE = {"C4": "98.78 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    net = SYSTEMS["C4"].fit(X, y)
    net.summary()
    print(f"{net.n_iter_} epochs, the weights are those of epoch {net.best_epoch_}")

    if options.output:
        _common.write_history(net, options)
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
