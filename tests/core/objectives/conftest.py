import numpy as np
import pytest

from sknets._core.objectives import CLASS_OBJECTIVES


@pytest.fixture(params=CLASS_OBJECTIVES)
def of_classes(request):
    """An objective, logits, encoded targets and weights of 12 rows."""
    objective, rng = CLASS_OBJECTIVES[request.param], np.random.default_rng(0)
    z = rng.normal(size=(12, 1 if request.param == "binary" else 3))
    if objective.is_exclusive:
        y, w = rng.integers(0, 3, 12), rng.random(12)
    else:
        y, w = rng.integers(0, 2, z.shape).astype(np.float32), rng.random(z.shape)
    return objective, z, y, w
