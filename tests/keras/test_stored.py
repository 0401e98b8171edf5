"""Keras objects as data, and what may not come out of a file."""

import json
import math
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from sknets._keras.stored import Stored, is_keras, restore, store, without_model

X = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)


class Doubled(layers.Layer):
    """A layer that Keras does not know."""

    def call(self, inputs):
        return 2 * inputs


def model_of(*stack, compiled=True):
    model = keras.Sequential([keras.Input((4,)), *stack, layers.Dense(1)])
    if compiled:
        model.compile(keras.optimizers.SGD(0.5), "mse", metrics=["mae"])
    return model


def through_pickle(value):
    return pickle.loads(pickle.dumps(store(value, code=True)))


# --- There and back ------------------------------------------------------------------


@pytest.mark.parametrize("code", [False, True])
def test_a_model_keeps_its_weights_and_how_it_is_compiled(code):
    normalization = layers.Normalization()
    normalization.adapt(X + 5)
    model = model_of(normalization)
    made = store(model, code=code).restore()
    np.testing.assert_allclose(made(X), model(X), rtol=1e-6)
    assert float(made.optimizer.learning_rate) == 0.5
    assert made.loss == "mse"
    assert not store(model_of(compiled=False), code=code).restore().compiled


def test_own_layers_go_along_as_code_or_are_given():
    model = model_of(Doubled())
    np.testing.assert_array_equal(through_pickle(model).restore()(X), model(X))
    stored = store(model, code=False)
    assert not stored.has_code
    with pytest.raises(ValueError, match="The model has Doubled, which Keras does not"):
        stored.restore()
    made = stored.restore({"Doubled": Doubled})
    np.testing.assert_array_equal(made(X), model(X))


@pytest.mark.parametrize("code", [False, True])
def test_objects_of_keras_are_configurations(code):
    made = store(keras.optimizers.SGD(0.25, momentum=0.5), code=code).restore()
    assert isinstance(made, keras.optimizers.SGD)
    assert (float(made.learning_rate), made.momentum) == (0.25, 0.5)
    smooth = keras.losses.BinaryCrossentropy(label_smoothing=0.25)
    made = store(smooth, code=code).restore()
    assert made.get_config() == smooth.get_config()


@pytest.mark.parametrize(
    "named", [keras.optimizers.Adam, keras.losses.mean_squared_error]
)
def test_classes_and_functions_of_keras_are_names(named):
    stored = store(named, code=False)
    assert stored.kind == "name"
    assert repr(stored) == f"<stored {named.__name__}>"
    assert stored.restore() is named


def test_code_is_kept_where_it_may_be():
    def build():
        return 7

    assert store(build, code=False) is build
    stored = through_pickle(build)
    assert stored.has_code
    assert stored.restore()() == 7


def test_callbacks_are_kept_without_their_model():
    stop = keras.callbacks.EarlyStopping(patience=3)
    stop.set_model(model_of())
    made = through_pickle(stop).restore()
    assert (made.patience, made.model) == (3, None)
    assert without_model(stop).model is None
    assert stop.model is not None


def test_callbacks_are_kept_without_what_their_last_run_left(tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    log.set_model(model_of())
    log.on_train_begin()
    log.on_epoch_end(0, {"loss": 1.0})
    log.on_train_end()
    assert through_pickle(log).restore().csv_file is None
    assert log.csv_file.closed
    board = keras.callbacks.TensorBoard(tmp_path)
    board._summary_module = math
    board._writers["train"] = tf.summary.create_file_writer(str(tmp_path / "train"))
    made = through_pickle(board).restore()
    assert (made._writers, made._summary_module) == ({}, None)
    assert list(board._writers) == ["train"]


def test_collections_are_stored_where_a_part_is():
    plain = {"a": [1, (2, 3)], "b": np.arange(3)}
    assert store(plain, code=False) is plain
    both = {"plain": plain, "list": [keras.losses.Huber, (keras.optimizers.SGD(), 1)]}
    made = restore(store(both, code=False))
    assert made["plain"] is plain
    first, (second, number) = made["list"]
    assert first is keras.losses.Huber
    assert isinstance(second, keras.optimizers.SGD)
    assert number == 1


def test_stored_code_becomes_data_for_a_file():
    loss = keras.losses.Huber()
    in_pickle = Stored("code", "Huber", pickle.dumps(keras.losses.Huber))
    assert store(in_pickle, code=False).kind == "name"
    data = store(loss, code=True)
    assert store(data, code=False) is data


# --- What may not come out of a file -------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content"), [("code", b"..."), ("model", {"code": b"..."})]
)
def test_code_in_a_file_is_refused(kind, content):
    state = {"kind": kind, "label": "build", "content": content}
    with pytest.raises(ValueError, match="may not hold the code of 'build'"):
        object.__new__(Stored).__setstate__(state)


@pytest.mark.parametrize(
    "name",
    [
        ["os", "system"],
        ["keras.src.saving", "load"],
        # What a module of those that may be named imports, and what that has.
        ["sknets.architectures", "random._os.system"],
        ["sknets.architectures", "np.f2py.subprocess.Popen"],
        ["sknets.architectures", "np.load"],
        ["sknets.architectures", "Network.from_stored"],
        ["keras.src.losses.loss", "keras_export"],
        ["keras.src.losses.loss", "Absent"],
    ],
)
def test_a_file_names_nothing_but_parts_of_models(name):
    with pytest.raises(ValueError, match="A file may not name"):
        Stored("name", "it", name).restore()


def test_how_a_model_is_compiled_may_not_name_other_code():
    stored = store(model_of(), code=False)
    compiled = json.loads(stored.content["compile"])
    compiled["loss"] = {"module": "os", "class_name": "function", "config": "system"}
    stored.content["compile"] = json.dumps(compiled)
    with pytest.raises(ValueError, match="The model has system, which Keras does not"):
        stored.restore()


def test_what_stands_for_code_is_named():
    with pytest.raises(ValueError, match="The code of it is not in the file"):
        Stored("absent", "it", None).restore()


@pytest.mark.filterwarnings("ignore")
def test_lambdas_in_data_are_not_run():
    doubled = layers.Lambda(lambda x: 2 * x, output_shape=(4,))
    config = json.dumps(keras.saving.serialize_keras_object(doubled))
    content = {"config": config, "code": None}
    with pytest.raises(ValueError, match="lambda"):
        Stored("object", "it", content).restore()


# --- Without Keras -------------------------------------------------------------------


def test_kinds_are_told_by_the_names_of_keras():
    assert is_keras(model_of(), "Model")
    assert is_keras(layers.Dense(1), "losses.Loss", "layers.Layer")
    assert not is_keras(layers.Dense(1), "losses.Loss", "no.such")
    assert not is_keras(layers.Dense, "layers.Layer")


def test_a_new_process_loads_without_keras(tmp_path):
    path = tmp_path / "stored.pickle"
    path.write_bytes(pickle.dumps(store([model_of(), keras.losses.Huber], code=True)))
    program = (
        "import pickle, sys; from pathlib import Path;"
        "from sknets._keras.stored import store;"
        f"stored = pickle.loads(Path({str(path)!r}).read_bytes());"
        "repr(stored); store([print, 1], code=False);"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_loss_that_keras_cannot_describe_is_kept_by_its_attributes():
    class Shifted(keras.losses.Loss):
        def __init__(self, shift, **kwargs):
            super().__init__(**kwargs)
            self.other = shift

    stored = through_pickle(Shifted(3.0))
    assert repr(stored) == "<stored Shifted>"
    assert restore(stored).other == 3.0
