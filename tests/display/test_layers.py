"""Filters and feature maps of convolutions."""

import keras
import numpy as np
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import SmallCNNClassifier
from sknets.display import FeatureMapsDisplay, FiltersDisplay


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

    def test_title_says_how_many_unless_the_axes_have_one(self):
        display = FiltersDisplay(np.ones((3, 5, 1, 2))).plot()
        assert display.ax_.get_title() == "2 filters of 3 x 5"
        ax = plt.subplots()[1]
        ax.set_title("mine")
        assert FiltersDisplay(np.ones((3, 5, 1, 1))).plot(ax=ax).ax_ is ax
        assert ax.get_title() == "mine"

    def test_weights_that_are_all_zero_are_grey(self):
        display = FiltersDisplay(np.zeros((2, 2, 3, 1))).plot()
        assert_array_equal(display.images_[0].get_array(), np.full((2, 2, 3), 0.5))

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

    @pytest.mark.parametrize(
        ("low", "high", "limits"), [(0.5, 2.0, (0, 2)), (-1.0, 2.0, (-1, 2))]
    )
    def test_scale_begins_at_zero_or_below(self, low, high, limits):
        maps = np.array([low, high, high, low]).reshape(2, 2, 1)
        assert FeatureMapsDisplay(maps).plot().images_[0].get_clim() == limits

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
