import builtins
import subprocess
import sys

import matplotlib as mpl

mpl.use("Agg")

import keras
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets.display import (
    FeatureMapsDisplay,
    FiltersDisplay,
    ImageGridDisplay,
    SaliencyDisplay,
    TrainingCurvesDisplay,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def cnn(digits):
    """Two convolutions on 8 x 8 images."""
    X, y = digits
    return SmallCNNClassifier(
        (4, 6), 0.0, epochs=3, batch_size=16, learning_rate=0.05, random_state=0
    ).fit(X, y)


@pytest.fixture(scope="module")
def dense(digits):
    """Dense layers on rows of 64 pixels, with validation losses and a clip."""
    X, y = digits
    net = DenseNetClassifier(
        8, 0.0, epochs=6, batch_size=16, learning_rate=0.05, random_state=0
    )
    return net.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])


@pytest.fixture(scope="module")
def text():
    """A network for texts."""
    return TextPoolClassifier(epochs=1, random_state=0).fit(
        ["good film", "bad film"] * 4, [1, 0] * 4
    )


def captions(display):
    return [title.get_text() for title in display.titles_]


HISTORY = {
    "loss": [0.9, 0.5, 0.3, 0.2],
    "accuracy": [0.6, 0.7, 0.9, 0.95],
    "val_loss": [0.8, 0.6, 0.5, 0.7],
    "val_accuracy": [0.5, 0.7, 0.8, 0.75],
}


class TestMatplotlib:
    def test_import_without_matplotlib(self):
        code = (
            "import sys, sknets; assert 'sknets.display' not in sys.modules; "
            "sknets.display.ImageGridDisplay; "
            "assert not {'matplotlib', 'tensorflow', 'keras'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    @pytest.mark.parametrize(
        ("caller", "draw"),
        {
            "TrainingCurvesDisplay.from_history": TrainingCurvesDisplay.from_history,
            "ImageGridDisplay.from_samples": ImageGridDisplay.from_samples,
            "FiltersDisplay.from_estimator": FiltersDisplay.from_estimator,
            "SaliencyDisplay.plot": lambda x: SaliencyDisplay(x, x).plot(),
        }.items(),
    )
    def test_missing(self, caller, draw, monkeypatch):
        real = builtins.__import__

        def without(name, *args, **kwargs):
            if name.split(".")[0] == "matplotlib":
                raise ImportError("No module named 'matplotlib'")
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without)
        message = rf"{caller} requires matplotlib.*pip install matplotlib"
        with pytest.raises(ImportError, match=message):
            draw(np.zeros((2, 2, 1)))


class TestTrainingCurves:
    def test_lines_and_labels(self):
        display = TrainingCurvesDisplay.from_history(HISTORY)
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]
        assert [ax.get_xlabel() for ax in display.axes_] == ["epoch", "epoch"]
        assert set(display.lines_[""]) == set(HISTORY)
        for key, values in HISTORY.items():
            line = display.lines_[""][key]
            assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
            assert_array_equal(line.get_ydata(), values)
            assert line.axes is display.axes_[int("accuracy" in key)]
        texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
        assert texts == ["training", "validation", "best epoch (3)"]

    def test_best_epoch_is_on_the_validation_curve(self):
        display = TrainingCurvesDisplay.from_history(HISTORY)
        marks = display.best_epoch_lines_[""]
        assert marks["loss"].get_xydata().tolist() == [[3, 0.5]]
        assert marks["accuracy"].get_xydata().tolist() == [[3, 0.8]]

    @pytest.mark.parametrize(
        ("history", "params"),
        [
            (HISTORY, {"mark_best": False}),
            ({"loss": [0.5, 0.2]}, {}),
            ({"loss": [0.5, 0.2], "val_loss": [np.nan, np.nan]}, {}),
        ],
    )
    def test_no_best_epoch(self, history, params):
        display = TrainingCurvesDisplay.from_history(history, **params)
        assert display.best_epoch_lines_ == {"": {}}

    def test_estimator(self, dense):
        display = TrainingCurvesDisplay.from_estimator(dense)
        for key in ("loss", "val_loss", "accuracy", "val_accuracy"):
            line = display.lines_[""][key]
            assert_array_equal(line.get_ydata(), dense.history_[key])
        lowest = int(np.argmin(dense.history_["val_loss"])) + 1
        assert display.best_epochs == {"": lowest}

    @pytest.mark.parametrize("epochs", [2, 40])
    def test_best_epoch_of_early_stopping(self, epochs, blobs):
        X, y = blobs
        net = DenseNetClassifier(
            8, 0.5, epochs=epochs, learning_rate=0.1, early_stopping=True, patience=1,
            validation_fraction=None, random_state=0,
        ).fit(X, y)  # fmt: skip
        assert (net.best_epoch_ < net.n_iter_) == (epochs == 40)
        # Without validation rows there is no other way to know it.
        display = TrainingCurvesDisplay.from_estimator(net)
        (x,) = display.best_epoch_lines_[""]["loss"].get_xdata()
        assert x == net.best_epoch_

    @pytest.mark.parametrize("wrap", ["pipeline", "search"])
    def test_estimator_inside(self, wrap, dense, digits):
        if wrap == "pipeline":
            estimator = make_pipeline(FunctionTransformer(), dense)
        else:
            grid = {"width": [8]}
            estimator = GridSearchCV(DenseNetClassifier(epochs=2), grid, cv=2)
            estimator.fit(digits[0][:40], digits[1][:40] % 2)
            dense = estimator.best_estimator_
        display = TrainingCurvesDisplay.from_estimator(estimator)
        assert_array_equal(
            display.lines_[""]["loss"].get_ydata(), dense.history_["loss"]
        )

    def test_several_fits(self, dense, cnn):
        display = TrainingCurvesDisplay.from_estimator({"dense": dense, "CNN": cnn})
        a, b = display.lines_["dense"], display.lines_["CNN"]
        assert_array_equal(a["loss"].get_ydata(), dense.history_["loss"])
        assert_array_equal(b["loss"].get_ydata(), cnn.history_["loss"])
        assert a["loss"].get_color() == a["val_loss"].get_color()
        assert a["loss"].get_color() != b["loss"].get_color()
        assert a["loss"].get_linestyle() == "--"
        assert a["val_loss"].get_linestyle() == "-"
        texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
        assert texts == ["dense", "CNN", "training", "validation", "best epoch"]

    def test_several_fits_without_validation(self):
        display = TrainingCurvesDisplay.from_history(
            {"a": {"loss": [2.0, 1.0]}, "b": {"loss": [3.0, 1.0]}}
        )
        assert display.lines_["b"]["loss"].get_linestyle() == "-"
        texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
        assert texts == ["a", "b"]

    def test_one_epoch_is_visible(self):
        display = TrainingCurvesDisplay.from_history({"loss": [0.4]})
        assert display.lines_[""]["loss"].get_marker() == "."

    def test_keras_history_and_csv(self, tmp_path):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        path = tmp_path / "log.csv"
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(8, 2)), rng.normal(size=8)
        history = model.fit(
            X, y, epochs=3, verbose=0, validation_data=(X, y),
            callbacks=[keras.callbacks.CSVLogger(path)],
        )  # fmt: skip
        display = TrainingCurvesDisplay.from_history({"object": history, "file": path})
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "mae"]
        for key, values in history.history.items():
            for name in ("object", "file"):
                drawn = display.lines_[name][key].get_ydata()
                assert_allclose(drawn, values, rtol=1e-12)

    def test_csv_gaps_and_learning_rate(self, tmp_path):
        path = tmp_path / "log.csv"
        path.write_text(
            "epoch;accuracy;learning_rate;loss\n0;0.5;0.1;NA\n1;0.6;0.1;0.25\n"
        )
        display = TrainingCurvesDisplay.from_history(str(path))
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]
        assert_array_equal(display.lines_[""]["loss"].get_ydata(), [np.nan, 0.25])
        display = display.plot(metrics="learning_rate")
        assert [ax.get_ylabel() for ax in display.axes_] == ["learning rate"]

    def test_axes_given(self):
        figure, (first, second) = plt.subplots(1, 2)
        display = TrainingCurvesDisplay.from_history(HISTORY, ax=[first, second])
        assert list(display.axes_) == [first, second]
        assert display.figure_ is figure
        again = display.plot(metrics=["accuracy"], ax=second, line_kw={"color": "red"})
        assert again is display
        assert len(display.axes_) == 1
        assert display.lines_[""]["accuracy"].get_color() == "red"
        assert not second.axison

    @pytest.mark.parametrize(
        ("history", "error", "match"),
        [
            ({}, ValueError, "has no epochs"),
            ({"loss": []}, ValueError, "has no epochs"),
            ({"loss": [1.0, 2.0], "accuracy": [1.0]}, ValueError, "different lengths"),
            ({"loss": ["low", "high"]}, ValueError, "one number an epoch under 'loss'"),
            ([0.5, 0.4], TypeError, "must be a dict of lists.*got list"),
        ],
    )
    def test_bad_history(self, history, error, match):
        with pytest.raises(error, match=match):
            TrainingCurvesDisplay.from_history(history)

    def test_bad_csv(self, tmp_path):
        path = tmp_path / "log.csv"
        path.write_text("epoch,loss\n0,low\n")
        with pytest.raises(ValueError, match=r"log.csv' must hold numbers.*'low'"):
            TrainingCurvesDisplay.from_history(path)
        path.write_text("")
        with pytest.raises(ValueError, match=r"log.csv' has no epochs"):
            TrainingCurvesDisplay.from_history(path)

    def test_bad_estimator(self, digits):
        with pytest.raises(NotFittedError):
            TrainingCurvesDisplay.from_estimator(DenseNetClassifier())
        other = LogisticRegression(max_iter=5000).fit(*digits)
        with pytest.raises(TypeError, match="LogisticRegression has no history_"):
            TrainingCurvesDisplay.from_estimator(other)
        with pytest.raises(ValueError, match="empty dict"):
            TrainingCurvesDisplay.from_estimator({})

    def test_bad_plot_parameters(self):
        display = TrainingCurvesDisplay({"a": HISTORY})
        with pytest.raises(ValueError, match=r"some of \['loss'.*got \['auc'\]"):
            display.plot(metrics="auc")
        _, axes = plt.subplots(1, 3)
        with pytest.raises(ValueError, match="to have 2 axes, got 3"):
            display.plot(ax=axes)


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

    def test_names_of_classes(self):
        X = np.zeros((3, 4))
        names = ["zero", "one", "two", "three"]
        display = ImageGridDisplay.from_samples(X, [3, 0, 3], display_labels=names)
        assert captions(display) == ["three", "zero", "three"]
        display = ImageGridDisplay.from_samples(
            X, ["b", "a", "b"], display_labels=["first", "second"]
        )
        assert captions(display) == ["second", "first", "second"]
        display = ImageGridDisplay.from_samples(
            X, ["b", "a", "b"], labels=["c", "b", "a"], display_labels=["C", "B", "A"]
        )
        assert captions(display) == ["B", "A", "B"]
        with pytest.raises(
            ValueError, match=r"is for 3 classes.*2: \['a', 'b'\].*labe"
        ):
            ImageGridDisplay.from_samples(X, list("bab"), display_labels=list("ABC"))

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


# Of six images, 1, 3, 4 and 5 are misclassified, 4 with the highest probability.
Y_TRUE = np.array([0, 1, 2, 0, 1, 2])
Y_PRED = np.array([0, 2, 2, 1, 0, 0])
Y_PROBA = np.array(
    [
        [0.999, 0.001, 0.0],
        [0.1, 0.3, 0.6],
        [0.0, 0.0, 1.0],
        [0.2, 0.5, 0.3],
        [0.9, 0.1, 0.0],
        [0.6, 0.0, 0.4],
    ]
)
IMAGES = np.arange(6 * 9, dtype=float).reshape(6, 3, 3)


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

    def test_misclassified_worst_first(self):
        display = ImageGridDisplay.from_predictions(
            IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, misclassified_only=True
        )
        # 1 and 5 have the same probability and keep their order.
        assert display.indices.tolist() == [4, 1, 5, 3]
        assert captions(display)[0] == "true 1\npredicted 0, 90 %"
        for index, image in zip(display.indices, display.images_, strict=True):
            assert_array_equal(image.get_array(), IMAGES[index])
        assert display.figure_.get_suptitle() == "4 of 6 misclassified"

    def test_title_says_what_is_left_out(self):
        draw = ImageGridDisplay.from_predictions
        params = {"misclassified_only": True, "n_images": 2}
        display = draw(IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, **params)
        assert display.indices.tolist() == [4, 1]
        assert display.title == "4 of 6 misclassified, the most confident 2"
        display = draw(IMAGES, Y_TRUE, Y_PRED, **params)
        assert display.indices.tolist() == [1, 3]
        assert display.title == "4 of 6 misclassified, the first 2"
        assert captions(display)[0] == "true 1\npredicted 2"

    @pytest.mark.parametrize("given", [True, False])
    def test_nothing_misclassified(self, given):
        ax = plt.subplots()[1] if given else None
        display = ImageGridDisplay.from_predictions(
            IMAGES, Y_TRUE, Y_TRUE, misclassified_only=True, ax=ax
        )
        assert len(display.axes_) == len(display.images_) == 0
        (axes,) = display.figure_.axes
        assert [text.get_text() for text in axes.texts] == ["none of 6 misclassified"]

    def test_labels_of_the_columns(self):
        y_true, y_pred = np.array(["b", "a", "b"]), np.array(["a", "a", "b"])
        y_proba = [[0.7, 0.3, 0.0], [0.8, 0.2, 0.0], [0.4, 0.6, 0.0]]
        draw = ImageGridDisplay.from_predictions
        with pytest.raises(ValueError, match="y_proba is for 3 classes.*there are 2"):
            draw(IMAGES[:3], y_true, y_pred, y_proba=y_proba)
        display = draw(
            IMAGES[:3], y_true, y_pred, y_proba=y_proba, labels=["b", "a", "c"]
        )
        assert_allclose(display.probability, [0.3, 0.2, 0.4])
        with pytest.raises(ValueError, match="the label 'b', which is none of"):
            draw(IMAGES[:3], y_true, y_pred, y_proba=y_proba, labels=["a", "c", "d"])

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

    def test_label_unknown_to_the_estimator(self, cnn, digits):
        names = [f"digit {label}" for label in range(10)]
        y = np.array([0, 42])
        display = ImageGridDisplay.from_estimator(
            cnn, digits[0][:2], y, display_labels=names
        )
        assert display.y_true.tolist() == ["digit 0", "42"]

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


class TestFilters:
    def test_grey(self, cnn):
        display = FiltersDisplay.from_estimator(cnn, n_cols=3)
        kernel = cnn.weights_[0]
        assert len(display.images_) == 4
        top = np.abs(kernel).max()
        for i, image in enumerate(display.images_):
            assert_array_equal(image.get_array(), kernel[:, :, 0, i])
            assert_allclose(image.get_clim(), (-top, top))
        assert display.colorbar_.ax.get_ylabel() == "weight"
        # Row by row: the fourth is below the first.
        left, _, bottom, _ = display.images_[3].get_extent()
        assert left == 0
        assert bottom > display.images_[0].get_extent()[2]

    def test_colour(self):
        filters = np.random.default_rng(0).normal(size=(3, 3, 3, 2))
        filters[0, 0, 0, 1] = 0
        display = FiltersDisplay(filters).plot()
        top = np.abs(filters).max()
        drawn = display.images_[1].get_array()
        assert drawn[0, 0, 0] == 0.5
        assert_allclose(drawn, 0.5 + filters[..., 1] / top / 2)
        assert display.colorbar_ is None

    def test_bad_input(self, dense, text):
        with pytest.raises(NotFittedError):
            FiltersDisplay.from_estimator(SmallCNNClassifier())
        with pytest.raises(TypeError, match="convolutions.*DenseNetClassifier has non"):
            FiltersDisplay.from_estimator(dense)
        with pytest.raises(TypeError, match="input is images; TextPool.*takes texts"):
            FiltersDisplay.from_estimator(text)
        with pytest.raises(ValueError, match="1 channel or 3.*found 2"):
            FiltersDisplay(np.zeros((3, 3, 2, 4))).plot()
        with pytest.raises(ValueError, match="n_cols must be at least 1"):
            FiltersDisplay(np.zeros((3, 3, 1, 4))).plot(n_cols=0)
        with pytest.raises(TypeError, match="ax must be one Axes; got list"):
            FiltersDisplay(np.zeros((3, 3, 1, 4))).plot(ax=[1, 2])


class TestFeatureMaps:
    @pytest.mark.parametrize(("layer", "number"), [(0, 0), (1, 1), (-1, 1)])
    def test_equal_to_keras(self, layer, number, cnn, digits):
        X, _ = digits
        display = FeatureMapsDisplay.from_estimator(cnn, X[3], layer=layer)
        model = cnn.model_
        convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
        inner = keras.Model(model.inputs[0], convolutions[number].output)
        expected = inner(X[3:4].reshape(1, 8, 8, 1)).numpy()[0]
        assert_allclose(display.feature_maps, expected, atol=1e-5)
        for i, image in enumerate(display.images_):
            assert_array_equal(image.get_array(), display.feature_maps[..., i])
            assert image.get_clim() == (0, display.feature_maps.max())

    def test_layouts_of_one_image(self, cnn, digits):
        X, _ = digits
        expected = FeatureMapsDisplay.from_estimator(cnn, X[3]).feature_maps
        image = X[3].reshape(8, 8)
        layouts = (X[3:4], image, image[None], image[..., None], image.tolist())
        for given in layouts:
            display = FeatureMapsDisplay.from_estimator(cnn, given, colorbar=False)
            assert_array_equal(display.feature_maps, expected)
            assert display.colorbar_ is None

    def test_pipeline(self, cnn, digits):
        X, _ = digits
        halve = FunctionTransformer(lambda X: X / 2)
        pipeline = make_pipeline(halve, cnn)
        halve.fit(X)
        expected = FeatureMapsDisplay.from_estimator(cnn, X[3] / 2).feature_maps
        display = FeatureMapsDisplay.from_estimator(pipeline, X[3])
        assert_array_equal(display.feature_maps, expected)

    def test_bad_input(self, cnn, dense, digits):
        X, _ = digits
        with pytest.raises(NotFittedError):
            FeatureMapsDisplay.from_estimator(SmallCNNClassifier(), X[0])
        with pytest.raises(TypeError, match="needs a network with convolutions"):
            FeatureMapsDisplay.from_estimator(dense, X[0])
        with pytest.raises(ValueError, match=r"one image of 64 pixels.*\(2, 64\)"):
            FeatureMapsDisplay.from_estimator(cnn, X[:2])
        with pytest.raises(ValueError, match="one of the 2 convolutions.*got 2"):
            FeatureMapsDisplay.from_estimator(cnn, X[0], layer=2)


def numerical_gradient(net, image, column, step):
    """Central differences of one logit, computed in numpy from shifted images."""
    flat = np.asarray(image, np.float64).reshape(-1)
    shifts = step * np.eye(len(flat))
    low, high = (
        net.decision_function(flat - shifts),
        net.decision_function(flat + shifts),
    )
    change = (high - low).reshape(len(flat), -1)
    return change[:, column] / (2 * step)


class TestSaliency:
    @pytest.mark.parametrize("name", ["cnn", "dense"])
    def test_gradient(self, name, digits, request):
        net = request.getfixturevalue(name)
        # Away from where ReLU and max-pooling bend, as between equal pixels.
        image = digits[0][5] + np.random.default_rng(0).random(64)
        display = SaliencyDisplay.from_estimator(net, image)
        assert display.gradient.shape == (8, 8, 1)
        column = net.predict_proba(image[None])[0].argmax()
        expected = numerical_gradient(net, image, column, 2e-3).reshape(8, 8, 1)
        scale = np.abs(expected).max()
        assert scale > 1e-3
        assert_allclose(display.gradient, expected, atol=0.01 * scale)
        assert display.target == net.classes_[column]

    def test_artists(self, cnn, digits):
        X, _ = digits
        display = SaliencyDisplay.from_estimator(cnn, X[5].reshape(8, 8), target=3)
        image, saliency = display.images_
        assert_array_equal(image.get_array(), X[5].reshape(8, 8))
        assert_array_equal(saliency.get_array(), np.abs(display.gradient[..., 0]))
        assert saliency.get_clim() == (0, np.abs(display.gradient).max())
        assert saliency.get_cmap().name == "inferno"
        probability = cnn.predict_proba(X[5:6])[0, 3]
        assert_allclose(display.probability, probability)
        titles = [ax.get_title() for ax in display.axes_]
        assert titles == [f"class 3, {100 * probability:.0f} %", "saliency"]

    def test_two_classes(self, digits, quick):
        X, y = digits
        net = quick(DenseNetClassifier).fit(X, np.where(y > 4, "high", "low"))
        low, high = (
            SaliencyDisplay.from_estimator(net, X[0], target=target).gradient
            for target in ("low", "high")
        )
        # classes_[1], whose logit there is, is "low".
        assert_allclose(low, -high)
        expected = numerical_gradient(net, X[0], 0, 2e-3).reshape(8, 8, 1)
        assert_allclose(low, expected, atol=0.01 * np.abs(expected).max())

    def test_colour_is_the_highest_of_the_channels(self):
        gradient = np.zeros((2, 2, 3))
        gradient[0, 1] = [0.5, -2.0, 1.0]
        display = SaliencyDisplay(np.zeros((2, 2, 3)), gradient).plot()
        assert_array_equal(display.saliency, [[0, 2], [0, 0]])
        assert [ax.get_title() for ax in display.axes_] == ["image", "saliency"]

    def test_image_shape_of_a_dense_network(self, quick):
        X = np.random.default_rng(0).random((30, 10))
        net = quick(DenseNetClassifier).fit(X, np.arange(30) % 2)
        with pytest.raises(ValueError, match="10 pixels.*no square image"):
            SaliencyDisplay.from_estimator(net, X[0])
        display = SaliencyDisplay.from_estimator(net, X[0], image_shape=(2, 5))
        assert display.saliency.shape == (2, 5)

    def test_bad_input(self, cnn, text, digits):
        X, y = digits
        with pytest.raises(NotFittedError):
            SaliencyDisplay.from_estimator(SmallCNNClassifier(), X[0])
        with pytest.raises(TypeError, match="SaliencyDisplay.*TextPool.*takes texts"):
            SaliencyDisplay.from_estimator(text, ["good film"])
        other = LogisticRegression(max_iter=5000).fit(X, y)
        with pytest.raises(TypeError, match="search of one; got LogisticRegression"):
            SaliencyDisplay.from_estimator(other, X[0])
        with pytest.raises(ValueError, match="target must be one of.*got 10"):
            SaliencyDisplay.from_estimator(cnn, X[0], target=10)
        with pytest.raises(ValueError, match=r"one image of 64.*shape \(63,\)"):
            SaliencyDisplay.from_estimator(cnn, X[0, 1:])
