"""Predictions as the mean with those of mirror images, in all that predicts."""

import copy
import pickle
from functools import partial

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss

import sknets
from sknets import SmallCNNClassifier, SmallCNNRegressor, compiled_prediction
from sknets.architectures import small_cnn
from sknets.display import FeatureMapsDisplay, SaliencyDisplay
from sknets.interop import from_scikeras, to_onnx, to_scikeras

# Keras' way of saving variables is older than NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning")

QUICK = {"width": (4, 6), "epochs": 2, "augment": None, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (60, 9, 7, 3), np.uint8)
CLASSES = np.arange(60) % 3
NUMBERS = RNG.normal(size=60)
TARGETS = {
    "binary": CLASSES % 2,
    "multiclass": CLASSES,
    "multilabel": np.stack([CLASSES == 0, CLASSES == 1], axis=1).astype(int),
}


def mirrored(images):
    return images[:, :, ::-1]


@pytest.fixture(scope="module")
def one_way():
    return SmallCNNClassifier(**QUICK).fit(X, CLASSES)


@pytest.fixture(scope="module")
def both_ways():
    return SmallCNNClassifier(**QUICK, average_mirrored=True).fit(X, CLASSES)


@pytest.mark.parametrize("target", TARGETS)
def test_logits_are_the_mean(target):
    y = TARGETS[target]
    single = SmallCNNClassifier(**QUICK).fit(X, y)
    fitted = SmallCNNClassifier(**QUICK, average_mirrored=True).fit(X, y)
    logits = single.decision_function
    expected = (logits(X) + logits(mirrored(X))) / 2
    assert_allclose(fitted.decision_function(X), expected, atol=1e-6)
    assert_allclose(fitted.predict_proba(mirrored(X)), fitted.predict_proba(X))
    assert not np.allclose(fitted.predict_proba(X), single.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize(
    ("loss", "link"),
    [("squared_error", lambda z: z), ("poisson", np.log)],
)
def test_numbers_are_those_of_the_mean(loss, link):
    y = np.exp(NUMBERS)
    single = SmallCNNRegressor(**QUICK, loss=loss).fit(X, y)
    fitted = SmallCNNRegressor(**QUICK, loss=loss, average_mirrored=True).fit(X, y)
    ways = [link(single.predict(images)) for images in (X, mirrored(X))]
    assert_allclose(link(fitted.predict(X)), np.mean(ways, axis=0), rtol=1e-4)


def test_training_takes_no_notice(one_way, both_ways):
    for one, other in zip(one_way.weights_, both_ways.weights_, strict=True):
        assert_array_equal(one, other)
    assert one_way.history_ == both_ways.history_


@pytest.mark.parametrize("augment", [{"flip": True}, {"flip": 0.2, "shift": 0.1}])
def test_auto_follows_the_changes(augment):
    fitted = SmallCNNClassifier(**{**QUICK, "augment": augment}).fit(X, CLASSES)
    assert fitted.average_mirrored_ is True


@pytest.mark.parametrize("augment", [None, True, "auto", {"flip": False, "zoom": 0.1}])
def test_auto_leaves_images_that_are_not_mirrored(augment):
    fitted = SmallCNNClassifier(**{**QUICK, "augment": augment}).fit(X, CLASSES)
    assert fitted.average_mirrored_ is False


def test_what_is_given_is_taken():
    params = {**QUICK, "augment": {"flip": True}, "average_mirrored": np.False_}
    assert SmallCNNClassifier(**params).fit(X, CLASSES).average_mirrored_ is False


def test_other_values_are_refused():
    with pytest.raises(ValueError, match="'average_mirrored' parameter.*'mean'"):
        SmallCNNClassifier(average_mirrored="mean").fit(X, CLASSES)


def test_parameters_changed_after_fit_change_no_prediction(one_way):
    changed = copy.deepcopy(one_way).set_params(average_mirrored=True)
    assert_array_equal(changed.predict_proba(X), one_way.predict_proba(X))


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_training_goes_on_with_another_value(one_way, go_on):
    fitted = copy.deepcopy(one_way)
    fitted.set_params(average_mirrored=True, warm_start=True)
    getattr(fitted, go_on)(X, CLASSES)
    assert fitted.average_mirrored_ is True
    assert_allclose(fitted.predict_proba(mirrored(X)), fitted.predict_proba(X))


def test_validation_figures_are_those_of_predictions():
    rows = {"X_val": X[40:], "y_val": CLASSES[40:]}
    params = {**QUICK, "scoring": "neg_log_loss", "average_mirrored": True}
    fitted = SmallCNNClassifier(**params).fit(X[:40], CLASSES[:40], **rows)
    expected = log_loss(CLASSES[40:], fitted.predict_proba(X[40:]))
    assert fitted.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
    assert fitted.history_["val_neg_log_loss"][-1] == pytest.approx(-expected, rel=1e-5)


def test_scores_of_each_epoch_are_those_of_predictions():
    params = {**QUICK, "scoring": "r2", "average_mirrored": True}
    fitted = SmallCNNRegressor(**params).fit(
        X[:40], NUMBERS[:40], X_val=X[40:], y_val=NUMBERS[40:]
    )
    for name, rows in (("r2", slice(40)), ("val_r2", slice(40, None))):
        expected = fitted.score(X[rows], NUMBERS[rows])
        assert fitted.history_[name][-1] == pytest.approx(expected, rel=1e-5)


def test_rows_do_not_depend_on_others(both_ways):
    whole = both_ways.predict_proba(X)
    assert_array_equal(both_ways.predict_proba(X[::-1])[::-1], whole)
    assert_array_equal(np.vstack([both_ways.predict_proba(x[None]) for x in X]), whole)


def test_huge_pixels_give_finite_numbers():
    pixels = X.astype(np.float32)
    fitted = SmallCNNClassifier(**QUICK, average_mirrored=True).fit(pixels, CLASSES)
    pixels[:3] *= 1e36
    with pytest.warns(UserWarning, match="scaled otherwise"):
        assert np.isfinite(fitted.predict_proba(pixels)).all()


def test_compiled_predictions(both_ways):
    expected = both_ways.predict_proba(X)
    with compiled_prediction():
        assert_allclose(both_ways.predict_proba(X), expected, atol=1e-5)


# --- Keras, files and other formats --------------------------------------------------


@pytest.mark.parametrize("normalization", [None, "batch", "pooled"])
def test_keras_model(normalization, tmp_path):
    params = {**QUICK, "average_mirrored": True, "normalization": normalization}
    fitted = SmallCNNClassifier(**params).fit(X, CLASSES)
    expected = fitted.predict_proba(X)
    model = fitted.model_
    assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
    assert all(map(np.array_equal, model.get_weights(), fitted.weights_))
    model.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert_allclose(loaded.predict(X, verbose=0), expected, atol=1e-5)


def test_onnx(both_ways):
    runtime = pytest.importorskip("onnxruntime")
    graph = to_onnx(both_ways).SerializeToString()
    found = runtime.InferenceSession(graph).run(None, {"X": X.astype(np.float32)})[0]
    assert_allclose(found, both_ways.predict_proba(X), atol=1e-5)


def test_files_keep_it(both_ways, tmp_path):
    sknets.save(both_ways, tmp_path / "net.sknets")
    stored = pickle.loads(pickle.dumps(both_ways))
    for loaded in (sknets.load(tmp_path / "net.sknets"), stored):
        assert loaded.average_mirrored_ is True
        assert_array_equal(loaded.predict_proba(X), both_ways.predict_proba(X))


def test_state_without_it_predicts_one_way(one_way, both_ways):
    older = copy.deepcopy(both_ways)
    del older.average_mirrored_
    assert_array_equal(older.predict_proba(X), one_way.predict_proba(X))


def test_scikeras_and_back(both_ways):
    wrapper = to_scikeras(both_ways)
    expected = both_ways.predict_proba(X)
    assert_allclose(wrapper.predict_proba(X, verbose=0), expected, atol=1e-5)
    assert wrapper.model__average_mirrored is True
    back = from_scikeras(wrapper, network_only=True)
    assert back.average_mirrored_ is True
    images = X.astype(np.float64)
    assert_allclose(back.predict_proba(images), expected, atol=1e-6)
    back.set_params(warm_start=True, epochs=1).fit(images, CLASSES)
    assert back.average_mirrored_ is True


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_only_mirror_images_are_read(axis, both_ways, monkeypatch):
    wrapper = to_scikeras(both_ways)
    flip = keras.ops.flip
    monkeypatch.setattr(keras.ops, "flip", lambda x, **_: flip(x, axis=axis))
    meta = {"X_shape_": X.shape, "n_classes_": 3, "target_type_": "multiclass"}
    wrapper.model_ = small_cnn(meta, (4, 6), padding="same", average_mirrored=True)
    read = partial(from_scikeras, wrapper, network_only=True)
    if axis == 2:
        assert read().average_mirrored_ is True
    else:
        with pytest.raises(ValueError, match="cannot take over layer 'one_way'"):
            read()


class Freezing(keras.callbacks.Callback):
    """Freezes a layer within the model that is called on both images."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.get_layer("one_way").layers[1].trainable = False


def test_a_callback_that_freezes_an_inner_layer_is_refused():
    net = SmallCNNClassifier(**QUICK, average_mirrored=True, callbacks=[Freezing()])
    with pytest.raises(ValueError, match=r"of layers: \['conv2d"):
        net.fit(X, CLASSES)


# --- Pictures ------------------------------------------------------------------------


def test_feature_maps_are_those_of_the_image_alone(one_way, both_ways):
    maps = [
        FeatureMapsDisplay.from_estimator(net, X[:1]).feature_maps
        for net in (one_way, both_ways)
    ]
    assert_array_equal(*maps)


def test_saliency_is_that_of_the_mean(both_ways):
    ways = [
        SaliencyDisplay.from_estimator(both_ways, images, target=1).saliency
        for images in (X[:1], mirrored(X[:1]))
    ]
    assert_allclose(ways[0], ways[1][:, ::-1], atol=1e-6)
