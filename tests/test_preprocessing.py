"""ImageReshaper and ImageNormalizer, against numpy by hand."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknets import preprocessing
from sknets.preprocessing import ImageNormalizer, ImageReshaper

CONFIGURATIONS = [
    ImageReshaper(),
    ImageReshaper(output="flat"),
    ImageReshaper(output="flat", input_channels="first"),
    ImageReshaper(output_channels="first"),
    ImageNormalizer(),
    ImageNormalizer(input_range=(-1, 3)),
    ImageNormalizer(method="channel"),
    ImageNormalizer(method="pixel"),
]

# Left out by parametrize_with_checks, run by scikit-learn on its own estimators.
FURTHER_CHECKS = [
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
    "check_param_validation",
]
COLUMN_NAME_CHECKS = [
    "check_get_feature_names_out_error",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=[ImageReshaper, ImageNormalizer])
def transformer(request):
    return request.param()


@pytest.fixture
def rgb(rng):
    """Five uint8 images, 4 x 6 pixels, three channels last."""
    return rng.integers(0, 256, size=(5, 4, 6, 3), dtype=np.uint8)


def channels_first(images):
    return images.transpose(0, 3, 1, 2)


# Both transformers


@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learn_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else the array API check is skipped
    check(estimator)


@pytest.mark.parametrize("check", FURTHER_CHECKS)
@pytest.mark.parametrize("estimator", CONFIGURATIONS, ids=str)
def test_further_scikit_learn_checks(estimator, check):
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


# The checks mix frames and arrays on purpose.
@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names")
@pytest.mark.parametrize("check", COLUMN_NAME_CHECKS)
@pytest.mark.parametrize(
    "estimator",
    [est for est in CONFIGURATIONS if hasattr(est, "get_feature_names_out")],
    ids=str,
)
def test_scikit_learn_column_name_checks(estimator, check):
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (np.full((2, 3, 3), np.nan), ValueError, "Input X contains NaN"),
        (np.full((2, 3, 3), np.inf), ValueError, "Input X contains infinity"),
        (np.ones((2, 3, 3), dtype=complex), ValueError, "Complex data not supported"),
        (np.ones((0, 3, 3)), ValueError, r"0 sample\(s\)"),
        (np.ones((2, 0, 3)), ValueError, r"0 feature\(s\) \(shape=\(2, 0, 3\)\)"),
        (np.ones((2, 3, 3, 3, 3)), ValueError, "dim 5, while dim <= 4 is required"),
        (np.ones(9), ValueError, "Expected 2D array, got 1D array"),
        ([[1, 2], [3]], ValueError, "their shapes differ: .* in row 0"),
        ([["dark"], ["light"]], ValueError, "bytes/strings"),
        (sparse.csr_array(np.eye(9)), TypeError, "Sparse data was passed"),
    ],
)
def test_bad_input_gives_scikit_learns_error(transformer, X, error, match):
    with pytest.raises(error, match=match):
        transformer.fit(X)


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_unfitted_transformer_says_so(transformer, method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(transformer, method)(np.ones((2, 4)))


def test_n_features_in_counts_every_pixel_of_an_image(transformer, rgb):
    assert transformer.fit(rgb).n_features_in_ == 4 * 6 * 3


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_images_of_another_size_are_refused(transformer, method, rgb):
    transformer.fit(rgb)
    with pytest.raises(ValueError, match=r"X has 24 features, but .* expecting 72"):
        getattr(transformer, method)(rgb[..., 0])


def test_images_of_another_shape_but_equal_size_are_refused(transformer, rgb):
    transformer.fit(rgb)
    with pytest.raises(
        ValueError, match=r"\(n_samples, 6, 4, 3\), but image_shape=\(4, 6, 3\) expects"
    ):
        transformer.transform(rgb.reshape(5, 6, 4, 3))


def test_channels_first_is_an_error_that_tells_the_remedy(transformer):
    with pytest.raises(
        ValueError, match=r"ImageReshaper\(input_channels='first'\).*\(3, 32, 32\)"
    ):
        transformer.fit(np.ones((2, 3, 32, 32)))


def test_image_shape_confirms_an_unusual_number_of_channels(transformer):
    transformer.set_params(image_shape=(3, 32, 32))
    assert transformer.fit_transform(np.ones((2, 3, 32, 32))).shape == (2, 3, 32, 32)


def test_small_feature_maps_are_not_taken_for_channels_first(transformer):
    assert transformer.fit(np.ones((2, 4, 4, 64))).image_shape_ == (4, 4, 64)


@pytest.mark.parametrize("image_shape", [(4,), (4, 6, 3, 1), (4, 0), (4.0, 6)])
def test_impossible_image_shape_is_refused(transformer, image_shape, rgb):
    transformer.set_params(image_shape=image_shape)
    with pytest.raises(ValueError, match=r"image_shape must be .*positive integers"):
        transformer.fit(rgb)


def test_image_shape_that_lacks_the_channels_is_completed_in_the_error(
    transformer, rgb
):
    transformer.set_params(image_shape=(4, 6))
    with pytest.raises(
        ValueError,
        match=r"\(n_samples, 72\), but .* expects \(n_samples, 24\).*"
        r"3 channels, give image_shape=\(4, 6, 3\)",
    ):
        transformer.fit(rgb.reshape(5, -1))


def test_failed_refit_leaves_the_fitted_state(transformer, rgb):
    transformer.fit(rgb)
    before = dict(vars(transformer))
    with pytest.raises(ValueError, match="looks like channels first"):
        transformer.fit(np.ones((2, 3, 32, 32)))
    assert vars(transformer) == before


def test_refit_on_an_array_forgets_the_names_of_a_frame(transformer, rng):
    X = pd.DataFrame(rng.uniform(size=(3, 4)), columns=list("abcd"))
    transformer.fit(X)
    assert list(transformer.feature_names_in_) == list("abcd")
    assert not hasattr(transformer.fit(X.to_numpy()), "feature_names_in_")


def test_inverse_transform_of_an_array_does_not_miss_names(transformer):
    X = pd.DataFrame(np.eye(4), columns=list("abcd"))
    X_out = transformer.fit_transform(X)
    np.testing.assert_array_equal(transformer.inverse_transform(X_out), X)


# ImageReshaper


@pytest.mark.parametrize(
    ("n_features", "image_shape"),
    [
        (784, (28, 28, 1)),
        (3072, (32, 32, 3)),
        (10, (1, 10, 1)),
    ],
)
def test_image_shape_is_inferred_from_the_number_of_features(n_features, image_shape):
    X = np.arange(2.0 * n_features).reshape(2, n_features)
    images = ImageReshaper().fit_transform(X)
    np.testing.assert_array_equal(images, X.reshape(2, *image_shape))


@pytest.mark.parametrize("image_shape", [(2, 8), [2, 8, 1], (2, 2, 4)])
def test_image_shape_is_used_where_given(image_shape):
    X = np.arange(32).reshape(2, 16)
    images = ImageReshaper(image_shape).fit_transform(X)
    np.testing.assert_array_equal(images.ravel(), X.ravel())
    assert images.shape == (2, *image_shape, 1)[:4]


def test_missing_channel_axis_is_added(rgb):
    grey = rgb[..., 0]
    images = ImageReshaper().fit_transform(grey)
    np.testing.assert_array_equal(images, grey[:, :, :, np.newaxis])


def test_channels_first_images_become_channels_last(rgb):
    images = ImageReshaper(input_channels="first").fit_transform(channels_first(rgb))
    np.testing.assert_array_equal(images, rgb)


def test_channels_last_images_become_channels_first(rgb):
    images = ImageReshaper(output_channels="first").fit_transform(rgb)
    np.testing.assert_array_equal(images, channels_first(rgb))


def test_channels_first_rows_are_read_plane_by_plane():
    """As the CIFAR-10 files have them: all red, then all green, then all blue."""
    row = np.repeat([10, 20, 30], 16)
    images = ImageReshaper(input_channels="first").fit_transform([row])
    np.testing.assert_array_equal(images, np.full((1, 4, 4, 3), [10, 20, 30]))


def test_flat_output_keeps_the_order_of_the_pixels(rgb):
    rows = ImageReshaper(output="flat").fit_transform(rgb)
    np.testing.assert_array_equal(rows, rgb.reshape(5, 72))


def test_flat_output_follows_output_channels(rgb):
    reshaper = ImageReshaper(output="flat", output_channels="first")
    rows = reshaper.fit_transform(rgb)
    np.testing.assert_array_equal(rows, channels_first(rgb).reshape(5, 72))


def test_transform_takes_other_layouts_than_fit(rgb):
    reshaper = ImageReshaper(image_shape=(4, 6, 3)).fit(rgb.reshape(5, 72))
    np.testing.assert_array_equal(reshaper.transform(rgb), rgb)


@pytest.mark.parametrize("output", ["images", "flat"])
@pytest.mark.parametrize("input_channels", ["first", "last"])
@pytest.mark.parametrize("output_channels", ["first", "last"])
@pytest.mark.parametrize("shape", [(6, 12), (6, 2, 2, 3), (6, 3, 4)])
def test_inverse_transform_restores_layout(
    output, input_channels, output_channels, shape
):
    X = np.arange(72).reshape(shape)
    if input_channels == "first" and X.ndim == 4:
        X = channels_first(X)
    reshaper = ImageReshaper(
        output=output, input_channels=input_channels, output_channels=output_channels
    )
    restored = reshaper.inverse_transform(reshaper.fit_transform(X))
    np.testing.assert_array_equal(restored, X, strict=True)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "uint16", "int64", "float16", "float64"]
)
def test_reshaper_keeps_the_type(dtype):
    images = ImageReshaper().fit_transform(np.ones((2, 16), dtype=dtype))
    assert images.dtype == dtype


@pytest.mark.parametrize(
    "X",
    [
        np.ones((3, 12)),
        np.ones((3, 12), order="F"),
        np.ones((6, 24))[::2, ::2],
        np.ones((3, 2, 2, 3)),
        np.ones((3, 4, 5)),
    ],
    ids=["rows", "Fortran order", "strides", "images", "grey images"],
)
@pytest.mark.parametrize("output_channels", ["first", "last"])
def test_reshaping_to_images_does_not_copy(X, output_channels):
    images = ImageReshaper(output_channels=output_channels).fit_transform(X)
    assert np.shares_memory(images, X)


def test_reading_channels_first_does_not_copy(rgb):
    X = channels_first(rgb).copy()
    assert np.shares_memory(ImageReshaper(input_channels="first").fit_transform(X), X)


def test_flattening_images_does_not_copy(rgb):
    assert np.shares_memory(ImageReshaper(output="flat").fit_transform(rgb), rgb)


def test_reshaping_a_memory_map_does_not_read_it_into_memory(tmp_path):
    X = np.memmap(tmp_path / "X", dtype=np.uint8, mode="w+", shape=(3, 16))
    assert np.shares_memory(ImageReshaper().fit_transform(X), X)


def test_channels_last_is_refused_where_channels_first_is_expected():
    with pytest.raises(
        ValueError, match="looks like channels last, but channels first"
    ):
        ImageReshaper(input_channels="first").fit(np.ones((2, 32, 32, 3)))


def test_channels_at_the_other_end_than_image_shape_says_is_an_error(rgb):
    with pytest.raises(ValueError, match=r"Read it with .*input_channels='first'"):
        ImageReshaper(image_shape=(4, 6, 3)).fit(channels_first(rgb))


def test_names_of_flat_output_move_with_the_pixels():
    X = pd.DataFrame([[1, 2, 3, 4, 5, 6]], columns=list("abcdef"))
    reshaper = ImageReshaper((1, 2, 3), output="flat", output_channels="first")
    X_out = reshaper.set_output(transform="pandas").fit_transform(X)
    expected = pd.DataFrame([[1, 4, 2, 5, 3, 6]], columns=list("adbecf"))
    pd.testing.assert_frame_equal(X_out, expected)


def test_images_have_no_column_names():
    assert not hasattr(ImageReshaper(), "get_feature_names_out")
    assert not hasattr(ImageReshaper(), "set_output")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_images_stay_arrays_whatever_output_is_configured(library, rgb):
    with config_context(transform_output=library):
        assert isinstance(ImageReshaper().fit_transform(rgb), np.ndarray)
        assert isinstance(ImageNormalizer().fit_transform(rgb), np.ndarray)


# ImageNormalizer, method="range"


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("uint8", 0, 255),
        ("int8", -128, 127),
        ("uint16", 0, 65535),
        ("int16", -32768, 32767),
        ("bool", 0, 1),
    ],
)
def test_short_types_are_scaled_by_their_range(dtype, low, high):
    X = np.array([[low, 1, high]], dtype=dtype)
    expected = np.array([[0, (1 - low) / (high - low), 1]], dtype=np.float32)
    X_out = ImageNormalizer().fit_transform(X)
    np.testing.assert_allclose(X_out, expected, rtol=1e-6)


def test_uint8_is_divided_by_255_however_dark():
    X = np.array([[0, 1, 51]], dtype=np.uint8)
    X_out = ImageNormalizer().fit_transform(X)
    np.testing.assert_array_equal(X_out, X / np.float32(255), strict=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
@pytest.mark.parametrize(
    ("observed", "low", "high"),
    [
        ((0, 255), 0, 255),
        ((0, 16), 0, 16),
        ((100, 200), 0, 200),
        ((0, 1), 0, 1),
        ((0, 0), 0, 1),
        ((-1, 1), -1, 1),
        ((-3, 5), -3, 5),
        ((-3, -2), -3, 1),
    ],
)
def test_other_types_are_scaled_by_the_observed_range(dtype, observed, low, high):
    X = np.array([observed], dtype=dtype)
    normalizer = ImageNormalizer().fit(X)
    assert (normalizer.offset_, normalizer.scale_) == (low, high - low)


def test_dark_floats_in_0_to_1_are_left_as_they_are():
    X = np.array([[0, 0.125], [0.25, 0.0625]])
    np.testing.assert_array_equal(ImageNormalizer().fit_transform(X), X)


def test_given_range_is_used_without_clipping():
    X_out = ImageNormalizer(input_range=(-10, 30)).fit_transform([[-10, 10, 30, 70]])
    np.testing.assert_array_equal(X_out, np.float32([[0, 0.5, 1, 2]]))


@pytest.mark.parametrize(
    "input_range", [(1, 0), (1, 1), (0,), (0, 1, 2), (0, np.inf), (0, "1")]
)
def test_impossible_range_is_refused(input_range):
    with pytest.raises(ValueError, match=r"input_range must be .*low < high, got"):
        ImageNormalizer(input_range=input_range).fit([[0, 1]])


@pytest.mark.parametrize("method", ["channel", "pixel"])
def test_range_without_effect_is_refused(method):
    with pytest.raises(ValueError, match=f"no effect with method='{method}'"):
        ImageNormalizer(method, input_range=(0, 1)).fit([[0, 1]])


# ImageNormalizer, method="channel" and "pixel"


@pytest.fixture
def small_batches(monkeypatch):
    """Two images of 72 pixels at a time."""
    monkeypatch.setattr(preprocessing, "_BATCH_PIXELS", 150)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize(("method", "axis"), [("pixel", 0), ("channel", (0, 1, 2))])
@pytest.mark.usefixtures("small_batches")
def test_mean_and_deviation_are_those_of_numpy(method, axis, dtype, rgb):
    normalizer = ImageNormalizer(method).fit(rgb.astype(dtype))
    np.testing.assert_allclose(normalizer.offset_, rgb.mean(axis=axis), rtol=1e-12)
    np.testing.assert_allclose(normalizer.scale_, rgb.std(axis=axis), rtol=1e-12)


@pytest.mark.parametrize(("method", "axis"), [("pixel", 0), ("channel", (0, 1, 2))])
@pytest.mark.usefixtures("small_batches")
def test_transform_standardises(method, axis, rgb):
    X_out = ImageNormalizer(method).fit_transform(rgb)
    expected = (rgb - rgb.mean(axis=axis)) / rgb.std(axis=axis)
    np.testing.assert_allclose(X_out, expected, atol=1e-6)


@pytest.mark.parametrize("method", ["channel", "pixel"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 / 3])
@pytest.mark.usefixtures("small_batches")
def test_constant_pixels_get_scale_1(method, value):
    X = np.full((40, 3, 2, 1), value)  # batches whose mean of 0.1 is not 0.1
    normalizer = ImageNormalizer(method).fit(X)
    np.testing.assert_array_equal(normalizer.scale_, 1)
    np.testing.assert_array_equal(normalizer.transform(X), 0)


@pytest.mark.parametrize("method", ["channel", "pixel"])
def test_small_deviation_beside_a_large_mean_is_exact(method):
    X = 1e9 + np.array([[[[-2.0]]], [[[2.0]]]])
    X_out = ImageNormalizer(method).fit_transform(X)
    np.testing.assert_array_equal(X_out.ravel(), [-1, 1])


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_fit_needs_little_memory(method, tmp_path):
    shape = (8_000, 32, 32)
    X = np.memmap(tmp_path / "X", dtype=np.uint8, mode="w+", shape=shape)
    tracemalloc.start()
    try:
        ImageNormalizer(method).fit(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes  # of 8 MB; in float64 it would be 64 MB


def test_colours_of_flat_rows_are_scaled_channel_by_channel():
    rows = np.array([[0, 10, 20] * 4, [2, 20, 60] * 4])
    X_out = ImageNormalizer("channel").fit_transform(rows)
    np.testing.assert_allclose(X_out, [[-1] * 12, [1] * 12])


def test_image_shape_tells_the_channels_of_flat_rows(rgb):
    normalizer = ImageNormalizer("channel", image_shape=(4, 6, 3))
    X_out = normalizer.fit_transform(rgb.reshape(5, 72))
    expected = ImageNormalizer("channel").fit_transform(rgb)
    np.testing.assert_array_equal(X_out, expected.reshape(5, 72))


# ImageNormalizer, every method


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4), (3, 4, 4, 1)])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64"])
def test_output_is_float32_in_the_layout_of_the_input(method, shape, dtype, rng):
    X = rng.integers(0, 2, size=shape).astype(dtype)
    X_out = ImageNormalizer(method).fit_transform(X)
    assert X_out.dtype == np.float32
    assert X_out.shape == shape


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_layout_of_transform_may_differ_from_that_of_fit(method, rgb):
    normalizer = ImageNormalizer(method).fit(rgb)
    rows = normalizer.transform(rgb.reshape(5, 72))
    np.testing.assert_array_equal(rows, normalizer.transform(rgb).reshape(5, 72))


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_order_in_memory_does_not_matter(method, rgb):
    expected = ImageNormalizer(method).fit_transform(rgb)
    for X in (np.asfortranarray(rgb), rgb.repeat(2, axis=2)[:, :, ::2]):
        X_out = ImageNormalizer(method).fit_transform(X)
        np.testing.assert_allclose(X_out, expected, rtol=1e-6)


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_input_is_neither_changed_nor_shared(method, rng):
    X = rng.uniform(size=(3, 4, 4, 1)).astype(np.float32)
    before = X.copy()
    normalizer = ImageNormalizer(method)
    X_out = normalizer.fit_transform(X)
    normalizer.inverse_transform(X_out)
    np.testing.assert_array_equal(X, before)
    assert not np.shares_memory(X_out, X)


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_inverse_transform_restores_the_pixels(method, rgb):
    normalizer = ImageNormalizer(method)
    restored = normalizer.inverse_transform(normalizer.fit_transform(rgb))
    assert restored.dtype == np.float32
    np.testing.assert_array_equal(restored.round().clip(0, 255).astype("uint8"), rgb)


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
@pytest.mark.parametrize(
    ("fitted", "passed"),
    [
        ("uint8", "float32"),
        ("float64", "uint8"),
        ("uint8", "uint16"),
        ("bool", "uint8"),
    ],
)
def test_pixels_of_a_contradicting_type_are_refused(method, fitted, passed):
    normalizer = ImageNormalizer(method).fit(np.eye(4).astype(fitted))
    with pytest.raises(
        ValueError, match=f"X has dtype {passed}, but .* fitted on {fitted} pixels"
    ):
        normalizer.transform(np.eye(4).astype(passed))


@pytest.mark.parametrize(
    ("fitted", "passed"),
    [("uint8", "int64"), ("int64", "uint8"), ("float64", "int64"), ("bool", "float64")],
)
def test_pixels_of_a_type_that_contradicts_nothing_are_taken(fitted, passed):
    normalizer = ImageNormalizer().fit(np.eye(4).astype(fitted))
    expected = normalizer.transform(np.eye(4).astype(fitted))
    X_out = normalizer.transform(np.eye(4).astype(passed))
    np.testing.assert_array_equal(X_out, expected)


def test_given_range_takes_any_type():
    normalizer = ImageNormalizer(input_range=(0, 255)).fit(np.uint8([[0, 255]]))
    X_out = normalizer.transform([[0.0, 51.0]])
    np.testing.assert_array_equal(X_out, np.float32([[0, 0.2]]))


def test_frame_gives_a_frame_of_the_same_columns():
    X = pd.DataFrame({"a": [0, 5], "b": [10, 10]}, index=["first", "second"])
    X_out = ImageNormalizer().set_output(transform="pandas").fit_transform(X)
    expected = pd.DataFrame(
        {"a": [0, 0.5], "b": [1.0, 1.0]}, index=X.index, dtype="float32"
    )
    pd.testing.assert_frame_equal(X_out, expected)


def test_images_of_the_normalizer_have_no_column_names(rgb):
    assert not hasattr(ImageNormalizer().fit(rgb), "get_feature_names_out")


# In a Pipeline


@pytest.fixture
def digits_pipeline():
    return Pipeline(
        [
            ("reshape", ImageReshaper()),
            ("scale", ImageNormalizer()),
            ("flatten", ImageReshaper(output="flat")),
            ("classify", LogisticRegression(max_iter=200)),
        ]
    )


def test_pipeline_of_both_scales_digits(digits_pipeline):
    X, y = load_digits(n_class=3, return_X_y=True)
    X_out = digits_pipeline.fit(X, y)[:3].transform(X)
    np.testing.assert_array_equal(X_out, (X / 16).astype(np.float32))


def test_scaling_method_can_be_searched_in_a_pipeline(digits_pipeline):
    X, y = load_digits(n_class=3, return_X_y=True)
    grid = {"scale__method": ["range", "channel", "pixel"]}
    search = GridSearchCV(digits_pipeline, grid, cv=3, error_score="raise").fit(X, y)
    assert search.cv_results_["mean_test_score"].min() > 0.95


def test_pipeline_leads_from_a_frame_to_images():
    X = pd.DataFrame(np.eye(4), columns=list("abcd"))
    pipeline = Pipeline([("reshape", ImageReshaper()), ("scale", ImageNormalizer())])
    images = pipeline.fit(X).transform(X)
    np.testing.assert_array_equal(images, np.eye(4).reshape(4, 2, 2, 1))
