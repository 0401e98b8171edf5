"""D2 and D3: dense layers, cross-entropy on logits, MNIST.

python examples/d2_d3_dense.py --data FOLDER --output FOLDER --system D3
"""

import _common

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay

SETTINGS = {
    **_common.PLAIN_DENSE,
    "dropout": 0.0,
    "epochs": 20,
    "batch_size": 32,
    "random_state": 0,
    "verbose": 1,
}
SYSTEMS = {
    "D2": DenseNetClassifier(width=(128, 32), **SETTINGS),
    "D3": DenseNetClassifier(width=(256, 128, 64), **SETTINGS),
}
SOURCE = {"D2": "97.89 %", "D3": "98.16 %"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    X, y, X_test, y_test = _common.mnist(options)

    net = SYSTEMS[options.system].fit(X, y)
    net.summary()

    # No softmax and no argmax by hand.
    first = X_test[:1]
    print("Logits of the first image:       ", net.decision_function(first).round(1))
    print("Probabilities of the first image:", net.predict_proba(first).round(3))
    print(f"Its class: {net.predict(first)[0]}, labelled {y_test[0]}")

    if options.output:
        _common.save_pictures(
            options,
            curves=TrainingCurvesDisplay.from_estimator(net),
        )
    _common.save_and_reload(net, X_test, options)
    _common.conclude(net, X_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
