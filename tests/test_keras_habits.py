"""What people do with Keras models: texts as input, parts of a model by themselves."""

import pickle

import keras
import numpy as np
from sklearn.base import TransformerMixin
from sklearn.model_selection import GridSearchCV

import sknets
from sknets import KerasClassifier
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
