"""What people do with Keras models: texts as input."""

import pickle

import keras
import numpy as np

import sknets
from sknets import KerasClassifier

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
