"""Predictions of Dask's collections."""

import dask
import dask.array as da
import dask.bag as db
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    KerasClassifier,
    SmallCNNClassifier,
    TextPoolClassifier,
    TextPoolRegressor,
)
from sknets._dask import kind_of
from sknets.preprocessing import ImageNormalizer, ImageReshaper

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
N = 23
X = np.random.default_rng(0).normal(size=(N, 4))
LABELS = np.array(["a", "b", "c"])[np.arange(N) % 3]
FRAME = pd.DataFrame(X, columns=list("wxyz"), index=np.arange(N) + 100)
TEXTS = [f"word{i % 3} and{i % 5}" for i in range(N)]
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 5, 5), np.uint8)


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="module")
def net():
    return DenseNetClassifier((5,), epochs=1, random_state=0).fit(FRAME, LABELS)


@pytest.fixture(scope="module")
def nameless():
    return DenseNetClassifier((5,), epochs=1, random_state=0).fit(X, LABELS)


@pytest.mark.parametrize("method", METHODS)
def test_an_array_keeps_its_chunks(nameless, method):
    expected = getattr(nameless, method)(X)
    found = getattr(nameless, method)(da.from_array(X, chunks=(7, -1)))
    assert isinstance(found, da.Array)
    assert found.chunks[0] == (7, 7, 7, 2)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.compute(), expected)


@pytest.mark.parametrize("method", METHODS)
def test_a_frame_keeps_index_and_divisions(net, method):
    expected = getattr(net, method)(FRAME)
    frame = dd.from_pandas(FRAME, npartitions=3)
    found = getattr(net, method)(frame)
    assert found.divisions == frame.divisions
    computed = found.compute()
    np.testing.assert_array_equal(computed.index, FRAME.index)
    np.testing.assert_array_equal(computed.to_numpy(), expected)
    if expected.ndim == 2:
        assert list(computed.columns) == ["a", "b", "c"]


def test_nothing_is_computed_before_it_is_asked_for(nameless):
    def fail(block):
        raise AssertionError("computed")

    rows = da.from_array(X, chunks=(7, -1))
    nameless.predict(rows.map_blocks(fail, dtype=float, meta=X[:0]))


def test_chunks_of_unknown_length_and_empty_ones(nameless, net):
    frame = dd.from_pandas(FRAME, npartitions=4)
    chosen = frame.map_partitions(lambda part: part[part.index > 112])
    np.testing.assert_array_equal(
        net.predict(chosen).compute(), net.predict(FRAME[FRAME.index > 112])
    )
    rows = da.from_array(X, chunks=(5, -1))
    rows = rows[da.from_array(np.arange(N) > 12, chunks=5)]
    np.testing.assert_array_equal(
        nameless.predict_proba(rows).compute(), nameless.predict_proba(X[13:])
    )


def test_a_refit_does_not_change_a_prediction_that_is_due(nameless):
    twin = DenseNetClassifier((5,), epochs=1, random_state=0).fit(X, LABELS)
    due = twin.predict_proba(da.from_array(X, chunks=(7, -1)))
    twin.fit(X[:, :2], LABELS)
    np.testing.assert_array_equal(due.compute(), nameless.predict_proba(X))


def test_several_column_chunks_are_refused(nameless):
    rows = da.from_array(X, chunks=(7, 2))
    with pytest.raises(ValueError, match=r"X.rechunk\(\{0: 'auto', 1: -1\}\)"):
        nameless.predict(rows)


def test_an_unknown_number_of_columns_is_refused(nameless):
    rows = da.from_array(X, chunks=(7, -1))
    rows = rows[:, da.from_array(np.arange(4) > 0, chunks=4)]
    with pytest.raises(ValueError, match=r"call X.compute_chunk_sizes\(\)"):
        nameless.predict(rows)


def test_other_columns_are_refused_at_once(net, nameless):
    with pytest.raises(ValueError, match="X has 3 features, but .* expecting 4"):
        nameless.predict(da.from_array(X[:, :3], chunks=(7, -1)))
    other = dd.from_pandas(FRAME.rename(columns={"w": "v"}), npartitions=2)
    with pytest.raises(ValueError, match="feature names"):
        net.predict(other)


def test_frames_with_categories_dates_and_gaps():
    frame = FRAME.assign(
        word=LABELS, day=pd.date_range("2026-01-01", periods=N), kind=LABELS
    ).astype({"kind": "category"})
    frame.iloc[3, 0] = np.nan
    net = DenseNetClassifier((5,), epochs=1, random_state=0).fit(frame, LABELS)
    lazy = dd.from_pandas(frame, npartitions=3)
    np.testing.assert_array_equal(
        net.predict_proba(lazy).compute(), net.predict_proba(frame)
    )


def test_columns_of_which_dask_does_not_know_the_values():
    codes = pd.Categorical(np.arange(N) % 3)
    days = pd.date_range("2026-01-01", periods=N).date
    frame = FRAME.assign(code=codes, flag=[True, None] * 11 + [False], day=days)
    net = DenseNetClassifier((5,), epochs=1, random_state=0).fit(frame, LABELS)
    with dask.config.set({"dataframe.convert-string": False}):
        lazy = dd.from_pandas(frame, npartitions=3)
        lazy["code"] = lazy["code"].cat.as_unknown()
        found = net.predict_proba(lazy).compute()
    np.testing.assert_array_equal(found, net.predict_proba(frame))


def test_numbers_of_several_targets():
    reg = DenseNetRegressor((5,), epochs=1, random_state=0).fit(X, X[:, :2])
    rows = da.from_array(X, chunks=(7, -1))
    np.testing.assert_array_equal(reg.predict(rows).compute(), reg.predict(X))
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=2)
    with dask.config.set({"dataframe.convert-string": False}):
        found = reg.predict(frame).compute()
    assert list(found.columns) == [0, 1]


@pytest.mark.parametrize("estimator", [TextPoolClassifier, TextPoolRegressor])
def test_texts(estimator):
    target = LABELS if estimator is TextPoolClassifier else np.arange(N)
    net = estimator(epochs=1, random_state=0).fit(TEXTS, target)
    expected = net.predict(TEXTS)
    series = dd.from_pandas(pd.Series(TEXTS), npartitions=3)
    found = net.predict(series)
    assert isinstance(found, dd.Series)
    np.testing.assert_array_equal(found.compute(), expected)
    bag = db.from_sequence(TEXTS, npartitions=3)
    np.testing.assert_array_equal(net.predict(bag).compute(), expected)
    bag = bag.filter(lambda text: text.startswith("word1"))
    kept = [text for text in TEXTS if text.startswith("word1")]
    np.testing.assert_array_equal(net.predict(bag).compute(), net.predict(kept))
    array = da.from_array(np.array(TEXTS, object), chunks=5)
    np.testing.assert_array_equal(net.predict(array).compute(), expected)


def test_images():
    net = SmallCNNClassifier((3,), epochs=1, augment=None, random_state=0)
    net.fit(IMAGES, LABELS)
    rows = da.from_array(IMAGES, chunks=(7, -1, -1))
    found = net.predict_proba(rows)
    np.testing.assert_array_equal(found.compute(), net.predict_proba(IMAGES))


@pytest.mark.parametrize("transformer", [ImageNormalizer(), ImageReshaper()])
def test_transformers_of_images(transformer):
    transformer.fit(IMAGES)
    expected = transformer.transform(IMAGES)
    rows = da.from_array(IMAGES, chunks=(7, -1, -1))
    found = transformer.transform(rows)
    assert found.chunks == ((7, 7, 7, 2), *((n,) for n in expected.shape[1:]))
    np.testing.assert_array_equal(found.compute(), expected)
    back = transformer.inverse_transform(found)
    np.testing.assert_array_equal(
        back.compute(), transformer.inverse_transform(expected)
    )


def test_transformers_of_frames():
    frame = pd.DataFrame(IMAGES.reshape(N, -1)).add_prefix("p")
    collection = dd.from_pandas(frame, npartitions=3)
    normalizer = ImageNormalizer().fit(frame)
    found = normalizer.transform(collection)
    assert list(found.columns) == list(frame.columns)
    np.testing.assert_array_equal(found.compute(), normalizer.transform(frame))
    reshaper = ImageReshaper().fit(frame)
    np.testing.assert_array_equal(
        reshaper.transform(collection).compute(), reshaper.transform(frame)
    )
    normalizer.set_output(transform="pandas")
    with pytest.raises(ValueError, match="call set_output.transform='default'"):
        normalizer.transform(collection)


def test_a_keras_model():
    import keras

    def build(meta):
        return keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
        )

    loss = "sparse_categorical_crossentropy"
    net = KerasClassifier(build, loss=loss, epochs=1, random_state=0)
    net.fit(X, LABELS)
    rows = da.from_array(X, chunks=(7, -1))
    for method in METHODS[:3]:
        expected = getattr(net, method)(X)
        found = getattr(net, method)(rows)
        assert isinstance(found, da.Array)
        np.testing.assert_array_equal(found.compute(), expected)


def test_other_lazy_things_are_none_of_dasks_collections():
    assert kind_of(X) is None
    assert kind_of(dask.delayed(1)) is None
