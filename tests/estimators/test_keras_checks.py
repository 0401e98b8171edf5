"""Whether the output of a Keras model fits its loss and the target."""

import keras
import numpy as np
import pytest

from sknets import KerasClassifier, KerasRegressor
from sknets._estimators import keras_checks
from tests.own_models import QUICK, one_layer, sequential


@pytest.mark.parametrize(
    ("units", "activation", "loss", "n_classes", "match"),
    [
        (2, "softmax", "binary_crossentropy", 2, "does not fit binary_crossent"),
        (1, "sigmoid", "binary_crossentropy", 3, "y has 3 classes: use Dense.3"),
        (2, "sigmoid", "binary_crossentropy", 2, "of two classes takes one"),
        (1, None, "binary_crossentropy", 2, "from_logits=True"),
        (3, None, "sparse_categorical_crossentropy", 3, "from_logits=True"),
        (2, "softmax", "sparse_categorical_crossentropy", 3, "y has 3 classes"),
        (3, "softmax", "sparse_categorical_crossentropy", 2, "y has 2 classes. Use"),
    ],
)
def test_an_output_that_does_not_fit(units, activation, loss, n_classes, match, blobs):
    X, y = blobs
    X, y = X[y < n_classes], y[y < n_classes]
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, activation=activation)]
    )
    with pytest.raises(ValueError, match=match):
        KerasClassifier(model, loss=loss).fit(X, y)


@pytest.mark.parametrize(
    "loss",
    [
        *("mse", "MeanAbsoluteError", keras.losses.MeanSquaredLogarithmicError),
        *(keras.losses.Huber(), "log_cosh", "poisson", "cosine_similarity"),
        *("dice", "tversky", "hinge", keras.losses.squared_hinge),
        "MeanAbsolutePercentageError",
    ],
)
def test_class_numbers_and_a_loss_that_compares_columns(loss, blobs):
    X, y = blobs
    clf = KerasClassifier(one_layer(), loss=loss)
    with pytest.raises(ValueError, match="y holds class numbers: use sparse_categ"):
        clf.fit(X, y)
    clf.fit(X, np.eye(3)[y])
    model = sequential()
    model.compile(loss="categorical_crossentropy")
    with pytest.raises(ValueError, match="categorical_crossentropy compares each"):
        KerasClassifier(model).fit(X, y)


ONE_HOT = [
    keras.losses.CategoricalCrossentropy,
    keras.losses.CategoricalFocalCrossentropy,
    keras.losses.CategoricalHinge,
    keras.losses.KLDivergence,
]


@pytest.mark.parametrize("loss", ONE_HOT)
def test_labels_become_one_hot_rows_for_a_loss_that_takes_these(loss, blobs, binary):
    for X, y in (blobs, binary):
        n_classes = len(np.unique(y))
        clf = KerasClassifier(one_layer(n_classes), **{**QUICK, "loss": loss})
        assert clf.fit(X, y).score(X, y) > 0.9
        by_rows = KerasClassifier(clf.model, **{**QUICK, "loss": loss})
        if n_classes > 2:
            by_rows.fit(X, np.eye(n_classes)[y])
            assert (by_rows.predict_proba(X) == clf.predict_proba(X)).all()


@pytest.mark.skipif(
    not hasattr(keras.losses, "CategoricalGeneralizedCrossEntropy"),
    reason="newer than the oldest Keras",
)
def test_class_numbers_of_the_generalized_crossentropy_are_no_column(blobs):
    X, y = blobs
    loss = keras.losses.CategoricalGeneralizedCrossEntropy
    for given in (loss, loss(q=0.2)):
        clf = KerasClassifier(one_layer(), **{**QUICK, "loss": given}).fit(X, y)
        assert clf.score(X, y) > 0.9
    with pytest.raises(ValueError, match="class numbers, but y has 3 columns"):
        clf.fit(X, np.eye(3)[y])
    model = one_layer()
    model.compile(loss=loss())
    with pytest.raises(ValueError, match=r"no column.*set loss=keras\.losses\.Categ"):
        KerasClassifier(model).fit(X, y)


@pytest.mark.parametrize("loss", [*ONE_HOT, "sparse_categorical_crossentropy"])
def test_one_unit_and_a_loss_of_one_for_each_class(loss, binary):
    clf = KerasClassifier(one_layer(1, "sigmoid"), loss=loss)
    with pytest.raises(ValueError, match="takes one for each class: use Dense"):
        clf.fit(*binary)


@pytest.mark.parametrize("loss", ["mse", "hinge", "kl_divergence", "poisson"])
def test_fewer_units_than_classes(loss, blobs):
    with pytest.raises(ValueError, match=r"gives 2 values .* but y has 3 classes"):
        KerasClassifier(one_layer(2), loss=loss).fit(*blobs)


@pytest.mark.parametrize("loss", ["mse", "categorical_hinge"])
def test_fewer_units_than_columns(loss, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match="gives 2 values a row, but y has 3 columns"):
        KerasClassifier(one_layer(2), loss=loss).fit(X, np.eye(3)[y])


@pytest.mark.parametrize("activation", ["tanh", None])
@pytest.mark.parametrize("loss", ["hinge", keras.losses.SquaredHinge()])
def test_margins_of_a_hinge_loss_are_about_zero(loss, activation, binary):
    X, y = binary
    clf = KerasClassifier(one_layer(1, activation), **{**QUICK, "loss": loss})
    margins = clf.fit(X, y).model_.predict(X, verbose=0).ravel()
    np.testing.assert_array_equal(clf.predict(X), clf.classes_[(margins > 0) * 1])
    p = clf.predict_proba(X)
    assert ((p >= 0) & (p <= 1)).all()
    assert p[:, 1] == pytest.approx(1 / (1 + np.exp(-margins)), abs=1e-5)


def test_numbers_for_a_model_of_two_outputs(reg, numbers):
    X, y = numbers
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(1)(inputs) for _ in "ab"]
    reg.set_params(model=keras.Model(inputs, outputs))
    with pytest.raises(ValueError, match="model has 2 .* subclass of KerasRegressor"):
        reg.fit(X, y)


def test_more_units_than_columns_of_y(reg, numbers):
    X, y = numbers
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="gives 2 values a row, but y has 1 colu"):
        reg.set_params(model=model).fit(X, y)


def test_rows_of_another_shape_than_the_model_takes(clf, blobs):
    match = r"The model takes rows of shape \(7,\), but X has rows of shape \(4,\)"
    with pytest.raises(ValueError, match=match):
        clf.set_params(model=one_layer(n_features=7)).fit(*blobs)


def test_one_array_for_a_model_of_several_inputs(clf, blobs):
    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    both = keras.layers.Concatenate()([left, right])
    last = keras.layers.Dense(3, activation="softmax")(both)
    match = r"takes 2 inputs, \['left', 'right'\], but X is one array, of shape"
    with pytest.raises(ValueError, match=match):
        clf.set_params(model=keras.Model([left, right], last)).fit(*blobs)


def test_no_loss_says_what_to_give(clf, blobs):
    with pytest.raises(ValueError, match="You must provide a loss"):
        clf.set_params(loss=None).fit(*blobs)
    model = sequential()
    model.compile(loss="mse")
    clf.set_params(loss="mae", model=model)
    with pytest.raises(ValueError, match="but model compiled with"):
        clf.fit(*blobs)


@pytest.mark.parametrize("wrapper", [KerasClassifier, KerasRegressor])
def test_a_missing_loss_is_asked_for_by_name(wrapper, binary):
    match = rf"You must provide a loss: {wrapper.__name__}\(\.\.\., loss="
    with pytest.raises(ValueError, match=match):
        wrapper(one_layer(1, None), loss=None).fit(*binary)


@pytest.mark.parametrize(
    ("units", "loss", "match"),
    [
        (2, "binary_crossentropy", "gives 2 values a row, but y has 3 columns"),
        (3, "sparse_categorical_crossentropy", "class numbers, but y has 3 columns"),
        (3, "Circle", "circle takes class numbers, but y has 3 columns"),
    ],
)
def test_columns_of_labels(units, loss, match, multilabel):
    with pytest.raises(ValueError, match=match):
        KerasClassifier(one_layer(units, "sigmoid"), loss=loss).fit(*multilabel)


def compiled(model, loss, **kwargs):
    model.compile(loss=getattr(keras.losses, loss)(**kwargs))
    return model


def test_a_softmax_before_a_loss_that_takes_logits():
    model = compiled(one_layer(), "SparseCategoricalCrossentropy", from_logits=True)
    with pytest.warns(UserWarning, match="values a row with a softmax, but the loss"):
        keras_checks.check_output(model, "multiclass", 3)


@pytest.mark.parametrize(
    ("units", "activation", "loss", "from_logits", "found"),
    [
        (1, None, "BinaryCrossentropy", True, "sigmoid"),
        (3, None, "CategoricalCrossentropy", True, "softmax"),
        (3, "softmax", "CategoricalCrossentropy", True, None),
        (3, "softmax", "CategoricalCrossentropy", False, None),
    ],
)
def test_what_makes_probabilities_of_an_output(
    units, activation, loss, from_logits, found
):
    model = compiled(one_layer(units, activation), loss, from_logits=from_logits)
    assert keras_checks.link(model, model.loss) == found


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (keras.layers.Dense(2), "linear"),
        (keras.layers.Dense(2, activation="tanh"), "tanh"),
        (keras.layers.Activation("sigmoid"), "sigmoid"),
        (keras.layers.Softmax(), "softmax"),
        (keras.layers.BatchNormalization(), None),
    ],
)
def test_the_last_activation(last, found):
    model = keras.Sequential([keras.Input((4,)), last])
    assert keras_checks.last_activation(model) == found
