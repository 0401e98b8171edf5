"""Grids of images with labels, predictions and numbers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sknets import ImageNormalizer, ImageReshaper, SmallCNNClassifier, SmallCNNRegressor
from sknets.display import ImageGridDisplay
from tests.display.grids import IMAGES, Y_PRED, Y_PROBA, Y_TRUE, captions


class TestSamples:
    @pytest.mark.parametrize("layout", ["flat", "grey", "channel", "table"])
    def test_grey(self, layout, digits):
        X, y = digits
        images = X.reshape(-1, 8, 8)
        given = {
            "flat": X,
            "grey": images,
            "channel": images[..., None],
            "table": pd.DataFrame(X),
        }[layout]
        display = ImageGridDisplay.from_samples(given, y, n_images=7, n_cols=3)
        assert captions(display) == [str(label) for label in y[:7]]
        assert_array_equal(display.indices, np.arange(7))
        for i in range(7):
            assert_array_equal(display.images_[i].get_array(), images[i])
            assert display.images_[i].get_clim() == (0, 16)
            assert display.images_[i].get_cmap().name == "gray"
        columns = {ax.get_subplotspec().colspan.start for ax in display.axes_}
        assert columns == {0, 1, 2}

    @pytest.mark.parametrize(
        "contain",
        [
            list,
            lambda images: pd.Series(list(images), index=[7, 5, 3]),
            lambda images: pd.DataFrame({"image": list(images)}),
            lambda images: pd.Series([Image.fromarray(image) for image in images]),
        ],
        ids=["list", "Series", "frame", "PIL"],
    )
    def test_containers_of_images(self, contain):
        images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
        display = ImageGridDisplay.from_samples(contain(images))
        for i in range(3):
            assert_array_equal(display.images_[i].get_array(), images[i])

    @pytest.mark.parametrize("dtype", [object, "Int64", "category"])
    def test_labels_of_any_type(self, dtype):
        y_true, y_pred = pd.Series([1, 2], dtype=dtype), np.array([1, 3])
        display = ImageGridDisplay.from_predictions(np.eye(4)[:2], y_true, y_pred)
        assert captions(display) == ["true 1\npredicted 1", "true 2\npredicted 3"]

    @pytest.mark.parametrize("layout", ["images", "flat"])
    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    def test_colour(self, dtype, layout):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (3, 5, 5, 3))
        X = images.astype(np.uint8) if dtype == "uint8" else images / np.float32(255)
        X = X if layout == "images" else X.reshape(3, -1)
        display = ImageGridDisplay.from_samples(X)
        assert captions(display) == ["", "", ""]
        for i in range(3):
            drawn = display.images_[i].get_array()
            assert_allclose(drawn, images[i] / 255, atol=1e-6)

    def test_bytes_keep_their_range(self):
        X = np.full((2, 3, 3), 40, np.uint8)
        display = ImageGridDisplay.from_samples(X)
        assert display.images_[0].get_clim() == (0, 255)

    def test_pixels_that_fill_little_of_their_range_are_told_apart(self):
        X = np.linspace(200, 3900, 18).reshape(2, 3, 3).astype(np.uint16)
        display = ImageGridDisplay.from_samples(X, n_images=1)
        assert display.images_[0].get_clim() == (200, 3900)

    def test_range_is_that_of_all_images(self):
        X = np.stack([np.ones((3, 3)), np.full((3, 3), 5.0)])
        display = ImageGridDisplay.from_samples(X, n_images=1)
        assert display.images_[0].get_clim() == (0, 5)

    def test_image_shape(self):
        X = np.arange(20.0).reshape(2, 10)
        display = ImageGridDisplay.from_samples(X, image_shape=(2, 5))
        assert_array_equal(display.images_[1].get_array(), X[1].reshape(2, 5))
        with pytest.raises(ValueError, match="10 pixels.*no square image.*image_shape"):
            ImageGridDisplay.from_samples(X)

    def test_keywords_reach_the_artists(self, digits):
        display = ImageGridDisplay.from_samples(
            *digits, n_images=2, cmap="bone", im_kw={"vmax": 8}, text_kw={"size": 20}
        )
        assert display.images_[0].get_cmap().name == "bone"
        assert display.images_[0].get_clim() == (0, 8)
        assert display.titles_[0].get_fontsize() == 20

    @pytest.mark.parametrize(
        ("X", "params", "match"),
        [
            (np.zeros((2, 3, 3, 2)), {}, "1 channel .* found 2"),
            (np.zeros((2, 2, 2, 2, 1)), {}, r"found an array of shape \(2, 2, 2, 2, 1"),
            (np.zeros((2, 9)), {"image_shape": (2, 4)}, "expects"),
            (np.zeros((2, 9)), {"n_images": 0}, "n_images must be a positive integer"),
            (np.zeros((2, 9)), {"n_cols": 0}, "n_cols must be at least 1"),
            (np.zeros((2, 9)), {"y": [1]}, "inconsistent numbers of samples"),
            (np.zeros((2, 9)), {"y": np.eye(2)}, "y should be a 1d array"),
        ],
    )
    def test_bad_input(self, X, params, match):
        with pytest.raises(ValueError, match=match):
            ImageGridDisplay.from_samples(X, **params)


class TestPredictions:
    def test_captions(self):
        display = ImageGridDisplay.from_predictions(
            IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, n_images=4
        )
        assert captions(display) == [
            "true 0\npredicted 0, > 99 %",
            "true 1\npredicted 2, 60 %",
            "true 2\npredicted 2, 100 %",
            "true 0\npredicted 1, 50 %",
        ]
        colours = [title.get_color() for title in display.titles_]
        assert colours == ["black", "firebrick", "black", "firebrick"]

    @pytest.mark.parametrize("given", [True, False])
    def test_nothing_misclassified(self, given):
        ax = plt.subplots()[1] if given else None
        display = ImageGridDisplay.from_predictions(
            IMAGES, Y_TRUE, Y_TRUE, misclassified_only=True, ax=ax
        )
        assert len(display.axes_) == len(display.images_) == 0
        (axes,) = display.figure_.axes
        assert [text.get_text() for text in axes.texts] == ["none of 6 misclassified"]

    def test_estimator(self, cnn, digits):
        X, y = digits
        y_pred, y_proba = cnn.predict(X), cnn.predict_proba(X)
        wrong = np.flatnonzero(y_pred != y)
        assert 1 < len(wrong) < 100  # else this test shows nothing
        display = ImageGridDisplay.from_estimator(
            cnn, X, y, misclassified_only=True, n_images=5
        )
        expected = wrong[np.argsort(-y_proba[wrong].max(axis=1), kind="stable")][:5]
        assert_array_equal(display.indices, expected)
        assert_allclose(display.probability, y_proba[expected].max(axis=1), rtol=1e-5)
        assert_array_equal(display.y_pred, y_pred[expected])
        assert_array_equal(display.y_true, y[expected])
        display = ImageGridDisplay.from_estimator(cnn, X, y, n_images=3)
        assert_array_equal(display.indices, [0, 1, 2])
        assert_array_equal(display.y_pred, y_pred[:3])

    def test_estimator_that_knows_the_image_shape(self):
        X = np.random.default_rng(0).random((12, 24))
        y = np.array(["left", "right"] * 6)
        net = SmallCNNClassifier((2,), image_shape=(4, 6), epochs=1).fit(X, y)
        for estimator in (net, make_pipeline(ImageNormalizer(), net).fit(X, y)):
            display = ImageGridDisplay.from_estimator(estimator, X, y, n_images=2)
            assert_array_equal(display.images_[1].get_array(), X[1].reshape(4, 6))

    def test_channels_first(self):
        X = np.random.default_rng(0).random((8, 3, 4, 4))
        y = np.arange(8) % 2
        pipeline = make_pipeline(
            ImageReshaper(input_channels="first"), SmallCNNClassifier((2,), epochs=1)
        ).fit(X, y)
        display = ImageGridDisplay.from_estimator(pipeline, X, y, n_images=1)
        assert_allclose(display.images_[0].get_array(), np.moveaxis(X[0], 0, -1))

    def test_any_classifier(self, digits):
        X, y = digits
        pipeline = make_pipeline(PCA(5), LogisticRegression(max_iter=5000)).fit(X, y)
        table = pd.DataFrame(X)
        display = ImageGridDisplay.from_estimator(pipeline, table, y, n_images=2)
        assert_array_equal(display.images_[1].get_array(), X[1].reshape(8, 8))
        assert_allclose(display.probability, pipeline.predict_proba(X[:2]).max(axis=1))

    def test_bad_estimator(self, digits):
        X, y = digits
        with pytest.raises(NotFittedError):
            ImageGridDisplay.from_estimator(SmallCNNClassifier(), X, y)
        with pytest.raises(ValueError, match="classifiers and regressors; got PCA"):
            ImageGridDisplay.from_estimator(PCA(2).fit(X), X, y)

    def test_axes_given(self):
        figure, axes = plt.subplots(1, 2)
        display = ImageGridDisplay.from_samples(IMAGES, n_images=4, ax=axes[0])
        assert display.figure_ is figure
        right = axes[1].get_position().x0
        assert all(ax.get_position().x1 < right for ax in display.axes_)
        with pytest.raises(ValueError, match=r"pass ax=display.axes_"):
            display.plot(ax=axes[0])
        first = display.axes_[0]
        assert display.plot(ax=display.axes_).axes_[0] is first

    def test_captions_do_not_overlap(self):
        names = ["a rather long name", "another long name", "third"]
        display = ImageGridDisplay.from_predictions(
            IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, display_labels=names, n_cols=3
        )
        _, ax = plt.subplots()
        given = ImageGridDisplay(
            IMAGES, y_true=display.y_true, y_pred=display.y_pred
        ).plot(ax=ax, n_cols=3)
        for one in (display, given):
            one.figure_.canvas.draw()
            boxes = [title.get_window_extent() for title in one.titles_]
            boxes += [image.get_window_extent() for image in one.images_]
            whole = one.figure_.bbox
            for i, box in enumerate(boxes):
                assert whole.x0 <= box.x0 < box.x1 <= whole.x1
                assert whole.y0 <= box.y0 < box.y1 <= whole.y1
                assert not any(box.overlaps(other) for other in boxes[i + 1 :])


# --- Numbers instead of labels -------------------------------------------------------

TRUE = np.array([0.5, 2.0, 12345.678])
PREDICTED = np.array([0.25, 2.0, 12300.0])
CAPTIONS = [
    "true 0.5\npredicted 0.25",
    "true 2\npredicted 2",
    "true 1.235e+04\npredicted 1.23e+04",
]


def test_predictions_are_numbers_of_four_digits_and_none_is_wrong():
    display = ImageGridDisplay.from_predictions(IMAGES[:3], TRUE, PREDICTED)
    assert captions(display) == CAPTIONS
    assert {title.get_color() for title in display.titles_} == {"black"}
    assert display.y_pred.tolist() == PREDICTED.tolist()


def test_the_class_itself_takes_numbers():
    display = ImageGridDisplay(IMAGES[:3], y_true=TRUE, y_pred=PREDICTED).plot()
    assert captions(display) == CAPTIONS


def test_whole_numbers_with_fractions_predicted():
    display = ImageGridDisplay.from_predictions(IMAGES[:3], [1, 2, 3], [1.04, 2.5, 3.0])
    assert captions(display)[0] == "true 1\npredicted 1.04"


def test_samples():
    display = ImageGridDisplay.from_samples(IMAGES[:3], TRUE)
    assert captions(display) == ["0.5", "2", "1.235e+04"]


@pytest.mark.parametrize(
    "net", [Ridge(), SmallCNNRegressor((2,), epochs=1, random_state=0)]
)
def test_regressors(net):
    X = np.random.default_rng(0).random((20, 64))
    y = X.sum(axis=1)
    net.fit(X, y)
    display = ImageGridDisplay.from_estimator(net, X, y, n_images=2)
    predicted = net.predict(X[:2])
    assert captions(display) == [
        f"true {y[i]:.4g}\npredicted {predicted[i]:.4g}" for i in range(2)
    ]


def test_floats_without_fractions_are_labels_as_before():
    display = ImageGridDisplay.from_predictions(IMAGES[:3], [0.0, 1, 1], [0.0, 1, 0])
    assert captions(display)[2] == "true 1.0\npredicted 0.0"
    colours = [title.get_color() for title in display.titles_]
    assert colours == ["black", "black", "firebrick"]
