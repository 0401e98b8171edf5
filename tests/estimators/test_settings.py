"""Parameters: bad ones, and what "auto" settles."""

import numpy as np
import pytest

from sknets import DenseNetClassifier, DenseNetRegressor, SmallCNNClassifier
from tests.networks import assert_all_equal

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"width": 0}, "'width' parameter of DenseNetClassifier must be"),
        ({"width": (8, 0)}, "width must consist of positive integers; got 0"),
        ({"width": (8, 2.5)}, "width must consist of positive integers; got 2.5"),
        ({"dropout": 1.0}, "'dropout' parameter of DenseNetClassifier must be"),
        ({"dropout": -0.1}, "'dropout' parameter of DenseNetClassifier must be"),
        ({"width": (8, 8), "dropout": (0.1, 1.5)}, "less than 1; got 1.5"),
        ({"width": (8, 8), "dropout": (0.1,)}, "one entry for each of the 2 hidden"),
        ({"activation": "rleu"}, "'activation' parameter .* Got 'rleu'"),
        ({"epochs": 0}, "'epochs' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"learning_rate": 0}, "'learning_rate' parameter"),
        ({"learning_rate_schedule": "step"}, "'learning_rate_schedule' .* Got 'step'"),
        ({"warmup": 1.0}, "'warmup' parameter"),
        ({"label_smoothing": 1}, "'label_smoothing' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"patience": 0}, "'patience' parameter"),
        ({"input_scaling": "minmax"}, "'input_scaling' parameter .* Got 'minmax'"),
    ],
    ids=str,
)
def test_bad_parameter(quick, blobs, params, match):
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, **params).fit(*blobs)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"kernel_size": 0}, "'kernel_size' parameter of SmallCNNClassifier"),
        ({"kernel_size": (3, 3, 3)}, "an int or a pair of them; got"),
        ({"padding": "full"}, "'padding' parameter .* Got 'full'"),
        ({"width": ((4, 0),)}, "width must consist of positive integers; got 0"),
        ({"dense_width": (0,)}, "dense_width must consist of positive"),
        ({"dropout": (0.1, 0.2, 0.3)}, "each of the 1 blocks and dense layers"),
        ({"image_shape": (2, 3)}, r"image_shape=\(2, 3, 1\) expects"),
        ({"image_shape": (2.5, 2)}, "all positive integers"),
    ],
    ids=str,
)
def test_bad_parameter_of_the_cnn(quick, blobs, params, match):
    with pytest.raises(ValueError, match=match):
        quick(SmallCNNClassifier, **params).fit(*blobs)


@pytest.mark.parametrize(
    "width", [np.int64(8), np.array([8]), [8], (np.int32(8),)], ids=repr
)
def test_width_may_come_from_numpy(quick, blobs, width):
    est = quick(DenseNetClassifier, epochs=1, width=width, dropout=np.float32(0.25))
    est.fit(*blobs)
    expected = quick(DenseNetClassifier, epochs=1, width=8, dropout=0.25).fit(*blobs)
    assert_all_equal(est.weights_, expected.weights_)


def test_automatic_batch_size_and_epochs_follow_the_rows():
    est = DenseNetClassifier(batch_size="auto", epochs="auto")
    sizes = [est._auto_size(n_rows) for n_rows in (20, 300, 5_000, 60_000, 10**6)]
    batch_sizes, epochs = zip(*sizes, strict=True)
    assert list(batch_sizes) == sorted(batch_sizes)
    assert list(epochs) == sorted(epochs, reverse=True)
    assert all(size & (size - 1) == 0 for size in batch_sizes)
    assert batch_sizes[0] < batch_sizes[-1]
    assert epochs[0] > epochs[-1] >= 1
    est.set_params(batch_size=50, epochs=3)
    assert est._auto_size(5_000) == (50, 3)


@pytest.mark.parametrize(
    ("n_rows", "size", "of_a_stream"),
    [
        (20, 16, 8),
        (300, 32, 16),
        (5_000, 128, 64),
        # Rare classes are learnt less well in larger ones.
        (20_000, 128, 128),
        (60_000, 256, 256),
    ],
)
@pytest.mark.parametrize("class_", [DenseNetClassifier, DenseNetRegressor])
def test_batches_of_tables_are_doubled_up_to_128(class_, n_rows, size, of_a_stream):
    """And have a rate for it; a stream needs more steps."""
    est = class_(learning_rate_schedule="constant")
    settings, stream = est._settings(n_rows, False), est._settings(n_rows, True)
    assert (settings.batch_size, stream.batch_size) == (size, of_a_stream)
    rate = 0.001 * (size / of_a_stream) ** 0.5
    assert settings.optimizer.learning_rate == pytest.approx(rate)
    assert stream.optimizer.learning_rate == pytest.approx(0.001)
    est.set_params(batch_size=32)
    for one_pass in (False, True):
        given = est._settings(n_rows, one_pass)
        assert given.batch_size == 32
        assert given.optimizer.learning_rate == pytest.approx(0.001)
