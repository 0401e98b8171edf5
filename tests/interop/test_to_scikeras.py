"""`to_scikeras` and `token_numbers`: fitted networks as wrappers, and back."""

import pickle
import random

import numpy as np
import pytest
from scikeras.utils.random_state import tf_disable_op_determinism
from scikeras.wrappers import KerasClassifier
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets.architectures import dense_net
from sknets.interop import from_scikeras, to_scikeras, token_numbers

from .predictions import assert_equal_predictions

pytestmark = [
    pytest.mark.usefixtures("no_op_determinism"),
    # Keras' way of saving variables is older than NumPy 2.
    pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning"),
]


def dense(**params):
    return DenseNetClassifier(
        8, batch_size=16, epochs=2, random_state=0, **{"dropout": 0.1, **params}
    )


@pytest.fixture(scope="module")
def fitted_dense(data):
    return dense(optimizer__beta_1=0.8).fit(*data)


@pytest.fixture(scope="module")
def fitted_cnn(data):
    X, y = data
    clf = SmallCNNClassifier((4,), batch_size=16, epochs=2, random_state=0)
    return clf.fit(X.clip(0, 255).astype(np.uint8), y)


TEXTS = ["a good film", "bad bad film", "", "a dull film", "good good", "unseen"]


@pytest.fixture(scope="module")
def fitted_text():
    clf = TextPoolClassifier(
        4, analyzer="word", min_df=1, batch_size=8, epochs=2, random_state=0
    )
    return clf.fit(TEXTS, [1, 0, 0, 0, 1, 1])


def test_dense_to_scikeras(fitted_dense, data):
    wrapper = to_scikeras(fitted_dense)
    assert isinstance(wrapper, KerasClassifier)
    assert_equal_predictions(wrapper, data[0], fitted_dense, data[0])
    np.testing.assert_array_equal(wrapper.classes_, ["ant", "bee", "cat"])
    assert wrapper.score(*data) == fitted_dense.score(*data)
    assert wrapper.history_ == fitted_dense.history_
    assert wrapper.current_epoch == 2


def test_cnn_to_scikeras(fitted_cnn, data):
    pixels = data[0].clip(0, 255).astype(np.uint8)
    wrapper = to_scikeras(fitted_cnn)
    images = pixels.reshape(-1, 4, 4, 1)
    assert_equal_predictions(wrapper, images, fitted_cnn, pixels)


def test_text_to_scikeras(fitted_text):
    wrapper = to_scikeras(fitted_text, length=9)
    tokens = token_numbers(fitted_text, TEXTS, length=9)
    assert_equal_predictions(wrapper, tokens, fitted_text, TEXTS)


def test_default_text_network_to_scikeras():
    fitted = TextPoolClassifier(random_state=0).fit(TEXTS, np.arange(len(TEXTS)) % 2)
    wrapper = to_scikeras(fitted, length=60)
    tokens = token_numbers(fitted, TEXTS, length=60)
    np.testing.assert_allclose(
        wrapper.predict_proba(tokens), fitted.predict_proba(TEXTS), atol=1e-5
    )


def test_damped_counts_are_rounded_to_the_nearest_number_of_tokens():
    texts = ["a " + "fine " * n + "film" for n in range(1, 8)]
    fitted = TextPoolClassifier(
        analyzer="word", ngram_range=(1, 1), random_state=0
    ).fit([*texts, "dull"], [*"abcabca", "b"])
    tokens = token_numbers(fitted, texts)
    fine = 1 + fitted.vocabulary_["fine"]
    nearest = np.rint(1 + np.log(np.arange(1, 8)))  # six weigh 2.79 and become 3
    np.testing.assert_array_equal((tokens == fine).sum(axis=1), nearest)


def test_repeated_ngrams_that_are_not_damped_predict_the_same():
    texts = [*TEXTS, "film film film film a good good"]
    fitted = TextPoolClassifier(
        analyzer="word", sublinear_tf=False, random_state=0
    ).fit(texts, np.arange(len(texts)) % 3)
    wrapper = to_scikeras(fitted, length=20)
    tokens = token_numbers(fitted, texts, length=20)
    assert_equal_predictions(wrapper, tokens, fitted, texts)


@pytest.mark.parametrize(
    "labels",
    [[False, True], [-3, 7], np.array(["no", "yes"], object)],
    ids=["bool", "int", "object"],
)
def test_labels_keep_their_type(data, labels):
    X, _ = data
    y = np.asarray(labels)[(X[:, 0] > X[:, 1]).astype(int)]
    fitted = dense().fit(X, y)
    wrapper = to_scikeras(fitted)
    assert_equal_predictions(wrapper, X, fitted, X)
    assert wrapper.predict(X).dtype == y.dtype
    back = from_scikeras(wrapper)
    np.testing.assert_array_equal(back.predict(X), fitted.predict(X))
    assert back.classes_.dtype == fitted.classes_.dtype


def test_multilabel_to_scikeras_and_back(data):
    X, _ = data
    y = (X[:, :3] > 100).astype(int)
    fitted = dense().fit(X, y)
    wrapper = to_scikeras(fitted)
    assert_equal_predictions(wrapper, X, fitted, X)
    back = from_scikeras(wrapper)
    assert back.target_type_ == "multilabel-indicator"
    assert_equal_predictions(wrapper, X, back, X)


def test_the_way_there_and_back(fitted_dense, fitted_cnn, fitted_text, data):
    X, _ = data
    pixels = X.clip(0, 255).astype(np.uint8)
    tokens = token_numbers(fitted_text, TEXTS, length=9)
    for fitted, given, taken in [
        (fitted_dense, X, X),
        (fitted_cnn, pixels, pixels / 1.0),  # scikeras was given floats
        (fitted_text, TEXTS, tokens),
    ]:
        back = from_scikeras(to_scikeras(fitted, length=9))
        assert type(back) is type(fitted)
        assert back.width == fitted.width
        assert back.network_ == fitted.network_
        np.testing.assert_allclose(
            back.predict_proba(taken), fitted.predict_proba(given), atol=1e-6
        )
        np.testing.assert_array_equal(back.predict(taken), fitted.predict(given))


def test_parameters_go_to_scikeras(fitted_dense):
    params = to_scikeras(fitted_dense).get_params()
    expected = {
        "model": dense_net,
        "model__width": 8,
        "model__dropout": 0.1,
        "model__activation": "relu",
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "optimizer__learning_rate": 0.001,
        "optimizer__beta_1": 0.8,
        "epochs": 2,
        "batch_size": 16,
        "random_state": 0,
    }
    assert {name: params[name] for name in expected} == expected


def test_adam_takes_the_place_of_muon(fitted_cnn, data):
    """Keras' own Muon has the output for a hidden layer, and leaves convolutions."""
    assert fitted_cnn.optimizer == "muon"
    wrapper = to_scikeras(fitted_cnn)
    assert wrapper.optimizer == "adam"
    assert wrapper.optimizer__weight_decay == 0.004
    assert (
        wrapper.optimizer__learning_rate
        == fitted_cnn._settings(1, True).optimizer.learning_rate
    )
    X, y = data
    wrapper.partial_fit(X.clip(0, 255).reshape(-1, *fitted_cnn.image_shape_), y)


def test_wrapper_pickles_clones_and_goes_on(fitted_dense, data):
    X, y = data
    wrapper = pickle.loads(pickle.dumps(to_scikeras(fitted_dense)))
    assert_equal_predictions(wrapper, X, fitted_dense, X)
    wrapper.partial_fit(X, y)
    assert wrapper.current_epoch == 3
    # One small step from trained weights, not a new start.
    proba = wrapper.predict_proba(X)
    np.testing.assert_allclose(proba, fitted_dense.predict_proba(X), atol=0.05)
    assert not clone(wrapper).initialized_


def test_to_scikeras_changes_no_random_state(fitted_dense):
    from tensorflow.python.framework import config

    tf_disable_op_determinism()
    before = random.getstate()
    to_scikeras(fitted_dense)
    assert not config.is_op_determinism_enabled()
    assert random.getstate() == before


def test_to_scikeras_refuses_others():
    with pytest.raises(TypeError, match="takes a fitted DenseNet.*got LogisticRegr"):
        to_scikeras(LogisticRegression())
    with pytest.raises(NotFittedError):
        to_scikeras(DenseNetClassifier())


def test_token_numbers(fitted_text):
    tokens = token_numbers(fitted_text, ["good bad bad", "", "unseen"])
    numbers = {name: 1 + i for name, i in fitted_text.vocabulary_.items()}
    expected = [numbers[name] for name in ["good", "bad", "bad bad"]]
    assert sorted(tokens[0]) == sorted(expected)
    assert tokens.dtype == np.int32
    assert tokens[1].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="Text 1 has 3 n-grams.*length=2"):
        token_numbers(fitted_text, ["", "good bad bad"], length=2)
