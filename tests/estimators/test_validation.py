"""Input that is refused."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._estimators import validation

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (np.full((4, 3), np.inf), ValueError, "Input X contains infinity"),
        (np.full((4, 3, 3), np.nan), ValueError, "Input X contains NaN"),
        (np.ones((4, 3)) + 1j, ValueError, "Complex data not supported"),
        (np.ones((4, 3, 3)) + 1j, ValueError, "Complex data not supported"),
        (np.ones((0, 3)), ValueError, r"0 sample\(s\)"),
        (np.ones((4, 0)), ValueError, r"0 feature\(s\)"),
        (np.ones((4, 0, 3)), ValueError, r"0 feature\(s\) \(shape=\(4, 0, 3\)\)"),
        (np.ones((4, 1, 1, 1, 1)), ValueError, "dim 5, while dim <= 4 is required"),
        (np.ones(4), ValueError, "Expected 2D array, got 1D array"),
        (np.float64(3), ValueError, "Expected 2D array, got scalar"),
        ([[1, 2], [3], [4], [5]], ValueError, "their shapes differ: .* in row 0"),
        (np.ones((5, 3)), ValueError, "inconsistent numbers of samples"),
    ],
    ids=str,
)
@BOTH
def test_bad_input_gives_scikit_learns_error(quick, estimator_class, X, error, match):
    with pytest.raises(error, match=match):
        quick(estimator_class).fit(X, [0, 1, 0, 1])


@BOTH
def test_single_row(quick, estimator_class):
    with pytest.warns(UserWarning, match="y has only one class, 7"):
        est = quick(estimator_class).fit([[1.0, 2.0]], [7])
    assert est.predict([[3.0, 4.0]]).tolist() == [7]


@BOTH
def test_bad_input_to_predict(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class, epochs=1)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        est.predict(X)
    est.fit(X, y)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        predict = getattr(est, method)
        with pytest.raises(ValueError, match="X has 3 features, but .* expecting 4"):
            predict(X[:, :3])
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            predict(X[0])
        with pytest.raises(ValueError, match="contains infinity"):
            predict(np.full((2, 4), np.inf))
    with pytest.raises(ValueError, match="X has 9 features, but .* expecting 4"):
        est.predict(np.zeros((2, 3, 3)))


@pytest.mark.parametrize("method", ["summary", "decision_function"])
def test_unfitted_estimator_says_so(method):
    est = DenseNetClassifier()
    arguments = () if method == "summary" else ([[1.0]],)
    with pytest.raises(NotFittedError, match="DenseNetClassifier instance is not fit"):
        getattr(est, method)(*arguments)
    assert not hasattr(est, "model_")


@BOTH
def test_plain_arrays_of_the_fitted_width_are_predicted_at_once(
    quick, blobs, estimator_class, monkeypatch
):
    X, y = blobs
    net = quick(estimator_class).fit(X, y)
    checked = net.predict_proba(X[:3].tolist())

    def no_check(*args, **keywords):
        raise AssertionError("scikit-learn's checks take longer than one row")

    monkeypatch.setattr(validation, "validate_data", no_check)
    np.testing.assert_array_equal(net.predict_proba(X[:3]), checked)
    for others in (X[:0], X[:3, :1], X[:3] * np.nan, X[:3] * np.inf):
        with pytest.raises(AssertionError, match="longer than one row"):
            net.predict_proba(others)
