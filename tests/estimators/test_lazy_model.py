"""Looking at a fitted estimator neither needs nor imports TensorFlow."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sknets
from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    KerasClassifier,
    SmallCNNClassifier,
)

DOCS = Path(__file__).parents[2] / "docs"

LOOK = """
import inspect, rlcompleter, sys
if {blocked}:
    sys.modules.update(tensorflow=None, keras=None)
import numpy as np, sklearn, sknets
from sklearn.pipeline import make_pipeline

nets = [sknets.load(path) for path in {paths}]
hashed = sknets.TextPoolClassifier(n_features=64).fit(["a b", "c d"] * 5, [0, 1] * 5)
images = sknets.ImageReshaper().fit(np.zeros((2, 4)))
unfitted = [sknets.DenseNetClassifier(), sknets.TextPoolClassifier()]
for net in [*nets, hashed, images, make_pipeline(nets[0]), *unfitted]:
    assert "classes_" in dir(net) or net is images or net in unfitted
    assert hasattr(net, "model_") == (net in nets or net is hashed)
    assert len(inspect.getmembers(net)) > 10
    assert len(rlcompleter.Completer(dict(net=net)).attr_matches("net.")) > 10
    assert type(net).__name__ in net._repr_html_()
    assert type(net).__name__ in net._repr_mimebundle_()["text/html"]
    assert type(net).__name__ in repr(net)
assert nets[0].model_ is not None
if {blocked}:
    try:
        nets[0].model_.layers
    except ModuleNotFoundError as error:
        assert "Building the Keras model needs TensorFlow" in str(error), error
    else:
        raise AssertionError
else:
    assert not {{"tensorflow", "keras"}} & set(sys.modules)
"""


@pytest.mark.parametrize("blocked", [True, False])
def test_looking_at_everything(blocked, quick, digits, net, tmp_path):
    paths = [str(tmp_path / "dense.sknets"), str(tmp_path / "cnn.sknets")]
    cnn = quick(SmallCNNClassifier, epochs=1).fit(*digits)
    for fitted, path in zip([net, cnn], paths, strict=True):
        sknets.save(fitted, path)
    program = LOOK.format(blocked=blocked, paths=paths)
    path = os.pathsep.join([str(Path(sknets.__file__).parents[1]), *sys.path])
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        timeout=240,
    )


@pytest.fixture(scope="module")
def net(blobs):
    return DenseNetClassifier((4,), epochs=2, random_state=0).fit(*blobs)


USES = {
    "isinstance": lambda model, X, keras: isinstance(model, keras.Model),
    "call": lambda model, X, keras: model(X).shape == (90, 3),
    "predict": lambda model, X, keras: model.predict(X, verbose=0).shape == (90, 3),
    "dir": lambda model, X, keras: "predict" in dir(model),
    "repr": lambda model, X, keras: "Functional" in repr(model),
    "set": lambda model, X, keras: setattr(model, "trainable", False) is None,
    "clone": lambda model, X, keras: keras.models.clone_model(model).count_params() > 9,
    "layer": lambda model, X, keras: keras.Sequential([model])(X).shape == (90, 3),
}


@pytest.mark.parametrize("use", USES)
def test_first_use_makes_it_the_keras_model(net, blobs, use):
    import keras

    model = net.model_
    assert USES[use](model, blobs[0].astype(np.float32), keras)
    assert model.count_params() == 4 * 4 + 4 + 4 * 3 + 3
    assert type(model) is keras.Model or issubclass(type(model), keras.Model)
    if use == "set":
        assert not model.trainable_weights


def test_model_keeps_the_weights_of_its_time(net, blobs):
    X, y = blobs
    clf = DenseNetClassifier((4,), epochs=2, random_state=0).fit(X, y)
    model, before = clf.model_, clf.predict_proba(X)
    clf.set_params(width=(5,)).fit(X, y)
    after = model.predict(X.astype(np.float32), verbose=0)
    np.testing.assert_allclose(after, before, atol=1e-5)


@pytest.mark.parametrize(
    "estimator_class",
    [DenseNetClassifier, ImageNormalizer, ImageReshaper, KerasClassifier],
)
def test_display_links_to_the_documentation(estimator_class):
    html = estimator_class()._repr_html_()
    [path] = set(re.findall(r"https://[^/]+/en/latest/([\w/.]+)\.html", html))
    folder, _, name = path.rpartition("/")
    assert folder == "api/generated"
    assert name == f"sknets.{estimator_class.__name__}"
    listed = (DOCS / "api" / "index.rst").read_text(encoding="utf-8")
    assert ":toctree: generated" in listed
    assert f"   {estimator_class.__name__}\n" in listed
