"""The private names of scikit-learn: what sknets does with them, and if one is gone."""

import numpy as np
import pytest
import sklearn
from sklearn.metrics import accuracy_score, make_scorer, max_error
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.fixes import parse_version

from sknets import DenseNetClassifier, ImageReshaper
from sknets._sklearn import has_callbacks, scorer_takes_weights
from tests.programs import run

SUPPORTED = parse_version(sklearn.__version__) >= parse_version("1.9")
WITH_A_PART_MISSING = """
import sklearn.utils.validation
del sklearn.utils.validation._num_samples
try:
    import sknets
except ImportError as error:
    print(error)
"""


def test_missing_private_name_of_sklearn_is_explained():
    done = run(WITH_A_PART_MISSING)
    assert "sknets needs scikit-learn 1.6 to 1.9" in done.stdout
    assert "_num_samples" in done.stdout


@pytest.mark.skipif(SUPPORTED, reason="scikit-learn has callbacks")
def test_older_scikit_learn_is_named():
    with pytest.raises(NotImplementedError, match="needs scikit-learn 1.9 or newer"):
        DenseNetClassifier().set_callbacks(object())


@pytest.mark.skipif(not SUPPORTED, reason="scikit-learn has callbacks since 1.9")
def test_callbacks_are_found():
    from sklearn.callback import ProgressBar

    assert not has_callbacks(DenseNetClassifier())
    assert has_callbacks(DenseNetClassifier().set_callbacks(ProgressBar()))


@pytest.mark.parametrize("estimator", [DenseNetClassifier(), ImageReshaper()])
def test_html_links_to_the_page_of_an_estimator(estimator):
    name = f"sknets.{type(estimator).__name__}"
    page = f"https://sknets.readthedocs.io/en/latest/api/generated/{name}.html"
    assert f'href="{page}"' in estimator._repr_html_()


def test_parameters_are_checked_before_anything_else():
    net = DenseNetClassifier(epochs=0)
    with pytest.raises(InvalidParameterError, match="'epochs' parameter"):
        net.fit("no rows", None)
    with pytest.raises(InvalidParameterError, match="'epochs' parameter"):
        net.partial_fit("no rows", None)


def own(estimator, X, y):
    return 0.0


def own_with_weights(estimator, X, y, sample_weight=None):
    return np.sum(sample_weight)


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (make_scorer(accuracy_score), True),
        (make_scorer(max_error), False),
        (own, False),
        (own_with_weights, True),
    ],
)
def test_which_scorers_take_weights(scorer, expected):
    assert scorer_takes_weights(scorer) == expected
