"""The state of Keras estimators: pickled, copied and cloned without Keras' ways."""

import copy
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.base import clone

from sknets import KerasClassifier
from sknets._estimators.keras_state import copied_callback, stands
from sknets._keras.stored import Stored
from tests.own_models import QUICK, build, sequential


def test_copies_predict_the_same(clf, blobs):
    X, y = blobs
    expected = clf.fit(X, y).predict_proba(X)
    for other in (pickle.loads(pickle.dumps(clf)), copy.deepcopy(clf)):
        assert (other.predict_proba(X) == expected).all()
        assert other.get_params()["optimizer__learning_rate"] == 0.05


def test_callbacks_are_pickled_without_their_model(clf, blobs):
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1)
    clf.set_params(callbacks=[stop], epochs=2).fit(*blobs)
    loaded = pickle.loads(pickle.dumps(clf))
    assert (loaded.predict(blobs[0]) == clf.predict(blobs[0])).all()
    assert loaded.partial_fit(*blobs).current_epoch == clf.current_epoch + 1


def test_a_local_build_function_is_pickled(blobs):
    def local(meta):
        return build(meta, 3)

    clf = KerasClassifier(local, **{**QUICK, "epochs": 1})
    loaded = pickle.loads(pickle.dumps(clf))
    assert loaded.fit(*blobs).weights_[0].shape == (4, 3)


def test_a_given_model_is_pickled_with_its_weights(blobs):
    model = sequential()
    clf = KerasClassifier(model, **QUICK, metrics=[keras.metrics.MeanSquaredError])
    loaded = pickle.loads(pickle.dumps(clf))
    found = loaded.get_params()["model"].get_weights()
    assert all(map(np.array_equal, found, model.get_weights()))


def test_a_new_process_loads_without_tensorflow(clf, blobs, tmp_path):
    X, y = blobs
    clf.fit(X, y)
    path = tmp_path / "clf.pickle"
    path.write_bytes(pickle.dumps((clf, X, clf.predict(X))))
    program = (
        "import pickle, sys; from pathlib import Path;"
        f"clf, X, expected = pickle.loads(Path({str(path)!r}).read_bytes());"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules;"
        "repr(clf); assert 'keras' not in sys.modules;"
        "assert (clf.predict(X) == expected).all()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


SCRIPT = """
import pickle, sys
from pathlib import Path
import keras, numpy as np
from sknets import KerasClassifier

class Gated(keras.layers.Layer):
    def build(self, shape):
        self.gates = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.gates

def build():
    last = keras.layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((4,)), Gated(), last])

X = np.arange(24.0).reshape(6, 4)
clf = KerasClassifier(build, loss="sparse_categorical_crossentropy")
clf.fit(X, [0, 1, 2, 0, 1, 2])
Path(sys.argv[1]).write_bytes(pickle.dumps((clf, X, clf.predict(X))))
"""


def test_a_layer_of_a_script_goes_into_another_process(tmp_path):
    path = str(tmp_path / "clf.pickle")
    loading = (
        "import pickle, sys; from pathlib import Path;"
        "clf, X, expected = pickle.loads(Path(sys.argv[1]).read_bytes());"
        "assert (clf.predict(X) == expected).all()"
    )
    for program in (SCRIPT, loading):
        subprocess.run([sys.executable, "-c", program, path], check=True)


def test_the_model_comes_back_compiled(clf, blobs):
    X, y = blobs
    clf.set_params(metrics=["accuracy"]).fit(X, y)
    model = pickle.loads(pickle.dumps(clf)).model_
    assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(clf.score(X, y))


def test_going_on_after_a_pickle_is_going_on(reg, numbers):
    X, y = numbers
    alone, pickled = clone(reg), clone(reg)
    for _ in range(3):
        alone.partial_fit(X, y)
        pickled = pickle.loads(pickle.dumps(pickled)).partial_fit(X, y)
    assert all(map(np.array_equal, alone.weights_, pickled.weights_))


def test_skops_gives_back_the_same_predictions(blobs):
    skops_io = pytest.importorskip("skops.io")
    X, y = blobs
    clf = KerasClassifier(sequential(), **QUICK).fit(X, y)
    data = skops_io.dumps(clf)
    trusted = skops_io.get_untrusted_types(data=data)
    own = [name for name in trusted if name != "numpy.dtype"]
    assert all(name.startswith("sknets.") for name in own)
    loaded = skops_io.loads(data, trusted=trusted)
    assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()


def test_a_clone_shares_models_and_copies_callbacks():
    model, stop = sequential(), keras.callbacks.EarlyStopping()
    loss = keras.losses.SparseCategoricalCrossentropy()
    clf = KerasClassifier(model, loss=loss, callbacks={"all": [stop]})
    twin = clone(clf)
    assert twin.model is model
    assert twin.loss is loss
    assert twin.callbacks["all"][0] is not stop
    assert clone(twin).model is model


def test_a_copied_callback_leaves_its_model_behind():
    stop = keras.callbacks.EarlyStopping(patience=7)
    stop.set_model(sequential())
    copied = copied_callback(stop)
    assert copied is not stop
    assert copied.patience == 7
    assert copied.model is None


def test_stand_ins_are_found_in_lists_and_dicts():
    it = Stored("absent", "it", None)
    assert stands({"a": [1, (it,)]})
    assert not stands({"a": [1, ("it",)]})


def test_what_cannot_be_restored_hinders_a_fit_but_no_prediction(clf, blobs):
    clf.set_params(epochs=1).fit(*blobs)
    expected = clf.predict_proba(blobs[0])
    clf.set_params(callbacks=[Stored("absent", "it", None)])
    assert (clf.predict_proba(blobs[0]) == expected).all()
    match = r"parameter callbacks=.* cannot be restored.*set_params\(callbacks="
    with pytest.raises(ValueError, match=match):
        clf.fit(*blobs)
