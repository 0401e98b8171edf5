"""Types and containers of X in training, and the memory that they take."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import prediction, scaling
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._training import data as data_module
from sknets._training.tensorflow import trainer
from tests.networks import BOTH_WAYS, assert_all_equal

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


# --- Batches -------------------------------------------------------------------------


def test_rows_of_batches_are_counted_without_the_filling():
    X = np.arange(20, dtype=np.float32).reshape(10, 2)
    y, w = np.arange(10), np.ones(10, np.float32)
    rows = data_module.TrainingData(
        X, np.arange(10), y, w, CLASS_OBJECTIVES["multiclass"], scaling.identity()
    )
    ((arrays, n_filled),) = data_module.chunks(rows, np.arange(10)[::-1], 4, 5)
    assert n_filled == 3
    assert arrays["rows"][:3].tolist() == [4, 4, 2]
    assert arrays["w"].sum() == 10
    assert arrays["y"].ravel()[:10].tolist() == list(range(9, -1, -1))


# --- Types of input ------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_numbers():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 17, (90, 4)).astype(np.uint8)
    X[rng.random(X.shape) < 0.4] = 0
    return X, (X.sum(axis=1) > 20).astype(int)


FORMS = {
    "uint8": lambda X, _: X,
    "int8": lambda X, _: X.astype(np.int8),
    "int64": lambda X, _: X.astype(np.int64),
    "uint32": lambda X, _: X.astype(np.uint32),
    "float16": lambda X, _: X.astype(np.float16),
    "float64": lambda X, _: X.astype(np.float64),
    "big endian": lambda X, _: X.astype(">f8"),
    "list": lambda X, _: X.tolist(),
    "Fortran": lambda X, _: np.asfortranarray(X),
    "strides": lambda X, _: np.repeat(X, 2, axis=1)[:, ::2],
    "CSR": lambda X, _: sp.csr_array(X),
    "CSR float64": lambda X, _: sp.csr_array(X.astype(np.float64)),
    "CSC": lambda X, _: sp.csc_array(X.astype(np.float32)),
    "memory map": lambda X, folder: memory_map(X, folder),
}


def memory_map(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


@BOTH_WAYS
@pytest.mark.parametrize("form", FORMS)
def test_form_of_the_input_does_not_matter(way, quick, whole_numbers, form, tmp_path):
    X, y = whole_numbers
    est = quick(DenseNetClassifier, input_scaling=None, epochs=2)
    expected = est.fit(X.astype(np.float32), y).weights_
    scores = est.decision_function(X.astype(np.float32))
    other = FORMS[form](X, tmp_path)
    est.fit(other, y)
    assert_all_equal(est.weights_, expected)
    np.testing.assert_array_equal(est.decision_function(other), scores)


@BOTH_WAYS
@pytest.mark.parametrize("form", [form for form in FORMS if "int8" not in form])
@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_form_of_the_input_does_not_matter_to_the_scaling(
    way, quick, whole_numbers, form, input_scaling, tmp_path
):
    X, y = whole_numbers
    est = quick(DenseNetClassifier, input_scaling=input_scaling, epochs=1)
    expected = est.fit(X.astype(np.float32), y).weights_
    est.fit(FORMS[form](X, tmp_path), y)
    for a, b in zip(est.weights_, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# --- Memory --------------------------------------------------------------------------


def peak_of(function):
    """Bytes of numpy and Python memory that a call adds at its peak."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@BOTH_WAYS
@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_memory_map_is_never_in_memory_as_a_whole(
    way, quick, tmp_path, monkeypatch, input_scaling
):
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2**18)
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 2**15)
    monkeypatch.setattr(prediction, "BLOCK_BYTES", 2**20)
    X = np.lib.format.open_memmap(
        tmp_path / "X.npy", "w+", np.float64, (20_000, 256)
    )  # 41 MB of zeros, which take no room on the disk
    X[::7] = 1
    y = np.arange(len(X)) % 2
    est = quick(
        DenseNetClassifier,
        input_scaling=input_scaling,
        epochs=1,
        batch_size=64,
        early_stopping=True,
    )
    assert peak_of(lambda: est.fit(X, y)) < X.nbytes / 3
    assert peak_of(lambda: est.predict(X)) < X.nbytes / 3


@BOTH_WAYS
@pytest.mark.filterwarnings("ignore:The network has not learnt")  # from noise
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_sparse_rows_are_never_dense_as_a_whole(
    way, quick, monkeypatch, estimator_class
):
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2**18)
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 2**15)
    monkeypatch.setattr(prediction, "BLOCK_BYTES", 2**20)
    X = sp.random(2_000, 60**2, density=1e-3, format="csr", random_state=0)
    as_dense = 8 * X.shape[0] * X.shape[1]  # 58 MB
    y = np.arange(X.shape[0]) % 2
    params = {"width": (1,)} if estimator_class is SmallCNNClassifier else {}
    est = quick(estimator_class, epochs=1, **params)
    assert peak_of(lambda: est.fit(X, y)) < as_dense / 4
    assert peak_of(lambda: est.predict(X)) < as_dense / 4


def test_bytes_stay_bytes_until_inside_the_program(quick, digits, monkeypatch):
    X, y = digits
    seen = set()
    original = trainer.chunks

    def spy(*args):
        for chunk, filled in original(*args):
            seen.add(chunk["X"].dtype)
            yield chunk, filled

    monkeypatch.setattr(trainer, "chunks", spy)
    quick(DenseNetClassifier, epochs=1).fit(X.astype(np.uint8), y)
    assert seen == {np.dtype(np.uint8)}
