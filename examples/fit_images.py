"""A convolutional network for images in one line.

python examples/fit_images.py --data FOLDER
"""

import _common

from sknets import SmallCNNClassifier


def main():
    options = _common.parse_options(__doc__, ["images"])
    X, y, X_test, y_test = _common.mnist(options, size=8)

    net = SmallCNNClassifier().fit(X, y)

    print("Predicted:", net.predict(X_test[:10]))
    print("Labelled: ", y_test[:10])
    print(f"Test accuracy: {net.score(X_test, y_test):.2%}")


if __name__ == "__main__":
    main()
