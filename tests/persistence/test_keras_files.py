"""sknets.save and sknets.load of estimators with a Keras model: no code in a file."""

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import clone

import sknets
from sknets import KerasClassifier, KerasRegressor
from sknets._persistence import archive

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 6)).astype(np.float32)
NAMES = np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]
NUMBERS = X[:, 0] - X[:, 1]
SPARSE = "sparse_categorical_crossentropy"


def chain(units=3, activation="softmax"):
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4, "relu"),
            layers.Dropout(0.1),
            layers.Dense(units, activation),
        ]
    )


def branched(units=3, activation="softmax"):
    inputs = keras.Input((6,))
    hidden = layers.Add()([inputs, layers.Dense(6, "relu")(inputs)])
    return keras.Model(inputs, layers.Dense(units, activation)(hidden))


@keras.saving.register_keras_serializable(package="test_keras_files")
class Doubled(layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def with_own_layer():
    inputs = keras.Input((6,))
    return keras.Model(inputs, layers.Dense(3, "softmax")(Doubled()(inputs)))


def copied(estimator, folder):
    sknets.save(estimator, folder / "model.sknets")
    return sknets.load(folder / "model.sknets")


@pytest.fixture(scope="module")
def clf():
    return KerasClassifier(chain(), loss=SPARSE, warm_start=True).fit(X, NAMES)


class TestBack:
    @pytest.mark.parametrize("model", [chain, branched])
    def test_a_model_and_its_training(self, model, tmp_path):
        clf = KerasClassifier(
            model(),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=["accuracy"],
            optimizer=keras.optimizers.Adam,
            optimizer__learning_rate=0.01,
            warm_start=True,
            random_state=0,
        ).fit(X, NAMES)
        loaded = copied(clf, tmp_path)
        assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()
        assert loaded.history_ == clf.history_
        assert loaded.get_params().keys() == clf.get_params().keys()
        # Training goes on from the same weights and slots of the optimizer.
        for one in (clf, loaded):
            one.fit(X, NAMES)
        assert all(map(np.array_equal, loaded.weights_, clf.weights_))
        assert clone(loaded).fit(X, NAMES).score(X, NAMES) > 0

    # Keras 3.6 warns where a model with a list of inputs gets them by their names.
    @pytest.mark.filterwarnings("ignore:The structure of .inputs. doesn't match")
    def test_a_regressor_with_inputs(self, tmp_path):
        parts = [keras.Input((3,), name="a"), keras.Input((3,), name="b")]
        model = keras.Model(parts, layers.Dense(1)(layers.Concatenate()(parts)))
        inputs = {"a": slice(0, 3), "b": [3, 4, 5]}
        reg = KerasRegressor(model, loss="mse", inputs=inputs).fit(X, NUMBERS)
        loaded = copied(reg, tmp_path)
        assert loaded.inputs == inputs
        assert (loaded.predict(X) == reg.predict(X)).all()

    def test_an_estimator_that_is_not_fitted(self, tmp_path):
        clf = KerasClassifier(chain(), loss=SPARSE)
        assert copied(clf, tmp_path).fit(X, NAMES).predict(X).shape == (40,)

    @pytest.mark.parametrize(
        "y", [NAMES == "ant", np.eye(3, dtype=int)[:1].repeat(40, 0)]
    )
    def test_other_targets(self, y, tmp_path):
        columns = 3 if y.ndim == 2 else 1
        clf = KerasClassifier(chain(columns, "sigmoid"), loss="binary_crossentropy")
        clf.fit(X, y)
        loaded = copied(clf, tmp_path)
        assert (loaded.predict(X) == clf.predict(X)).all()
        assert loaded.predict(X).dtype == clf.predict(X).dtype

    def test_after_partial_fit_and_initialize(self, tmp_path):
        clf = KerasClassifier(chain(), loss=SPARSE).partial_fit(X, NAMES)
        assert (copied(clf, tmp_path).predict(X) == clf.predict(X)).all()
        clf = KerasClassifier(chain(), loss=SPARSE).initialize(X, NAMES)
        assert (copied(clf, tmp_path).predict(X) == clf.predict(X)).all()


class Halve(keras.callbacks.Callback):
    pass


class TestCode:
    def test_what_is_not_kept_is_said(self, tmp_path):
        clf = KerasClassifier(branched, loss=SPARSE, callbacks=[Halve()]).fit(X, NAMES)
        message = (
            r"keeps no code of this KerasClassifier: model \(branched\), callbacks "
            r"\(Halve\) will be missing.*set_params\(model=\.\.\., callbacks=\.\.\.\)"
        )
        with pytest.warns(UserWarning, match=message):
            loaded = copied(clf, tmp_path)
        assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()
        assert repr(loaded.model) == "<stored branched>"
        with pytest.raises(ValueError, match="callbacks=.*not in the file"):
            loaded.partial_fit(X, NAMES)
        loaded.set_params(callbacks=None).partial_fit(X, NAMES)
        with pytest.raises(ValueError, match="model=<stored branched>.*set it anew"):
            loaded.fit(X, NAMES)
        loaded.set_params(model=branched).fit(X, NAMES)

    def test_a_loaded_one_is_saved_again(self, tmp_path):
        clf = KerasClassifier(chain, loss=SPARSE).fit(X, NAMES)
        with pytest.warns(UserWarning, match=r"model \(chain\)"):
            loaded = copied(clf, tmp_path)
        with pytest.warns(UserWarning, match=r"model \(chain\)"):
            again = copied(loaded, tmp_path)
        assert (again.predict(X) == clf.predict(X)).all()

    def test_own_layers_stand_by_name(self, tmp_path):
        clf = KerasClassifier(with_own_layer(), loss=SPARSE).fit(X, NAMES)
        with pytest.warns(UserWarning, match=r"The model has test_keras_files>Doubled"):
            loaded = copied(clf, tmp_path)
        assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()

    def test_a_lambda_is_refused(self, tmp_path):
        inputs = keras.Input((6,))
        doubled = layers.Lambda(lambda x: 2 * x)(inputs)
        model = keras.Model(inputs, layers.Dense(3, "softmax")(doubled))
        clf = KerasClassifier(model, loss=SPARSE).fit(X, NAMES)
        with pytest.raises(TypeError, match="has a Lambda layer or another lambda"):
            sknets.save(clf, tmp_path / "model.sknets")

    def test_a_model_that_keras_cannot_describe_is_refused(self, tmp_path):
        class Own(keras.Model):
            def __init__(self, units):
                super().__init__()
                self.dense = layers.Dense(units, "softmax")

            def get_config(self):
                raise NotImplementedError

            def call(self, inputs):
                return self.dense(inputs)

        clf = KerasClassifier(lambda: Own(3), loss=SPARSE).fit(X, NAMES)
        with pytest.raises(TypeError, match="Keras cannot describe its model"):
            sknets.save(clf, tmp_path / "model.sknets")

    def test_a_subclass_is_refused(self, tmp_path):
        class Own(KerasClassifier):
            pass

        with pytest.raises(TypeError, match="got an object of type Own"):
            sknets.save(Own(chain()), tmp_path / "model.sknets")

    def test_a_fresh_process(self, tmp_path):
        """Without TensorFlow where sknets has the layers, else with what is given."""
        for name, model in [("plain", chain()), ("own", with_own_layer())]:
            clf = KerasClassifier(model, loss=SPARSE).fit(X, NAMES)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                sknets.save(clf, tmp_path / f"{name}.sknets")
            np.save(tmp_path / f"{name}.npy", clf.predict_proba(X))
        np.save(tmp_path / "X.npy", X)
        subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True)


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
import sknets

folder = Path(sys.argv[1])
X = np.load(folder / "X.npy")
clf = sknets.load(folder / "plain.sknets")
assert (clf.predict_proba(X) == np.load(folder / "plain.npy")).all()
repr(clf)
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
clf = sknets.load(folder / "own.sknets")
try:
    clf.predict(X)
except ValueError as error:
    assert "Doubled, which Keras does not know" in str(error), error
else:
    raise AssertionError
import keras

class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs

clf.set_params(custom_objects={"Doubled": Doubled})
assert (clf.predict_proba(X) == np.load(folder / "own.npy")).all()
"""


# --- Files that somebody made up -----------------------------------------------------


def rewritten(clf, folder, change):
    """Load a file whose content was changed, with a right checksum."""
    sknets.save(clf, folder / "model.sknets")
    text, arrays = archive.from_bytes((folder / "model.sknets").read_bytes())
    described = json.loads(text)
    change(described["estimator"]["KerasClassifier"])
    data = archive.to_bytes(json.dumps(described), arrays)
    (folder / "model.sknets").write_bytes(data)
    return sknets.load(folder / "model.sknets")


MADE_UP = {
    "code": (
        "model",
        {"Stored": {"kind": "code", "label": "it", "content": {"bytes": "80"}}},
        "may not hold the code of 'it'",
    ),
    "link": ("link_", "tanh", "link_ is 'tanh'"),
    "a method": ("predict", 1, "'predict' is neither a parameter nor"),
    "a type": ("X_dtype_", {"dtype": "i4,i4"}, "no type of an array"),
    "hooks": ("predict_hooks_", 1, "predict_hooks_ must be a bool"),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_content_is_refused(name, clf, tmp_path):
    attribute, value, message = MADE_UP[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        rewritten(clf, tmp_path, lambda state: state.update({attribute: value}))


def test_a_configuration_with_code_is_not_run(tmp_path):
    """As somebody could put it into the configuration of a file."""
    clf = KerasClassifier(branched(), loss=SPARSE).fit(X, NAMES)
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(3)(layers.Lambda(lambda x: x)(inputs)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = json.dumps(keras.saving.serialize_keras_object(model))
    loaded = rewritten(
        clf, tmp_path, lambda state: state.update({"keras_config_": config})
    )
    with pytest.raises(ValueError, match="lambda"):
        loaded.predict(X)


def test_the_file_is_where_it_was_if_saving_fails(clf, tmp_path):
    path = Path(tmp_path / "model.sknets")
    sknets.save(clf, path)
    before = path.read_bytes()
    with pytest.raises(
        TypeError, match="random_state is an object of type RandomState"
    ):
        sknets.save(clone(clf).set_params(random_state=np.random.RandomState(0)), path)
    assert path.read_bytes() == before
