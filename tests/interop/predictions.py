"""What the tests of both ways between sknets and scikeras share."""

import numpy as np


def assert_equal_predictions(wrapper, wrapper_X, fitted, X):
    np.testing.assert_array_equal(wrapper.predict(wrapper_X), fitted.predict(X))
    np.testing.assert_allclose(
        wrapper.predict_proba(wrapper_X), fitted.predict_proba(X), atol=1e-5
    )
