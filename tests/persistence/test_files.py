"""sknets.save and sknets.load: the same bits back, or an error, whatever happens."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline

import sknets
from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets._persistence import archive, files
from tests.persistence.same import assert_same

QUICK = {"epochs": 2, "batch_size": 16, "random_state": 0}
TEXTS = ["a good film", "bad bad film", "", "naïve film", "good \ud800", "film"] * 8
NAMES = np.array(["ant", "bee", "cat"])[np.arange(48) % 3]
rng = np.random.default_rng(0)
TABLE = rng.normal(3, 2, (48, 16))
IMAGES = rng.integers(0, 256, (48, 4, 4), np.uint8)


def dense(**params):
    return DenseNetClassifier(**{"width": (8,), **QUICK, **params})


def text(**params):
    return TextPoolClassifier(4, min_df=1, **{**QUICK, **params})


def with_frame():
    frame = pd.DataFrame(TABLE).add_prefix("column ")
    labels = pd.Series(NAMES, dtype=object)
    weights = {"ant": 1, "bee": np.float32(2), "cat": 0.5}
    net = dense(warm_start=True, class_weight=weights, optimizer__clipnorm=1.0)
    return net.fit(frame, labels)


def with_history():
    """A history with NaN, and slots of the optimizer."""
    net = dense(early_stopping=True).fit(TABLE, NAMES)
    return net.partial_fit(TABLE, NAMES)


def with_order():
    """An array whose order in memory is not the usual one."""
    net = dense().fit(TABLE, NAMES)
    net.weights_ = [np.asfortranarray(net.weights_[0]), *net.weights_[1:]]
    net.weights_[0].flags.writeable = False
    return net


INDICATORS = np.stack([np.arange(48) % 2, np.arange(48) % 3 == 0], axis=1)

FITTED = {
    "frame, object labels": (with_frame, pd.DataFrame(TABLE).add_prefix("column ")),
    "history": (with_history, TABLE),
    "order": (with_order, TABLE),
    "whole numbers": (lambda: dense().fit(TABLE, np.arange(48) % 2 - 7), TABLE),
    "bool": (lambda: dense().fit(TABLE, np.arange(48) % 2 == 1), TABLE),
    "multilabel": (lambda: dense().fit(TABLE, INDICATORS), TABLE),
    "images": (lambda: SmallCNNClassifier((4,), **QUICK).fit(IMAGES, NAMES), IMAGES),
    "words": (lambda: text().fit(TEXTS, NAMES), TEXTS),
    "characters": (lambda: text(analyzer="char").fit(TEXTS, NAMES), TEXTS),
    "hashed words": (lambda: text(n_features=32).fit(TEXTS, NAMES), TEXTS),
    "word numbers": (
        lambda: text().fit([[1, 2], [2, 0], [3]] * 16, NAMES),
        [[3, 1], [9]],
    ),
}


@pytest.fixture(scope="module")
def fitted():
    made = {}

    def make(name):
        if name not in made:
            made[name] = FITTED[name][0]()
        return made[name]

    return make


@pytest.fixture(scope="module")
def net():
    return dense().fit(TABLE, NAMES)


@pytest.fixture(scope="module")
def content(net):
    """Bytes of a file."""
    return files._to_bytes(net)


def copied(estimator, folder):
    sknets.save(estimator, folder / "net.sknets")
    return sknets.load(folder / "net.sknets")


# --- There and back ------------------------------------------------------------------


@pytest.mark.parametrize("name", FITTED)
def test_loaded_estimator_is_the_same(fitted, name, tmp_path):
    estimator, X = fitted(name), FITTED[name][1]
    loaded = copied(estimator, tmp_path)
    assert_same(estimator, loaded)
    for method in ("predict", "predict_proba", "decision_function"):
        assert_same(getattr(estimator, method)(X), getattr(loaded, method)(X))
    assert_same(clone(estimator), clone(loaded))


def test_training_goes_on_alike(tmp_path):
    net = with_frame()
    loaded = copied(net, tmp_path)
    X = FITTED["frame, object labels"][1]
    for estimator in (net, loaded):
        estimator.fit(X, NAMES).partial_fit(X, NAMES)
    assert loaded.n_iter_ == 5
    assert_same(net, loaded)


@pytest.mark.parametrize(
    "estimator",
    [
        dense(width=np.array([3, 4]), learning_rate=float("inf")),
        text(token_pattern="\\S\ud800"),
        ImageNormalizer(input_range=(np.float32(0), -0.0)),
        ImageReshaper((2, 2)).fit(TABLE[:, :4]),
        ImageNormalizer("pixel").fit(IMAGES),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_other_estimators(estimator, tmp_path):
    assert_same(estimator, copied(estimator, tmp_path))


def test_equal_estimators_make_equal_files(net, content):
    assert files._to_bytes(pickle.loads(pickle.dumps(net))) == content


# --- What cannot be saved ------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"optimizer": keras.optimizers.Adam()}, "Parameter optimizer .* type Adam"),
        ({"callbacks": [keras.callbacks.History()]}, r"callbacks\[0\] .* type History"),
        ({"random_state": np.random.RandomState(0)}, "random_state .* RandomState"),
        ({"width": np.ma.ones(2)}, "width is a MaskedArray of dtype float64"),
        ({"class_weight": {"a": 1j}}, r"class_weight\['a'\] .* type complex"),
    ],
)
def test_parameter_that_cannot_be_saved(params, message, tmp_path):
    with pytest.raises(TypeError, match=f"{message}.* use joblib.dump"):
        sknets.save(DenseNetClassifier(**params), tmp_path / "net.sknets")
    assert not list(tmp_path.iterdir())


def test_function_cannot_be_saved(tmp_path):
    net = text(tokenizer=str.split, token_pattern=None).fit(TEXTS, NAMES)
    with pytest.raises(TypeError, match="Parameter tokenizer is an object of type"):
        sknets.save(net, tmp_path / "net.sknets")


class Derived(DenseNetClassifier):
    def __init__(self):
        super().__init__()


@pytest.mark.parametrize("other", [make_pipeline(dense()), Derived(), {}, "net"])
def test_other_objects_cannot_be_saved(other, tmp_path):
    with pytest.raises(TypeError, match=f"type {type(other).__name__}. Use joblib"):
        sknets.save(other, tmp_path / "net.sknets")


# --- Versions ------------------------------------------------------------------------


def test_other_version_warns(net, tmp_path):
    net = pickle.loads(pickle.dumps(net))
    net.versions_ = {**net.versions_, "sknets": "0.0.1"}
    sknets.save(net, tmp_path / "net.sknets")
    with pytest.warns(InconsistentVersionWarning, match="DenseNet.* 0.0.1 "):
        sknets.load(tmp_path / "net.sknets")


def test_newer_state_is_an_error(net, tmp_path):
    net = pickle.loads(pickle.dumps(net))
    net.versions_ = {**net.versions_, "sknets": "99.0", "state_format": 99}
    sknets.save(net, tmp_path / "net.sknets")
    with pytest.raises(ValueError, match="fitted by sknets 99.0, whose state format"):
        sknets.load(tmp_path / "net.sknets")


def test_newer_file_is_an_error(content, tmp_path):
    described = {"format": 2, "sknets": "99.0", "estimator": {"New": {}}}
    (tmp_path / "net").write_bytes(rewritten(content, json.dumps(described)))
    with pytest.raises(ValueError, match=r"in format 2, .* Install sknets>=99.0"):
        sknets.load(tmp_path / "net")


# --- Files from others ---------------------------------------------------------------


def rewritten(content, text):
    """The file with another text and a checksum that is right, as an attacker's."""
    return archive.to_bytes(text, archive.from_bytes(content)[1])


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        ({"os.system": {"command": "true"}}, "holds an object of type os.system"),
        ({"NgramCounter": {}}, "holds an object of type NgramCounter"),
        ([1, 2], "'list' object has no attribute 'items'"),
        ({"array": 99}, "holds an object of type array"),
        ({"DenseNetClassifier": 1}, "AttributeError"),
        ({"DenseNetClassifier": {"width": {"tuple": 3}}}, "TypeError"),
        ({"DenseNetClassifier": {}, "tuple": []}, "too many values"),
    ],
)
def test_made_up_content(content, estimator, message, tmp_path):
    described = {"format": 1, "sknets": "0.1.0", "estimator": estimator}
    (tmp_path / "net").write_bytes(rewritten(content, json.dumps(described)))
    with pytest.raises(ValueError, match=message):
        sknets.load(tmp_path / "net")


def test_deep_nesting_is_an_error(content, tmp_path):
    deep = "[" * 100_000 + "]" * 100_000
    (tmp_path / "net").write_bytes(rewritten(content, deep))
    with pytest.raises(ValueError, match="RecursionError"):
        sknets.load(tmp_path / "net")


# --- Damage --------------------------------------------------------------------------


@pytest.mark.parametrize("other", [b"", b"PK", b"\x80\x04K\x01.", bytes(10_000)])
def test_other_files(other, tmp_path):
    (tmp_path / "net").write_bytes(other)
    with pytest.raises(ValueError, match="damaged, or no file that sknets.save wrote"):
        sknets.load(tmp_path / "net")


def test_every_truncation_is_an_error(content, tmp_path):
    path = tmp_path / "net.sknets"
    lengths = np.random.default_rng(0).choice(len(content), 200, replace=False)
    for length in lengths:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="damaged"):
            sknets.load(path)


def test_every_flipped_bit_is_an_error(content, tmp_path):
    path = tmp_path / "net.sknets"
    bits = np.random.default_rng(0).choice(8 * len(content), 1000, replace=False)
    ends = range(8 * len(content) - 630, 8 * len(content), 7)  # mark and checksum
    for bit in (*bits.tolist(), *ends):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            sknets.load(path)


# --- Failures while saving -----------------------------------------------------------


def in_process_without_tensorflow(program, *arguments):
    """Run a program in a process that can fork, and return what it prints."""
    path = os.pathsep.join([str(Path(sknets.__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return json.loads(done.stdout)


KILLS = """
import json, sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import saved_files

print(json.dumps(dict(saved_files.kills(Path(sys.argv[2]), int(sys.argv[3])))))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_while_saving_leaves_the_old_file_or_the_new_one(tmp_path):
    programs = Path(__file__).parents[1] / "robustness"
    found = in_process_without_tensorflow(KILLS, programs, tmp_path, 60)
    assert found.pop("in the middle") > 5
    assert list(found.values()) == ["whole"] * 60


FULL_DISK = """
import errno, json, pickle, random, resource, sys
from pathlib import Path
import sknets

folder, n_failures = Path(sys.argv[1]), int(sys.argv[2])
nets = pickle.loads((folder / "nets.pickle").read_bytes())
path = folder / "net.sknets"
sknets.save(nets[0], path)
before, size = path.read_bytes(), len(sknets._persistence.files._to_bytes(nets[1]))
random.seed(0)
failures = 0
for limit in random.sample(range(size), n_failures):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        sknets.save(nets[1], path)
    except OSError as error:
        failures += error.errno == errno.EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert path.read_bytes() == before
    assert {file.name for file in folder.iterdir()} == {"net.sknets", "nets.pickle"}
print(failures)
"""


def test_file_that_cannot_grow_leaves_the_old_one(tmp_path):
    """A limit of the file's size, which fails as a full disk does."""
    pytest.importorskip("resource")
    nets = [dense(random_state=seed).fit(TABLE, NAMES) for seed in (0, 1)]
    (tmp_path / "nets.pickle").write_bytes(pickle.dumps(nets))
    assert in_process_without_tensorflow(FULL_DISK, tmp_path, 60) == 60


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_of_the_system_leaves_the_old_file(
    net, function, error, tmp_path, monkeypatch
):
    path = tmp_path / "net.sknets"
    path.write_bytes(b"old")

    def fail(*args):
        raise error("no space left")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(error, match="no space left"):
        sknets.save(net, path)
    assert [file.name for file in tmp_path.iterdir()] == ["net.sknets"]
    assert path.read_bytes() == b"old"


def test_content_is_on_disk_before_it_is_in_place(net, tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, n=name, real=real: (calls.append(n), real(*a))
        )
    sknets.save(net, tmp_path / "net.sknets")
    # The content, its name, and the folder that has the name.
    assert calls == ["fsync", "replace", "fsync"]


# --- The place of the file -----------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions(net, tmp_path):
    path = tmp_path / "net.sknets"
    sknets.save(net, path)
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    path.chmod(0o640)
    sknets.save(net, str(path))
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_link_stays_a_link(net, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "net.sknets")
    sknets.save(net, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert_same(net, sknets.load(tmp_path / "far" / "net.sknets"))


def test_whatever_is_wrong_with_changed_attributes_is_said(tmp_path):
    normalizer = ImageNormalizer().fit(np.ones((3, 4, 4), np.uint8))
    normalizer.input_dtype_ = "os"
    with pytest.raises(ValueError, match="since its attributes were changed"):
        sknets.save(normalizer, tmp_path / "net.sknets")


def test_requests_of_metadata_are_kept(tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        net = DenseNetClassifier(4, epochs=1).set_fit_request(
            sample_weight=True, X_val="others"
        )
        for est in (net, clone(net).fit(np.eye(2), [0, 1])):
            sknets.save(est, tmp_path / "net.sknets")
            loaded = sknets.load(tmp_path / "net.sknets")
            found = loaded.get_metadata_routing().fit.requests
            assert found == est.get_metadata_routing().fit.requests
            assert (found["sample_weight"], found["X_val"]) == (True, "others")
            assert clone(loaded).get_metadata_routing().fit.requests == found
