"""What images are to a network: their scale, its changes, and settings that follow."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.pipeline import make_pipeline

from sknets import ImageNormalizer, SmallCNNClassifier, SmallCNNRegressor
from sknets._core import scaling
from sknets._core.build import auto_width
from sknets._estimators import diagnosis, image_input
from tests.networks import assert_all_equal, assert_same_weights

PIXELS = {
    "bytes": lambda X: (X * 15.9375).astype(np.uint8),
    "int64 0..255": lambda X: (X * 15.9375).astype(np.int64),
    "float64 0..255": lambda X: np.floor(X * 15.9375),
    "float64 0..16": lambda X: X,
    "float32 0..1": lambda X: (X / 16).astype(np.float32),
    "float16 0..1": lambda X: (X / 16).astype(np.float16),
    "standardised": lambda X: (X - X.mean()) / X.std(),
    "uint16": lambda X: (X * 4095).astype(np.uint16),
    "int8": lambda X: (X * 15 - 120).astype(np.int8),
    "sparse": lambda X: sp.csr_array(X),
    "booleans": lambda X: X > 8,
}


def net(**params):
    defaults = {"epochs": 3, "batch_size": 16, "random_state": 0, "augment": None}
    return SmallCNNClassifier((4,), **{**defaults, **params})


# --- The scale of the pixels ---------------------------------------------------------


@pytest.mark.parametrize("kind", PIXELS)
def test_pixels_of_any_kind_are_learned(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=12, width=(8,), learning_rate=0.02)
    est.fit(pixels, y)
    assert est.score(pixels, y) > 0.9
    assert est.input_scaling_["scale"].shape == (1,)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bytes", (0, 255)),
        ("int64 0..255", (0, 255)),
        ("float64 0..16", (0, 16)),
        ("float32 0..1", (0, 1)),
        ("int8", (-128, 127)),
    ],
)
def test_range_of_the_pixels_is_kept(quick, digits, kind, expected):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1, input_scaling="range")
    est.fit(PIXELS[kind](X), y)
    assert est.pixel_range_ == expected
    scaling = est.input_scaling_
    low = (np.array(expected) - scaling["shift"]) * scaling["scale"]
    np.testing.assert_allclose(low, [0, 1], atol=1e-12)


@pytest.mark.parametrize("kind", sorted(PIXELS))
def test_pixels_are_standardised_by_default(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=1).fit(pixels, y)
    scaled = scaling.apply(scaling.dense_rows(pixels, slice(None)), est.input_scaling_)
    assert scaled.mean() == pytest.approx(0, abs=1e-3)
    assert scaled.std() == pytest.approx(1, abs=1e-3)


def test_scaling_is_learned_from_the_whole_range_not_from_a_batch(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=2).fit(X, y)
    np.testing.assert_allclose(
        est.decision_function(X)[:1], est.decision_function(X[:1]), rtol=1e-4, atol=1e-5
    )


def test_input_scaling_range_is_that_of_the_type(digits):
    X, y = digits
    pixels = (X * 15).astype(np.uint8)
    scaled = net(input_scaling="range").fit(pixels, y)
    floats = net(input_scaling="range").fit((pixels / 255).astype(np.float32), y)
    assert scaled.input_scaling_["scale"] == pytest.approx(1 / 255)
    for one, other in zip(scaled.weights_, floats.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("before", "after"), [("standard", "range"), ("range", "standard")]
)
def test_input_scaling_cannot_change_under_warm_start(digits, before, after):
    X, y = digits
    est = net(input_scaling=before, epochs=1, warm_start=True).fit(X, y)
    est.fit(X, y)
    est.set_params(input_scaling=after)
    message = f"fitted with input_scaling='{before}'; now input_scaling='{after}'"
    for go_on in (est.fit, est.partial_fit):
        with pytest.raises(ValueError, match=message):
            go_on(X, y)


@pytest.mark.parametrize("kind", [np.int8, np.int16])
def test_input_scaling_of_narrow_signed_pixels_cannot_change(digits, kind):
    X, y = digits
    X = X.astype(kind)
    est = net(input_scaling="standard", epochs=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="input_scaling='standard'; now .*'range'"):
        est.set_params(input_scaling="range").fit(X, y)


def test_changes_of_images_may_change_under_warm_start(digits):
    X, y = digits
    est = net(epochs=1, warm_start=True, augment={"flip": True}).fit(X, y)
    assert est.augment_ == {"flip": True}
    assert est.average_mirrored_
    assert est.set_params(augment=None).fit(X, y).augment_ is None
    assert not est.average_mirrored_


def test_halves_of_many_bright_pixels_are_scaled_as_floats_are():
    """Their sum is more than float16 holds."""
    X = np.random.default_rng(0).uniform(0.5, 1, (2000, 8, 8)).astype(np.float16)
    of_halves, of_floats = (
        scaling.learn_pixels(rows, np.arange(len(X)), standard=True)[1]
        for rows in (X - np.float16(0.25), X.astype(np.float64) - 0.25)
    )
    for name in ("shift", "scale"):
        np.testing.assert_allclose(of_halves[name], of_floats[name], rtol=1e-3)


@pytest.mark.parametrize("input_scaling", ["standard", "range"])
@pytest.mark.parametrize("value", [0, 7])
@pytest.mark.filterwarnings("ignore:Pixels of X lie")  # as they do for black images
def test_constant_images_can_be_warm_started(input_scaling, value):
    X = np.full((6, 4, 4), value, np.uint8)
    est = net(input_scaling=input_scaling, epochs=1, warm_start=True)
    est.fit(X, np.arange(6) % 2).fit(X, np.arange(6) % 2)
    assert est.n_iter_ == 2
    assert np.isfinite(est.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("before", "after"), [("standard", "range"), ("range", "standard")]
)
def test_input_scaling_of_signed_pixels_may_change_as_it_has_no_effect(
    digits, before, after
):
    X, y = digits
    est = net(input_scaling=before, epochs=1, warm_start=True).fit(X - 8, y)
    assert est.set_params(input_scaling=after).fit(X - 8, y).n_iter_ == 2
    same = net(input_scaling=after, epochs=1).fit(X - 8, y).input_scaling_
    assert same["scale"] == est.input_scaling_["scale"]


def test_image_shape_cannot_change_under_warm_start(digits):
    X, y = digits
    est = net(epochs=1, warm_start=True, image_shape=(8, 8)).fit(X, y)
    est.set_params(image_shape=(8, 8, 1)).fit(X, y)
    est.set_params(image_shape=(4, 16))
    message = r"fitted with image_shape=\(8, 8, 1\); now image_shape=\(4, 16\)"
    with pytest.raises(ValueError, match=message):
        est.fit(X, y)


# --- Pixels on another scale than those of fit ---------------------------------------


def test_bytes_at_fit_and_floats_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["bytes"](X), y)
    with pytest.raises(
        ValueError,
        match=r"type float64.*fitted on pixels of type uint8.*astype\(np.uint8\)",
    ):
        est.predict(X / 16)
    est.predict(PIXELS["int64 0..255"](X))  # lists of bytes are such


def test_small_floats_at_fit_and_bytes_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(X / 16, y)
    with pytest.raises(ValueError, match=r"type uint8.*type float between 0 and 1"):
        est.predict(PIXELS["bytes"](X))


def test_batch_far_outside_or_inside_the_range_is_a_warning(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["float64 0..255"](X), y)
    with pytest.warns(UserWarning, match="X seems to be scaled otherwise"):
        est.predict(X / 16)
    with pytest.warns(UserWarning, match="between 0 and 4080, those seen in fit betw"):
        est.predict(255 * X)
    est.predict(np.zeros((1, 64)))  # one dark image is none
    est.predict(X)


Y = np.arange(20) % 2


def tiny():
    return SmallCNNClassifier((2,), epochs=1, augment=None, random_state=0)


@pytest.fixture(scope="module")
def binary_images():
    return np.random.default_rng(0).integers(0, 2, (20, 6, 6), dtype=np.uint8)


@pytest.fixture(scope="module")
def bytes_net(binary_images):
    return tiny().fit(binary_images * np.uint8(255), Y)


@pytest.fixture(scope="module")
def binary_net(binary_images):
    return tiny().fit(binary_images, Y)


def test_bytes_of_zeros_and_ones_do_not_warn(binary_images, binary_net):
    binary_net.predict(binary_images)


def test_bytes_that_others_scaled_still_warn(binary_images, bytes_net):
    with pytest.warns(UserWarning, match="X seems to be scaled otherwise"):
        bytes_net.predict(binary_images)


def test_the_same_numbers_as_floats(binary_images, bytes_net, binary_net):
    for fitted, scale in ((bytes_net, 255), (binary_net, 1)):
        pixels = binary_images * np.uint8(scale)
        expected = fitted.predict_proba(pixels)
        for same in (pixels.astype(float), pixels.astype(np.float32)):
            np.testing.assert_allclose(fitted.predict_proba(same), expected, atol=1e-6)
    expected = binary_net.predict_proba(binary_images)
    found = binary_net.predict_proba(binary_images.astype(bool))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_same_numbers_as_bytes(binary_images):
    for scale in (1.0, 255.0):
        fitted = tiny().fit(binary_images * scale, Y)
        expected = fitted.predict_proba(binary_images * scale)
        found = fitted.predict_proba((binary_images * scale).astype(np.uint8))
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("factor", [1 / 255, 100.0, -1.0])
def test_floats_in_other_units_are_refused(binary_images, bytes_net, factor):
    with pytest.raises(ValueError, match="X has pixels of type float64, but .* uint8"):
        bytes_net.predict(binary_images * 255 * factor)


def test_bytes_for_floats_up_to_one_are_refused(binary_images):
    fitted = tiny().fit(binary_images * 1.0, Y)
    with pytest.raises(ValueError, match="X has pixels of type uint8, but .* float"):
        fitted.predict(binary_images * np.uint8(255))


# --- The network, and settings that follow the rows ----------------------------------


@pytest.mark.parametrize(("n_pixels", "padding"), [(15, "same"), (16, "valid")])
def test_padding_keeps_the_size_of_small_images(n_pixels, padding):
    X = np.random.default_rng(0).random((8, n_pixels, n_pixels + 3))
    est = net(epochs=1).fit(X, np.arange(8) % 2)
    assert est.network_[0]["padding"] == padding


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        ((2, 3), (128, 128)),
        ((8, 8), (128, 128)),
        ((16, 12), (64, 128, 128)),
        ((28, 28), (24, 64, 128, 128)),
        ((32, 32), (24, 64, 128, 128)),
        ((64, 48), (16, 24, 64, 128, 128)),
        ((224, 224), (16, 16, 16, 24, 64, 128, 128)),
        ((1, 5000), (16, 16, 16, 24, 64, 128, 128)),
    ],
)
def test_width_of_many_rows_follows_the_size(shape, width):
    assert auto_width((*shape, 3), 4000, is_deep=True) == width


@pytest.mark.parametrize(
    ("shape", "n_rows", "width"),
    [
        ((1, 1), 1, (32, 64, 128)),
        ((63, 63), 3999, (32, 64, 128)),
        ((48, 64), 500, (32, 64, 128)),
        ((64, 64), 499, (32, 64, 128)),
        ((64, 64), 500, (16, 32, 64, 128)),
        ((127, 127), 499, (32, 64, 128)),
        ((128, 128), 499, (16, 32, 64, 128)),
        ((128, 128), 500, (16, 16, 32, 64, 128)),
        ((4000, 4000), 500, (16, 16, 16, 32, 64, 128)),
        ((1, 31), 60, (32, 64, 128)),
        ((1, 64), 60, (16, 32, 64, 128)),
        ((128, 7), 60, (16, 16, 32, 64, 128)),
        ((8, 128), 60, (32, 64, 128)),
        ((1, 5000), 60, (16, 16, 16, 16, 32, 64, 128)),
    ],
)
def test_width_of_few_rows_follows_the_size(shape, n_rows, width):
    assert auto_width((*shape, 3), n_rows, is_deep=False) == width


@pytest.mark.parametrize(("n_rows", "n_blocks"), [(499, 3), (500, 4)])
def test_auto_width_counts_the_rows_of_fit(n_rows, n_blocks):
    X = np.zeros((n_rows, 64, 64), np.uint8)
    X[::2, :32] = 255
    est = SmallCNNClassifier(epochs=1, batch_size=128, random_state=0)
    est.fit(X, np.arange(n_rows) % 2)
    assert sum(layer["layer"] == "conv" for layer in est.network_) == n_blocks
    assert est.n_rows_ == n_rows


@pytest.mark.parametrize("many_rows", [6, 7])
def test_auto_width_and_padding_follow_the_number_of_rows(monkeypatch, many_rows):
    monkeypatch.setattr(image_input, "MANY_ROWS", many_rows)
    X = np.random.default_rng(0).random((6, 16, 16))
    params = {"augment": None, "epochs": 1, "random_state": 0, "warm_start": True}
    est = SmallCNNClassifier(**params).fit(X, [0, 1, 0, 1, 0, 1])
    found = [layer for layer in est.network_ if layer["layer"] == "conv"]
    width, padding = ((64, 128, 128), "same") if many_rows == 6 else (
        (32, 64, 128), "valid"
    )  # fmt: skip
    assert est.n_rows_ == 6
    assert tuple(layer["filters"] for layer in found) == width
    assert {layer["padding"] for layer in found} == {padding}
    # What was settled stays where training goes on.
    assert est.fit(X[:4], [0, 1, 0, 1]).n_iter_ == 2


def test_an_older_file_of_many_rows_goes_on(monkeypatch):
    """It tells by its normalisation alone that rows were many."""
    monkeypatch.setattr(image_input, "MANY_ROWS", 8)
    X = np.random.default_rng(0).random((8, 16, 16))
    params = {"augment": None, "epochs": 1, "random_state": 0, "warm_start": True}
    older = SmallCNNClassifier((8, 8), **params).fit(X, np.arange(8) % 2)
    del older.n_rows_
    assert older.fit(X, np.arange(8) % 2).n_iter_ == 2
    assert older.normalization_ == "pooled"


@pytest.mark.parametrize("many_rows", [200, 201])
def test_the_network_is_normalised_from_many_rows_on(monkeypatch, digits, many_rows):
    monkeypatch.setattr(image_input, "MANY_ROWS", many_rows)
    est = net(epochs=1).fit(*digits)
    assert est.normalization_ == ("pooled" if many_rows == 200 else None)
    names = {layer["layer"] for layer in est.network_}
    assert any("norm" in name for name in names) == (many_rows == 200)


@pytest.mark.parametrize(
    ("normalization", "many_rows", "factor"),
    [("pooled", 200, 1), ("pooled", 201, 0), (None, 200, 0)],
)
@pytest.mark.parametrize(("optimizer", "of_many"), [("muon", 8), ("adam", 4)])
def test_auto_learning_rate_of_many_rows(
    monkeypatch, digits, normalization, many_rows, factor, optimizer, of_many
):
    X, y = digits
    assert len(X) == 200
    monkeypatch.setattr(image_input, "MANY_ROWS", many_rows)
    params = {"normalization": normalization, "learning_rate_schedule": "constant"}
    params |= {"warmup": 0.0, "optimizer": optimizer}
    explicit = net(learning_rate=0.001 * of_many**factor, **params).fit(X, y)
    assert_same_weights(net(**params).fit(X, y), explicit)


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "epochs", "in_colour"),
    [
        (10, 8, 600, 600),
        (100, 8, 92, 92),
        (1000, 32, 38, 38),
        (3999, 64, 30, 30),
        (4000, 64, 20, 20),
        (16_000, 128, 10, 10),
        (30_000, 128, 5, 8),
        (60_000, 128, 4, 8),
    ],
)
def test_epochs_and_batches_follow_the_number_of_rows(
    n_rows, batch_size, epochs, in_colour
):
    for n_channels, expected in ((1, epochs), (3, in_colour)):
        est = SmallCNNClassifier()
        est.image_shape_ = (28, 28, n_channels)
        assert est._auto_size(n_rows) == (batch_size, expected)


@pytest.mark.parametrize(
    "convert",
    [
        lambda X: X,
        lambda X: X + 1000,
        lambda X: (30 * X + 30_000).astype(np.uint16),
        lambda X: (100 * X - 1000).astype(np.int16),
    ],
)
def test_black_is_no_further_than_the_darkest_pixel(convert):
    X = np.random.default_rng(0).integers(0, 17, (20, 8, 8)).astype(float)
    y = np.arange(20) % 2
    expected = SmallCNNClassifier((2,), epochs=1, random_state=0).fit(X, y)._black()
    net = SmallCNNClassifier((2,), epochs=1, random_state=0).fit(convert(X), y)
    assert net._black() == pytest.approx(expected, rel=1e-5)


def test_a_scaling_of_each_pixel_can_be_trained_on():
    # As networks of Keras have it that begin with a Normalization of the channels.
    X, y = np.random.default_rng(0).random((20, 8, 8, 3)), np.arange(20) % 2
    fitted = net(augment="auto").fit(X, y)
    n_features = fitted.n_features_in_
    fitted.input_scaling_ = {
        "shift": np.tile([0.1, 0.2, 0.9], n_features // 3),
        "scale": np.tile([1.0, 2.0, 3.0], n_features // 3),
        "clip": None,
    }
    assert fitted._black() == image_input.LOWEST_BLACK  # (0 - 0.9) * 3 is less
    fitted.partial_fit(X, y)
    np.testing.assert_allclose(
        fitted.model_.predict(X, verbose=0).ravel(),
        fitted.predict_proba(X)[:, 1],
        atol=1e-5,
    )


@pytest.mark.parametrize("estimator", [SmallCNNClassifier, SmallCNNRegressor])
def test_a_channel_that_is_next_to_constant_is_a_warning(estimator):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 4, 4, 2)) * [1000, 1], np.arange(20) % 2
    quick = estimator((4,), epochs=1, augment=None, random_state=0)
    with pytest.warns(UserWarning, match="Channel 1 of X .* ImageNormalizer"):
        quick.fit(X, y)
    make_pipeline(ImageNormalizer(method="channel"), quick).fit(X, y)


def test_one_image_of_fractions_warns_where_others_were_not():
    X = np.random.default_rng(0).integers(0, 256, (20, 8, 8)).astype(float)
    net = SmallCNNClassifier((2,), epochs=1).fit(X, np.arange(20) % 2)
    with pytest.warns(UserWarning, match="scaled otherwise"):
        net.predict(X[:1] / 255)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(np.minimum(X[:1], 1))  # a dark image


def test_black_is_that_of_the_rows_to_train_on():
    X = np.random.default_rng(0).integers(0, 17, (20, 64)).astype(float)
    X[X < 8] = 0
    y, weight = np.arange(20) % 2, np.ones(20)
    params = {"image_shape": (8, 8), "epochs": 2, "augment": True, "random_state": 0}
    net = SmallCNNClassifier((2,), **params)
    expected = net.fit(X[:-1], y[:-1])._black()
    outlier, weight[-1] = X.copy(), 0
    outlier[-1] = -500
    assert net.fit(outlier, y, weight)._black() == expected
    dense = net.fit(X, y).weights_
    for found, wanted in zip(net.fit(sp.csr_array(X), y).weights_, dense, strict=True):
        np.testing.assert_array_equal(found, wanted)


# --- First kernels -------------------------------------------------------------------


def first_kernel(images, **params):
    """The kernel that training starts from, which it hardly moves here."""
    unmoved = {"optimizer": "sgd", "learning_rate": 1e-12, "weight_decay": 0.0}
    net = SmallCNNClassifier(
        (8,), epochs=1, augment=None, random_state=0, **(unmoved | params)
    )
    return net.fit(images, np.arange(images.shape[0]) % 2)


def is_whitened(net):
    kernel = net.weights_[0]
    return np.allclose(kernel[..., :4], -kernel[..., 4:], atol=1e-6)


@pytest.mark.parametrize(
    ("n_channels", "normalization", "expected"),
    [(1, None, False), (1, "batch", True), (3, None, True), (3, "pooled", True)],
)
def test_which_first_kernels_whiten(n_channels, normalization, expected):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, n_channels))
    net = first_kernel(images.astype(np.uint8), normalization=normalization)
    assert is_whitened(net) == expected


def test_whitening_kernels_are_the_same_for_all_forms_of_images():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 8, 8, 3)).astype(np.uint8)
    images[rng.random(images.shape) < 0.7] = 0
    expected = first_kernel(images).weights_[0]
    flat = images.reshape(60, -1)
    for X in (images / 1.0, sp.csr_array(flat.astype(np.float64))):
        found = first_kernel(X, image_shape=(8, 8, 3)).weights_[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_dense_first_layer_is_not_whitened():
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    assert SmallCNNClassifier((), epochs=1).fit(images, [0, 1] * 20).n_iter_ == 1


def test_going_on_keeps_the_first_kernel():
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    net = SmallCNNClassifier((8,), epochs=1, warm_start=True, learning_rate=1e-12)
    net.fit(images, [0, 1] * 20)
    before = net.weights_[0]
    net.fit(images[::-1] // 2, [0, 1] * 20)
    np.testing.assert_allclose(net.weights_[0], before, atol=1e-6)


@pytest.mark.parametrize("side", [1, 3])
def test_partial_fit_of_one_tiny_image_does_not_warn(side):
    image = np.full((1, side, side, 3), 7, np.uint8)
    net = SmallCNNClassifier((4,)).partial_fit(image, [0], classes=[0, 1])
    assert np.isfinite(net.predict_proba(image)).all()


def test_what_is_judged_are_the_weights_that_predict(digits, monkeypatch):
    judged = []
    monkeypatch.setattr(
        diagnosis, "warn_if_not_learnt", lambda *args: judged.append(args[1].weights)
    )
    X, y = digits
    augment = {"shift": 0.1, "refine": 0.5}
    est = net(epochs=4, augment=augment, label_smoothing=0.0).fit(X, y)
    assert_all_equal(judged[0], est.weights_)
