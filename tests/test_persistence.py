"""Fitted estimators as files and copies, and predictions from many threads."""

import copy
import io
import os
import pickle
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknets
from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)

DATA = Path(__file__).parent / "golden"
TEXTS = ["a good film", "bad bad film", "", "a dull film", "good good", "unseen"]

# What skops has to be told to trust, for each estimator; the user guide names them.
TRUSTED = {
    "dense": ["sknets.DenseNetClassifier"],
    "cnn": ["sknets.SmallCNNClassifier"],
    "text": [
        "sknets.TextPoolClassifier",
        "sknets._texts.ngrams.NgramCounter",
        "sknets._texts.symbols.Values",
        "sknets._texts.symbols.Words",
        "sknets._texts.union.NgramUnion",
    ],
    "token numbers": [
        "sknets.TextPoolClassifier",
        "sknets._texts.ngrams.NgramCounter",
        "sknets._texts.symbols.Values",
    ],
    "pipeline": ["sknets.DenseNetClassifier"],
    "images": [
        "sknets.ImageNormalizer",
        "sknets.ImageReshaper",
        "sknets.SmallCNNClassifier",
    ],
}


def by_skops(estimator, name):
    return skops.io.loads(skops.io.dumps(estimator), trusted=TRUSTED[name])


def by_joblib(estimator, compress):
    file = io.BytesIO()
    joblib.dump(estimator, file, compress=compress)
    file.seek(0)
    return joblib.load(file)


WAYS = {
    **{
        f"pickle {protocol}": lambda e, _, p=protocol: pickle.loads(pickle.dumps(e, p))
        for protocol in range(2, 6)
    },
    "cloudpickle": lambda e, _: pickle.loads(cloudpickle.dumps(e)),
    "joblib": lambda e, _: by_joblib(e, 0),
    "joblib compressed": lambda e, _: by_joblib(e, 3),
    "deepcopy": lambda e, _: copy.deepcopy(e),
    "skops": by_skops,
}


def unfitted(name, **params):
    params = {"epochs": 2, "batch_size": 16, "random_state": 0, **params}
    dense = DenseNetClassifier((8,), (0.1,), optimizer__clipnorm=1.0, **params)
    cnn = SmallCNNClassifier((4,), **params)
    text = TextPoolClassifier(4, min_df=1, **params)
    return {
        "dense": dense,
        "cnn": cnn,
        "text": text,
        "token numbers": text,
        "pipeline": make_pipeline(StandardScaler(), dense),
        "images": make_pipeline(ImageReshaper(), ImageNormalizer(), cnn),
    }[name]


def data(name):
    rng = np.random.default_rng(0)
    y = np.array(["ant", "bee", "cat"])[np.arange(48) % 3]
    if name == "text":
        return TEXTS * 8, y
    if name == "token numbers":
        return rng.integers(0, 9, (48, 5)), y
    if name == "cnn":
        return rng.integers(0, 256, (48, 4, 4), np.uint8), y
    return rng.normal(3, 2, (48, 16)), y


@pytest.fixture(scope="module")
def fitted():
    return {name: unfitted(name).fit(*data(name)) for name in TRUSTED}


# --- Copies --------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUSTED)
@pytest.mark.parametrize("way", WAYS)
def test_copy_predicts_the_same_bits(fitted, name, way):
    X, _ = data(name)
    loaded = WAYS[way](fitted[name], name)
    np.testing.assert_array_equal(
        loaded.predict_proba(X), fitted[name].predict_proba(X)
    )
    np.testing.assert_array_equal(loaded.predict(X), fitted[name].predict(X))


@pytest.mark.parametrize("name", ["dense", "text", "images"])
@pytest.mark.parametrize("way", WAYS)
def test_copy_before_fit(fitted, name, way):
    estimator = unfitted(name)
    loaded = WAYS[way](estimator, name)
    assert repr(loaded) == repr(estimator)
    if way == "joblib":  # once is enough: the state is empty either way
        X, y = data(name)
        np.testing.assert_array_equal(
            loaded.fit(X, y).predict_proba(X), fitted[name].predict_proba(X)
        )


@pytest.mark.parametrize("name", ["dense", "cnn", "text"])
def test_copy_goes_on_training_alike(name):
    X, y = data(name)
    clf = unfitted(name, warm_start=True).fit(X, y)
    loaded = pickle.loads(pickle.dumps(clf))
    for estimator in (clf, loaded):
        estimator.fit(X, y).partial_fit(X, y)
    assert len(loaded.history_["loss"]) == 5
    assert loaded.history_ == clf.history_
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))


def test_memory_mapped_file(fitted, tmp_path):
    """Several processes can share one copy of the weights."""
    X, _ = data("dense")
    joblib.dump(fitted["dense"], tmp_path / "net.joblib")
    loaded = joblib.load(tmp_path / "net.joblib", mmap_mode="r")
    assert isinstance(loaded.weights_[0], np.memmap)
    np.testing.assert_array_equal(
        loaded.predict_proba(X), fitted["dense"].predict_proba(X)
    )


@pytest.mark.parametrize("name", TRUSTED)
def test_skops_trusts_no_more_types_than_documented(fitted, name):
    found = skops.io.get_untrusted_types(data=skops.io.dumps(fitted[name]))
    assert sorted(found) == TRUSTED[name]
    for trusted in TRUSTED[name]:
        assert trusted in (
            Path(__file__).parents[1] / "docs/user_guide/deploying.rst"
        ).read_text(encoding="utf-8")


PLAIN = (np.ndarray, np.generic, str, bytes, int, float, bool, type(None))


def assert_plain(value):
    if isinstance(value, dict):
        assert_plain([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for entry in value:
            assert_plain(entry)
    elif type(value).__module__.partition(".")[0] == "sknets":
        assert_plain(vars(value))
    else:
        assert isinstance(value, PLAIN), type(value)


@pytest.mark.parametrize("name", ["dense", "cnn", "text", "token numbers"])
def test_state_is_arrays_and_plain_values(fitted, name):
    estimator = unfitted(name, warm_start=True, early_stopping=True, epochs=1)
    assert_plain(estimator.fit(*data(name)))
    assert_plain(fitted[name])


def test_pickle_of_d3_is_hardly_larger_than_its_weights():
    X = np.random.default_rng(0).integers(0, 256, (32, 784), np.uint8)
    clf = DenseNetClassifier((256, 128, 64), epochs=1, batch_size=32)
    size = len(pickle.dumps(clf.fit(X, np.arange(32) % 10)))
    assert size <= 1.02 * 4 * 242_762


# --- Versions ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["pickle 5", "joblib", "skops"])
def test_other_version_warns(fitted, way):
    clf = copy.deepcopy(fitted["dense"])
    clf.versions_ = {**clf.versions_, "sknets": "0.0.1"}
    with pytest.warns(InconsistentVersionWarning, match="DenseNet.* 0.0.1 ") as caught:
        WAYS[way](clf, "dense")
    assert caught[0].message.original_sklearn_version == "(sknets) 0.0.1"


@pytest.mark.parametrize("way", ["pickle 5", "joblib", "skops"])
def test_newer_format_is_an_error(fitted, way):
    clf = copy.deepcopy(fitted["cnn"])
    clf.versions_ = {**clf.versions_, "sknets": "99.0", "state_format": 99}
    message = "fitted by sknets 99.0, whose state format 99 is newer"
    with pytest.raises(ValueError, match=message):
        WAYS[way](clf, "cnn")


def test_versions_are_kept(fitted):
    assert fitted["text"].versions_["sknets"] == sknets.__version__
    assert fitted["text"].versions_["numpy"] == np.__version__


# --- Files of earlier releases -------------------------------------------------------


TRUSTED_IN_0_1_0 = {
    "dense": ["sknets._dense.DenseNetClassifier"],
    "cnn": ["sknets._cnn.SmallCNNClassifier"],
    "text": [
        "sknets._ngrams.NgramCounter",
        "sknets._symbols.Words",
        "sknets._text.TextPoolClassifier",
    ],
}


@pytest.mark.parametrize("suffix", ["joblib", "skops", "sknets"])
@pytest.mark.parametrize("name", ["dense", "cnn", "text"])
def test_golden_file(name, suffix):
    """Files of release 0.1.0 keep loading; tests/golden/make_golden.py wrote them."""
    path = DATA / f"golden-0.1.0-{name}.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        if suffix == "skops":
            clf = skops.io.load(path, trusted=TRUSTED_IN_0_1_0[name])
        elif suffix == "sknets":
            clf = sknets.load(path)
        else:
            clf = joblib.load(path)
    with np.load(DATA / "golden-0.1.0.npz") as expected:
        X = expected[f"{name}_X"]
        proba = clf.predict_proba(X)
        np.testing.assert_allclose(proba, expected[f"{name}_proba"], atol=1e-6)
        np.testing.assert_array_equal(clf.predict(X), expected[f"{name}_labels"])
    assert clf.versions_["state_format"] == 1


# --- Without TensorFlow --------------------------------------------------------------

HEAVY = ["tensorflow", "keras", "scikeras", "pandas", "polars", "matplotlib", "skops"]

PREDICT_ELSEWHERE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import joblib, numpy as np
import sknets, sknets.interop
for name, estimator, X in joblib.load({path!r}):
    np.save(f"{{name}}.npy", estimator.predict_proba(X))
    estimator.predict(X), estimator.predict_log_proba(X), estimator.decision_function(X)
assert not set({heavy!r}) & {{name.split(".")[0] for name in sys.modules}}
"""


def run_python(program, folder):
    """Run a program in a fresh process, with this checkout on its path."""
    # joblib's memory of this process is not that of the next one.
    path = os.pathsep.join([str(Path(sknets.__file__).parents[1]), *sys.path])
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        timeout=120,
    )


def test_fresh_process_predicts_without_tensorflow(fitted, tmp_path):
    path = str(tmp_path / "all.joblib")
    joblib.dump([(name, fitted[name], data(name)[0]) for name in TRUSTED], path)
    run_python(PREDICT_ELSEWHERE.format(heavy=HEAVY, path=path), tmp_path)
    for name in TRUSTED:
        np.testing.assert_array_equal(
            np.load(tmp_path / f"{name}.npy"),
            fitted[name].predict_proba(data(name)[0]),
        )


# --- Threads -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dense", "cnn", "text", "token numbers"])
def test_threads_predict_as_one_does(fitted, name):
    """8 threads x 200 calls, on blocks of rows of many sizes."""
    clf, (X, _) = fitted[name], data(name)
    blocks = [slice(start, start + 1 + start % 7) for start in range(40)]
    expected = [clf.predict_proba(X[block]) for block in blocks]
    start = threading.Barrier(8)
    wrong = []

    def work(thread):
        start.wait()
        for call in range(200):
            number = (thread * 37 + call) % len(blocks)
            found = clf.predict_proba(X[blocks[number]])
            if not np.array_equal(found, expected[number]):
                wrong.append((thread, call))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_read_a_fresh_copy_alike(fitted):
    """The first calls of a loaded text estimator, which build its look-up tables."""
    X, _ = data("text")
    expected = fitted["text"].predict_proba(X)
    for _ in range(20):
        clf = pickle.loads(pickle.dumps(fitted["text"]))
        start = threading.Barrier(8)
        found = [None] * 8

        def work(thread, clf=clf, start=start, found=found):
            start.wait()
            found[thread] = clf.predict_proba(X)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for proba in found:
            np.testing.assert_array_equal(proba, expected)
