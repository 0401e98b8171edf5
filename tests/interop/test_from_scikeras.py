"""`from_scikeras`: fitted wrappers whose network one of the classifiers has."""

import pickle

import keras
import numpy as np
import pytest
from keras import layers
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from sknets import KerasClassifier as KerasModelClassifier
from sknets import TextPoolClassifier
from sknets._core.poolings import POOLINGS
from sknets.architectures import dense_net, small_cnn, text_pool
from sknets.interop import from_scikeras

from .predictions import assert_equal_predictions

pytestmark = [
    pytest.mark.usefixtures("no_op_determinism"),
    # Keras' way of saving variables is older than NumPy 2.
    pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning"),
]


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


def test_text_pool_from_scikeras_goes_on():
    X = np.random.default_rng(0).integers(0, 9, (20, 5))
    y = np.arange(20) % 3
    wrapper = KerasClassifier(
        model=text_pool,
        model__vocabulary_size=9,
        loss="sparse_categorical_crossentropy",
        verbose=0,
    ).initialize(X, y)
    clf = from_scikeras(wrapper)
    assert clf.partial_fit(X, y).n_iter_ == 1
    assert clf.set_params(warm_start=True, epochs=1).fit(X, y).n_iter_ == 2


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


def convolution():
    return layers.Conv2D(3, 3, activation="relu"), layers.Flatten()


@pytest.mark.parametrize("front", [[], [layers.Rescaling(1 / 255)]])
def test_network_of_bytes_goes_on_with_changed_images(front, data):
    X, y = data
    images = X.clip(0, 255).astype(np.uint8).reshape(-1, 4, 4, 1)
    clf = from_scikeras(wrap(*front, *convolution(), softmax(), X=images, y=y))
    assert (clf.pixel_range_, clf.input_scaling) == ((0, 255), "range")
    clf.set_params(augment=True, learning_rate=1e-4).partial_fit(images, y)
    assert np.isfinite(clf.predict_proba(images)).all()


def test_network_of_numbers_goes_on_with_changed_images(data):
    X, y = data
    images = (X / 255).reshape(-1, 4, 4, 1)
    clf = from_scikeras(wrap(*convolution(), softmax(), X=images, y=y))
    clf.set_params(augment=True, learning_rate=1e-4).partial_fit(images, y)
    assert np.isfinite(clf.predict_proba(images)).all()


@pytest.mark.parametrize(
    ("given", "expected"), [(None, 32), (-1, 48), (7, 7)], ids=["None", "all", "7"]
)
def test_batch_size_is_that_of_keras(given, expected, data):
    X, y = data
    clf = from_scikeras(wrap(softmax(), X=X, y=y, batch_size=given, fit__epochs=3))
    assert clf.batch_size == expected
    assert clf.epochs == 3
    clf = from_scikeras(wrap(softmax(), X=X, y=y, fit__batch_size=given))
    assert clf.batch_size == expected


# --- What cannot be taken over -------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (
            layers.Dense(3, "sigmoid"),
            "must have 3 units with softmax.*found 3 with sigmoid",
        ),
        (layers.Dense(3), "found 3 with linear"),
    ],
    ids=["sigmoid for classes", "logits without a word"],
)
def test_other_outputs_are_refused(last, message, data):
    X, y = data
    with pytest.raises(ValueError, match=message):
        from_scikeras(wrap(last, X=X, y=y), network_only=True)


def test_network_that_no_classifier_has(data):
    X, y = data
    stack = [layers.Dense(5, use_bias=False, name="free"), softmax()]
    wrapper = wrap(*stack, X=X, y=y, compiled=True)
    with pytest.raises(ValueError, match="'free'.*use_bias=False is not supported"):
        from_scikeras(wrapper, network_only=True)
    assert type(from_scikeras(wrapper)) is KerasModelClassifier


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


def test_regressors_have_no_network_of_a_classifier(data):
    wrapper = KerasRegressor(lambda: keras.Sequential([keras.Input((16,)), softmax(1)]))
    wrapper.initialize(data[0], data[0][:, 0])
    with pytest.raises(TypeError, match="network_only=True takes a KerasClassifier"):
        from_scikeras(wrapper, network_only=True)


def test_unknown_optimizer_warns(data):
    X, y = data
    wrapper = wrap(softmax(), X=X, y=y, optimizer="ftrl", compiled=True)
    with pytest.warns(UserWarning, match="Further training will differ.*Ftrl"):
        clf = from_scikeras(wrapper, network_only=True)
    assert clf.optimizer == "adam"
