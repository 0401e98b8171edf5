"""GridSearchCV over dropout and width, as with any estimator of scikit-learn.

python examples/grid_search.py --data FOLDER
"""

import _common
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier


def main():
    options = _common.parse_options(__doc__, ["grid"])
    X, y, X_test, y_test = _common.mnist(options, size=8)
    X, y = X[:5000], y[:5000]

    search = GridSearchCV(
        DenseNetClassifier(epochs=10, random_state=0),
        {"dropout": [0.0, 0.3], "width": [64, (128, 64)]},
        cv=3,
    )
    search.fit(X, y)

    results = search.cv_results_
    for params, score in zip(
        results["params"], results["mean_test_score"], strict=True
    ):
        print(f"{score:.2%}  {params}")
    print(f"Best: {search.best_params_}")
    print(f"Test accuracy: {search.score(X_test, y_test):.2%}")


if __name__ == "__main__":
    main()
