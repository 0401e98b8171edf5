"""What the tests of scikeras' wrappers share."""

import numpy as np
import pytest


@pytest.fixture
def no_op_determinism():
    """Undo what the first `random_state` in scikeras can leave on for the process."""
    from scikeras.utils.random_state import tf_disable_op_determinism

    yield
    tf_disable_op_determinism()


@pytest.fixture(scope="session")
def data():
    """Rows of 16 features on other scales than 0..1, and labels of three classes."""
    X = np.random.default_rng(0).normal(100, 30, (48, 16))
    return X, np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]
