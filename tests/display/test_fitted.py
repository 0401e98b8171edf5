"""What displays find in Pipelines and searches."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknets.display._fitted import last_step, network_rows


def test_last_step_of_pipelines_and_searches_within_one_another(blobs):
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(make_pipeline(StandardScaler(), inner), {}, cv=2)
    search.fit(*blobs)
    assert last_step(search) is search.best_estimator_[-1][-1]


@pytest.mark.parametrize(
    "form", [np.array, np.atleast_2d, lambda image: csr_array(image[np.newaxis])]
)
def test_network_rows_are_what_the_steps_before_the_network_made(form, dense, digits):
    image = digits[0][3]
    halve = FunctionTransformer(lambda X: X / 2, accept_sparse=True)
    pipeline = make_pipeline(halve.fit(digits[0]), dense)
    rows = network_rows(pipeline, form(image), dense)
    assert_array_equal(rows, image[np.newaxis] / 2)
