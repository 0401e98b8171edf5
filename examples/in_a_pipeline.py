"""A network in the place of the classifier of a Pipeline that exists already.

python examples/in_a_pipeline.py --data FOLDER
"""

import _common
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sknets import DenseNetClassifier


def main():
    options = _common.parse_options(__doc__, ["pipeline"])
    X, y, X_test, y_test = _common.mnist(options)
    X, y, X_test = X[:5000].reshape(-1, 784), y[:5000], X_test.reshape(-1, 784)

    pipeline = Pipeline(
        [
            ("scale", StandardScaler()),
            ("reduce", PCA(50, random_state=0)),
            ("classify", LogisticRegression(max_iter=1000)),
        ]
    )
    print(f"With LogisticRegression: {cross_val_score(pipeline, X, y).mean():.2%}")

    pipeline.set_params(classify=DenseNetClassifier(epochs=20, random_state=0))
    print(f"With DenseNetClassifier: {cross_val_score(pipeline, X, y).mean():.2%}")
    print(f"Test accuracy: {pipeline.fit(X, y).score(X_test, y_test):.2%}")


if __name__ == "__main__":
    main()
