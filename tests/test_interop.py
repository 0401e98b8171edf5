"""Fitted networks to scikeras and back."""

import pickle
import random

import keras
import numpy as np
import pytest
from keras import layers
from scikeras.utils.random_state import tf_disable_op_determinism
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._core.poolings import POOLINGS
from sknets.architectures import dense_net, small_cnn, text_pool
from sknets.interop import from_scikeras, to_scikeras, token_numbers

# Keras' way of saving variables is older than NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning")


@pytest.fixture(autouse=True)
def _no_op_determinism():
    """Undo what the first `random_state` in scikeras can leave on for the process."""
    yield
    tf_disable_op_determinism()


@pytest.fixture(scope="module")
def data():
    """Rows of 16 features on other scales than 0..1, and labels of three classes."""
    X = np.random.default_rng(0).normal(100, 30, (48, 16))
    return X, np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]


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


def assert_equal_predictions(wrapper, wrapper_X, fitted, X):
    np.testing.assert_array_equal(wrapper.predict(wrapper_X), fitted.predict(X))
    np.testing.assert_allclose(
        wrapper.predict_proba(wrapper_X), fitted.predict_proba(X), atol=1e-5
    )


# --- To scikeras ---------------------------------------------------------------------


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


def test_default_text_network_to_scikeras():
    fitted = TextPoolClassifier(random_state=0).fit(TEXTS, np.arange(len(TEXTS)) % 2)
    wrapper = to_scikeras(fitted, length=60)
    tokens = token_numbers(fitted, TEXTS, length=60)
    np.testing.assert_allclose(
        wrapper.predict_proba(tokens), fitted.predict_proba(TEXTS), atol=1e-5
    )


# --- From scikeras -------------------------------------------------------------------


def wrap(*stack, X, y, compiled=False, **params):
    """Initialised wrapper around a stack of layers, with random weights."""

    def build():
        return keras.Sequential([keras.Input(X.shape[1:]), *stack])

    params = {"loss": "sparse_categorical_crossentropy", "verbose": 0, **params}
    wrapper = KerasClassifier(model=build, **params)
    wrapper.initialize(X, y)
    if compiled:
        wrapper._ensure_compiled_model()
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.3, w.shape) for w in wrapper.model_.get_weights()]
    wrapper.model_.set_weights(weights)
    return wrapper


def softmax(units=3):
    return layers.Dense(units, activation="softmax")


DENSE_STACKS = {
    "no hidden layer": (lambda: [softmax()], {"width": ()}),
    "one": (lambda: [layers.Dense(5, "tanh"), softmax()], {"width": 5}),
    "dropout": (
        lambda: [
            layers.Dense(5, "gelu"),
            layers.Dropout(0.2),
            layers.Dense(4, "gelu"),
            layers.Dropout(0.3),
            softmax(),
        ],
        {"width": (5, 4), "dropout": (0.2, 0.3), "activation": "gelu"},
    ),
    "dropout after one of two": (
        lambda: [
            layers.Dense(5, "relu"),
            layers.Dropout(0.2),
            layers.Dense(4, "relu"),
            softmax(),
        ],
        {"width": (5, 4), "dropout": (0.2, 0.0)},
    ),
    "activation layers": (
        lambda: [
            layers.Dense(5),
            layers.ReLU(),
            layers.Dense(4),
            layers.Activation("relu"),
            layers.Dense(3),
            layers.Softmax(),
        ],
        {"width": (5, 4), "activation": "relu"},
    ),
    "rescaling": (
        lambda: [layers.Rescaling(1 / 255), layers.Dense(5, "relu"), softmax()],
        {"width": 5, "input_scaling": "standard"},
    ),
    "normalization": (
        lambda: [
            layers.Normalization(mean=np.arange(16.0), variance=np.arange(1.0, 17)),
            layers.Dense(5, "relu"),
            softmax(),
        ],
        {"width": 5},
    ),
    "rescaling with one offset a feature": (
        lambda: [
            layers.Rescaling(1.0, offset=list(-np.arange(16.0))),
            layers.Rescaling(list(1 / np.arange(10.0, 26))),
            layers.Dense(5, "relu"),
            softmax(),
        ],
        {"width": 5},
    ),
}


@pytest.mark.parametrize("name", DENSE_STACKS)
def test_dense_from_scikeras(name, data):
    X, y = data
    stack, expected = DENSE_STACKS[name]
    wrapper = wrap(*stack(), X=X, y=y)
    clf = from_scikeras(wrapper)
    assert isinstance(clf, DenseNetClassifier)
    assert {param: getattr(clf, param) for param in expected} == expected
    assert_equal_predictions(wrapper, X, clf, X)


def test_flattened_images_from_scikeras(data):
    X, y = data
    images = X.reshape(-1, 4, 4)
    wrapper = wrap(layers.Flatten(), layers.Dense(5, "relu"), softmax(), X=images, y=y)
    clf = from_scikeras(wrapper)
    assert isinstance(clf, DenseNetClassifier)
    assert clf.n_features_in_ == 16
    assert_equal_predictions(wrapper, images, clf, images)
    assert_equal_predictions(wrapper, images, clf, X)


CNN_STACKS = {
    "plain": (
        lambda: [layers.Conv2D(3, 3, activation="relu"), layers.Flatten(), softmax()],
        {"width": (3,), "padding": "valid", "pool_last": False, "dense_width": ()},
    ),
    "blocks": (
        lambda: [
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 3, padding="same", activation="elu"),
            layers.Conv2D(3, 3, padding="same", activation="elu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Conv2D(4, 2, padding="same", activation="elu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(6, activation="elu"),
            layers.Dropout(0.25),
            softmax(),
        ],
        {
            "width": ((2, 3), 4),
            "kernel_size": 3,
            "pool_last": True,
            "dense_width": (6,),
            "dropout": 0.25,
        },
    ),
}


@pytest.mark.parametrize("name", CNN_STACKS)
def test_cnn_from_scikeras(name, data):
    X, y = data
    images = X.reshape(-1, 4, 4, 1)
    stack, expected = CNN_STACKS[name]
    wrapper = wrap(*stack(), X=images, y=y)
    clf = from_scikeras(wrapper)
    assert isinstance(clf, SmallCNNClassifier)
    assert {param: getattr(clf, param) for param in expected} == expected
    assert_equal_predictions(wrapper, images, clf, images)
    assert_equal_predictions(wrapper, images, clf, X)


def test_flat_rows_as_images_from_scikeras(data):
    X, y = data
    stack = [layers.Reshape((2, 8, 1)), layers.Conv2D(3, 2), layers.Flatten()]
    wrapper = wrap(*stack, softmax(), X=X, y=y)
    clf = from_scikeras(wrapper)
    assert clf.image_shape == (2, 8, 1)
    assert_equal_predictions(wrapper, X, clf, X)


def test_bytes_from_scikeras(data):
    """The type of the pixels is that of the training rows."""
    X, y = data
    images = X.clip(0, 255).astype(np.uint8).reshape(-1, 4, 4, 1)
    wrapper = wrap(layers.Conv2D(3, 3), layers.Flatten(), softmax(), X=images, y=y)
    clf = from_scikeras(wrapper)
    assert_equal_predictions(wrapper, images, clf, images)
    with pytest.raises(ValueError, match="pixels of type float32"):
        clf.predict(images / np.float32(255))


@pytest.mark.parametrize(("name", "scaling"), [("plain", "range"), ("blocks", "range")])
def test_network_of_bytes_goes_on_with_changed_images(name, scaling, data):
    X, y = data
    images = X.clip(0, 255).astype(np.uint8).reshape(-1, 4, 4, 1)
    clf = from_scikeras(wrap(*CNN_STACKS[name][0](), X=images, y=y))
    assert (clf.pixel_range_, clf.input_scaling) == ((0, 255), scaling)
    clf.set_params(augment=True, learning_rate=1e-4).partial_fit(images, y)
    assert np.isfinite(clf.predict_proba(images)).all()


def test_network_of_numbers_goes_on_with_changed_images(data):
    X, y = data
    images = (X / 255).reshape(-1, 4, 4, 1)
    clf = from_scikeras(wrap(*CNN_STACKS["plain"][0](), X=images, y=y))
    clf.set_params(augment=True, learning_rate=1e-4).partial_fit(images, y)
    assert np.isfinite(clf.predict_proba(images)).all()


def test_token_numbers_from_scikeras():
    """Embedding with a mask and mean pooling, as in textbooks."""
    rng = np.random.default_rng(0)
    X = np.where(np.arange(7) < rng.integers(1, 7, (20, 1)), rng.integers(1, 9), 0)
    y = np.arange(20) % 2
    wrapper = wrap(
        layers.Embedding(9, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
        X=X,
        y=y,
        loss="binary_crossentropy",
    )
    clf = from_scikeras(wrapper)
    assert isinstance(clf, TextPoolClassifier)
    assert_equal_predictions(wrapper, X, clf, X)
    assert_equal_predictions(wrapper, X, clf, [row[row > 0].tolist() for row in X])
    assert clf.width == 4


@pytest.mark.parametrize("pooling", POOLINGS)
def test_text_pool_from_scikeras(pooling):
    X = np.random.default_rng(0).integers(0, 9, (20, 5))
    wrapper = KerasClassifier(
        model=text_pool,
        model__vocabulary_size=9,
        model__pooling=pooling,
        model__dense_width=3,
        model__dropout=0.1,
        loss="sparse_categorical_crossentropy",
        verbose=0,
    ).initialize(X, np.arange(20) % 3)
    clf = from_scikeras(wrapper)
    assert (clf.pooling, clf.dense_width, clf.dropout) == (pooling, (3,), 0.1)
    assert_equal_predictions(wrapper, X, clf, X)


def test_text_pool_whose_layers_are_called_as_their_settings():
    # The first layers of a process: "activation", "softmax".
    keras.utils.clear_session()
    X = np.random.default_rng(0).integers(0, 9, (20, 5))
    wrapper = KerasClassifier(
        text_pool,
        model__vocabulary_size=9,
        loss="sparse_categorical_crossentropy",
        verbose=0,
    ).initialize(X, np.arange(20) % 3)
    assert wrapper.model_.layers[-1].name == "activation"
    assert isinstance(from_scikeras(wrapper), TextPoolClassifier)


def test_two_softmax_units_for_two_classes(data):
    X, y = data
    y = y == "ant"
    wrapper = wrap(layers.Dense(5, "relu"), softmax(2), X=X, y=y)
    clf = from_scikeras(wrapper)
    assert clf.weights_[-2].shape == (5, 1)
    assert_equal_predictions(wrapper, X, clf, X)


@pytest.mark.parametrize("units", [1, 2, 3])
def test_logits_become_probabilities(data, units):
    X, y = data
    y = y if units == 3 else y == "ant"
    losses = keras.losses
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    if units == 1:
        loss = losses.BinaryCrossentropy(from_logits=True)
    wrapper = wrap(layers.Dense(units), X=X, y=y, loss=loss, compiled=True)
    clf = from_scikeras(wrapper)
    logits = wrapper.model_.predict(X, verbose=0)
    expected = logits - logits[:, :1] if units == 2 else logits
    found = clf.decision_function(X).reshape(len(X), -1)
    np.testing.assert_allclose(found, expected[:, -found.shape[1] :], atol=1e-3)


def test_one_hot_rows_become_classes(data):
    X, y = data
    one_hot = (y[:, None] == np.unique(y)).astype(int)
    wrapper = wrap(softmax(), X=X, y=one_hot, loss="categorical_crossentropy")
    clf = from_scikeras(wrapper)
    np.testing.assert_array_equal(clf.predict(X), wrapper.predict(X).argmax(axis=1))
    np.testing.assert_allclose(
        clf.predict_proba(X), wrapper.predict_proba(X), atol=1e-5
    )


def test_fitted_wrapper_is_taken_over_and_goes_on(data):
    X, y = data
    wrapper = KerasClassifier(
        model=small_cnn,
        model__width=(4,),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        optimizer="sgd",
        optimizer__learning_rate=0.01,
        optimizer__momentum=0.5,
        epochs=2,
        batch_size=16,
        random_state=0,
        verbose=0,
        warm_start=True,
    ).fit(X / 255, y)
    clf = from_scikeras(wrapper)
    assert_equal_predictions(wrapper, X / 255, clf, X / 255)
    assert clf.history_ == {name: list(run) for name, run in wrapper.history_.items()}
    assert clf.n_iter_ == clf.best_epoch_ == 2
    expected = {
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "optimizer__momentum": 0.5,
        "learning_rate_schedule": "constant",
        "epochs": 2,
        "batch_size": 16,
        "random_state": 0,
        "warm_start": True,
    }
    assert {name: clf.get_params()[name] for name in expected} == expected
    before = clf.predict_proba(X / 255)
    clf.partial_fit(X / 255, y)
    assert clf.n_iter_ == 3
    assert not np.array_equal(clf.predict_proba(X / 255), before)
    clf.fit(X / 255, y)
    assert len(clf.history_["loss"]) == 5
    assert clf.history_["loss"][-1] < clf.history_["loss"][0]
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(copy.predict(X / 255), clf.predict(X / 255))


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


# --- What cannot be taken over -------------------------------------------------------


def image_stack(*inner):
    return [layers.Reshape((4, 4, 1)), *inner, layers.Flatten(), softmax()]


REFUSED = {
    "batch normalization": (
        lambda: [layers.Dense(5), layers.BatchNormalization(name="bn"), softmax()],
        r"'bn' \(BatchNormalization\).*DenseNetClassifier has.*Supported are",
    ),
    "no bias": (
        lambda: [layers.Dense(5, use_bias=False), softmax()],
        "use_bias=False is not supported, only True",
    ),
    "mixed activations": (
        lambda: [
            layers.Dense(5, "relu"),
            layers.Dense(5, "tanh", name="second"),
            softmax(),
        ],
        "'second'.*DenseNetClassifier has {'activation': 'relu'} here",
    ),
    "unknown activation": (
        lambda: [layers.Dense(5, "hard_sigmoid"), softmax()],
        "activation 'hard_sigmoid' is none of relu",
    ),
    "dropout on the input": (
        lambda: [layers.Dropout(0.5, name="first"), layers.Dense(5), softmax()],
        "'first'.*DenseNetClassifier has {'layer': 'dense'",
    ),
    "dropout before the activation": (
        lambda: [layers.Dense(5), layers.Dropout(0.5), layers.ReLU(), softmax()],
        "an activation must follow",
    ),
    "leaky relu": (
        lambda: [layers.Dense(5), layers.ReLU(negative_slope=0.1), softmax()],
        "negative_slope=.* is not supported",
    ),
    "dense on images": (
        lambda: [layers.Reshape((4, 4)), layers.Dense(2), layers.Flatten(), softmax()],
        "rows of shape .4, 4., which are not flat",
    ),
    "strides": (
        lambda: image_stack(layers.Conv2D(2, 2, strides=2)),
        r"strides=\(2, 2\) is not supported",
    ),
    "pool of three": (
        lambda: image_stack(layers.Conv2D(2, 1), layers.MaxPooling2D(3, name="pool")),
        r"'pool'.*SmallCNNClassifier has {'size': \(2, 2\)}",
    ),
    "other kernels": (
        lambda: image_stack(
            layers.Conv2D(2, 3, padding="same"), layers.Conv2D(2, 2, padding="same")
        ),
        r"'kernel': \(3, 3\)",
    ),
    "global pooling": (
        lambda: [
            layers.Reshape((4, 4, 1)),
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            softmax(),
        ],
        "GlobalAveragePooling2D.*no such layer",
    ),
    "no mask": (
        lambda: [layers.Embedding(200, 2), layers.GlobalAveragePooling1D(), softmax()],
        "mask_zero=False is not supported, only True",
    ),
    "embedding without pooling": (
        lambda: [layers.Embedding(200, 2, mask_zero=True), layers.Flatten(), softmax()],
        "must follow an Embedding directly",
    ),
    "rescaling behind": (
        lambda: [layers.Dense(5), layers.Rescaling(2.0), softmax()],
        "Rescaling.*no such layer",
    ),
    "no dense layer": (
        lambda: [layers.Activation("softmax")],
        "an activation must follow",
    ),
    "sigmoid for classes": (
        lambda: [layers.Dense(3, "sigmoid")],
        "must have 3 units with softmax.*found 3 with sigmoid",
    ),
    "logits without a word": (lambda: [layers.Dense(3)], "found 3 with linear"),
    "nested model": (
        lambda: [keras.Sequential([layers.Dense(5)], name="inner"), softmax()],
        r"'inner' \(Sequential\)",
    ),
}


@pytest.mark.filterwarnings("ignore:.*passed an input with a mask:UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_refused_layers_are_named(name, data):
    X, y = data
    stack, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        from_scikeras(wrap(*stack(), X=X, y=y), network_only=True)


def test_branches_are_refused(data):
    X, y = data

    def build():
        inputs = keras.Input((16,))
        hidden = layers.Dense(16)(inputs)
        return keras.Model(inputs, softmax()(layers.Add(name="skip")([inputs, hidden])))

    wrapper = KerasClassifier(
        model=build, loss="sparse_categorical_crossentropy", verbose=0
    ).initialize(X, y)
    with pytest.raises(ValueError, match="'skip'.*do not form a chain"):
        from_scikeras(wrapper, network_only=True)


def test_sigmoid_for_one_hot_rows_is_refused(data):
    X, y = data
    one_hot = (y[:, None] == np.unique(y)).astype(int)
    wrapper = wrap(
        layers.Dense(3, "sigmoid"), X=X, y=one_hot, loss="binary_crossentropy"
    )
    with pytest.raises(ValueError, match="one-hot rows.*3 units with softmax"):
        from_scikeras(wrapper, network_only=True)


def test_one_class_is_refused(data):
    X, _ = data
    wrapper = wrap(layers.Dense(1, "sigmoid"), X=X, y=np.zeros(len(X)))
    with pytest.raises(ValueError, match="supported are two or more classes"):
        from_scikeras(wrapper, network_only=True)


def test_other_encoders_are_refused(data):
    class Doubling(KerasClassifier):
        @property
        def feature_encoder(self):
            return FunctionTransformer(lambda X: 2 * X)

    def build():
        return keras.Sequential([keras.Input((16,)), softmax()])

    wrapper = Doubling(build, loss="sparse_categorical_crossentropy", verbose=0)
    with pytest.raises(ValueError, match="its own feature_encoder"):
        from_scikeras(wrapper.initialize(*data), network_only=True)


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match="takes a KerasClassifier, KerasRegressor or"):
        from_scikeras(LogisticRegression())
    with pytest.raises(NotFittedError, match="takes a fitted wrapper"):
        from_scikeras(KerasRegressor(dense_net))


def test_unknown_optimizer_warns(data):
    X, y = data
    wrapper = wrap(softmax(), X=X, y=y, optimizer="ftrl", compiled=True)
    with pytest.warns(UserWarning, match="Further training will differ.*Ftrl"):
        clf = from_scikeras(wrapper, network_only=True)
    assert clf.optimizer == "adam"
