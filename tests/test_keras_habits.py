"""What people do with Keras models: texts, tensors, callbacks, parts of a model."""

import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import TransformerMixin, clone
from sklearn.model_selection import GridSearchCV

import sknets
from sknets import KerasClassifier, KerasRegressor
from sknets.wrappers import BaseWrapper

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
BINARY = np.where(X[:, 0] > 0, "yes", "no")


def classifier(model, **params):
    defaults = {"loss": "sparse_categorical_crossentropy", "epochs": 1}
    return KerasClassifier(model, random_state=0, **{**defaults, **params})


def test_texts_of_a_model_that_looks_words_up(tmp_path):
    words = np.array([["red"], ["blue"], ["green"]] * 20, dtype=object)
    lookup = keras.layers.StringLookup(output_mode="one_hot")
    lookup.adapt(words)
    model = keras.Sequential([
        keras.Input((1,), dtype="string"),
        lookup,
        keras.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    net = classifier(model, epochs=60, optimizer="adam", optimizer__learning_rate=0.1)
    net.fit(words, words[:, 0])
    assert net.score(words, words[:, 0]) == 1
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict(words), words[:, 0])
    sknets.save(net, tmp_path / "net.sknets")
    loaded = sknets.load(tmp_path / "net.sknets")
    np.testing.assert_array_equal(loaded.predict(words), words[:, 0])


class AutoEncoder(BaseWrapper, TransformerMixin):
    """A model both halves of which are estimators, as a tutorial of scikeras has it."""

    def _keras_build_fn(self, encoding_dim, meta):
        n_features = meta["n_features_in_"]
        rows, codes = keras.Input((n_features,)), keras.Input((encoding_dim,))
        encoder = keras.Model(rows, keras.layers.Dense(encoding_dim, "relu")(rows))
        decoder = keras.Model(codes, keras.layers.Dense(n_features)(codes))
        self.encoder_model_ = BaseWrapper(encoder)
        self.decoder_model_ = BaseWrapper(decoder)
        return keras.Model(rows, decoder(encoder(rows)))

    def fit(self, X, y=None):
        super().fit(X, X)
        codes = self.encoder_model_.initialize(X).predict(X)
        self.decoder_model_.initialize(codes)
        return self

    def transform(self, X):
        return self.encoder_model_.predict(X)

    def inverse_transform(self, X):
        return self.decoder_model_.predict(X)

    def score(self, X, y=None):
        return -float(np.mean((self.predict(X) - X) ** 2))


def test_halves_of_an_autoencoder_have_what_the_whole_has_learned():
    net = AutoEncoder(
        encoding_dim=3, loss="mse", optimizer="adam", epochs=5, random_state=0
    ).fit(X)
    GridSearchCV(net, {"encoding_dim": [1, 4]}, cv=2).fit(X)
    expected = net.predict(X)
    for each in (net, pickle.loads(pickle.dumps(net))):
        halves = each.inverse_transform(each.transform(X))
        np.testing.assert_allclose(halves, expected, rtol=1e-5, atol=1e-6)


# --- Callbacks -----------------------------------------------------------------------

# Keras 3 reads a learning rate in a way that numpy 2 deprecates.
of_rates = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")


def build(meta):
    return keras.Sequential([
        keras.Input((meta["n_features_in_"],)),
        keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ])  # fmt: skip


class Batches(keras.callbacks.Callback):
    """For its sake Keras' own loop trains."""

    def on_train_batch_end(self, batch, logs=None):
        pass


class Adds(keras.callbacks.Callback):
    """Adds to the logs: in each epoch, in some, several values, and what is none."""

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = 10 * epoch
        if epoch == 1:
            logs |= {"late": np.float32(7), "pair": np.array([1, 2]), "note": "a text"}


@of_rates
@pytest.mark.parametrize("more", [[], [Batches()]], ids=["loop", "keras"])
def test_what_callbacks_add_is_recorded(more, tmp_path):
    halve = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5**epoch)
    model = build({"n_features_in_": 4, "n_classes_": 2})
    net = classifier(model, epochs=3, callbacks=[halve, Adds(), *more])
    net.set_params(validation_split=0.2).fit(X, BINARY)
    assert net.engine_ == ("keras" if more else "loop")
    history, nan = net.history_, np.nan
    assert next(iter(history)) == "loss"
    np.testing.assert_array_equal(history["learning_rate"], [1, 0.5, 0.25])
    np.testing.assert_array_equal(history["score"], [0, 10, 20])
    np.testing.assert_array_equal(history["late"], [nan, 7, nan])
    np.testing.assert_array_equal(history["pair_1"], [nan, 2, nan])
    assert "note" not in history
    net.set_params(callbacks=None)
    sknets.save(net.partial_fit(X, BINARY), tmp_path / "net.sknets")
    assert np.isnan(sknets.load(tmp_path / "net.sknets").history_["score"][-1])


@pytest.mark.parametrize("more", [[], [Batches()]], ids=["loop", "keras"])
def test_callbacks_and_the_model_share_attributes(more):
    seen = []

    class Marks(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((self.model.threshold, getattr(self.model, "mark", None)))
            self.model.mark = epoch

    def build_with_threshold(meta):
        model = build(meta)
        model.threshold = 0.3
        return model

    marks = Marks()
    net = classifier(build_with_threshold, epochs=2, callbacks=[marks, *more])
    for each in (net, clone(net), net):  # none finds what another fit has left
        each.fit(X, BINARY)
    assert seen == 3 * [(0.3, None), (0.3, 0)]
    assert net.model_.mark == 1
    assert marks.model is net.model_
    assert net.model_.history.history["loss"] == net.history_["loss"]
    assert not hasattr(classifier(build).fit(X, BINARY).model_, "mark")


def test_an_estimator_with_a_log_of_its_epochs_pickles(tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    net = classifier(build, epochs=2, callbacks=log).fit(X, BINARY)
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict(X), net.predict(X))
    assert clone(net).callbacks is not log
    copy.fit(X, BINARY)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("form", ["callback", "list", "dict"])
def test_an_estimator_with_callbacks_goes_into_a_skops_file(form):
    sio = pytest.importorskip("skops.io")
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    given = {"callback": stop, "list": [stop], "dict": {"stop": stop}}[form]
    model = build({"n_features_in_": 4, "n_classes_": 2})
    net = classifier(model, callbacks=given).fit(X, BINARY)
    content = sio.dumps(net)
    loaded = sio.loads(content, trusted=sio.get_untrusted_types(data=content))
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
    (kept,) = keras.tree.flatten(loaded.get_params()["callbacks"])
    assert kept.patience == 3
    assert stop.model is net.model_


# --- Forms of the rows ---------------------------------------------------------------


def test_tensors_are_rows():
    net = classifier(build).fit(tf.constant(X), BINARY)
    expected = classifier(build).fit(X, BINARY).predict_proba(X)
    np.testing.assert_array_equal(net.predict_proba(tf.constant(X)), expected)
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(net.predict_proba(torch.tensor(X)), expected)


def test_an_array_of_rows_is_stacked():
    rows = np.empty(len(X), object)
    rows[:] = list(X)
    expected = classifier(build).fit(X, BINARY).predict_proba(X)
    net = classifier(build).fit(rows, BINARY)
    np.testing.assert_array_equal(net.predict_proba(rows), expected)


def test_rows_of_different_lengths_are_to_be_padded():
    lists = [[1, 2, 3], [4, 5], [6]]
    objects = np.empty(3, object)
    objects[:] = lists
    for ragged in (lists, objects):
        with pytest.raises(ValueError, match=r"rows of X .*utils\.pad_sequences"):
            classifier(build).fit(ragged, [0, 1, 0])
    with pytest.raises(ValueError, match=r"rows of X .*X\.to_tensor\(\)"):
        classifier(build).fit(tf.ragged.constant(lists), [0, 1, 0])


def test_texts_beside_numbers_are_named():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "b": BINARY})
    with pytest.raises(ValueError, match="texts beside numbers: .*OneHotEncoder"):
        classifier(build).fit(frame, BINARY)


@pytest.mark.parametrize("kind", [KerasRegressor, KerasClassifier, BaseWrapper])
def test_targets_of_several_outputs_are_one_array(kind):
    rows = keras.Input((4,))
    model = keras.Model(rows, [keras.layers.Dense(1)(rows) for _ in range(2)])
    for y in ({"a": X[:, 0], "b": X[:, 1]}, [X[:, 0], X[:, 1]]):
        match = f"of 2 arrays.*a subclass of {kind.__name__}"
        with pytest.raises(ValueError, match=match):
            kind(model, loss="mse").fit(X, y)
