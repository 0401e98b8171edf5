"""`fit` on rows that come in parts."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.model_selection import KFold

from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    SmallCNNClassifier,
    TextPoolClassifier,
    TextPoolRegressor,
)
from sknets._estimators import image_input, parts_fit, parts_reader
from sknets._training import streams
from tests.networks import assert_all_equal

N = 600
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4)) * [1, 10, 0.1, 1] + [0, 5, 0, 0]
NUMBERS = X[:, 0] + X[:, 1] / 10
LABELS = np.array(["low", "mid", "top"])[np.digitize(NUMBERS, [0, 1])]
WORDS = {"low": "bad dull poor", "mid": "so ordinary", "top": "good fine great"}
TEXTS = np.array(
    [
        f"{rng.choice(WORDS[label].split())} film {rng.choice(['a', 'b', 'c'])}"
        for label in LABELS
    ],
    object,
)
QUICK = {"epochs": 4, "batch_size": 16, "random_state": 0}


def sorted_parts(X=X, y=LABELS, size=50, **weights):
    """Parts of rows in the order of y, so that most have one class alone."""
    order = np.argsort(y, kind="stable")
    columns = [np.asarray(values)[order] for values in (X, y, *weights.values())]
    return [
        tuple(column[start : start + size] for column in columns)
        for start in range(0, len(y), size)
    ]


@pytest.fixture
def in_parts(monkeypatch):
    """Let small data be read as large ones are: eight parts at a time."""
    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(streams, "BUFFER_BYTES", 8 * 50 * X[0].nbytes)


def dense(**params):
    return DenseNetClassifier(**{"width": (16,), **QUICK, **params})


# --- As in memory --------------------------------------------------------------------


def test_small_data_are_fitted_as_in_memory():
    parts = sorted_parts(w=np.arange(N) % 3)
    whole = [np.concatenate(column) for column in zip(*parts, strict=True)]
    expected = dense(early_stopping=True).fit(*whole)
    found = dense(early_stopping=True).fit(parts)
    assert found.history_ == expected.history_
    for a, b in zip(found.weights_, expected.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("scaling", ["robust", "standard", None])
def test_classes_sorted_in_parts_are_learnt_as_in_memory(in_parts, scaling):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # large features
        found = dense(input_scaling=scaling, epochs=8).fit(sorted_parts())
        expected = dense(input_scaling=scaling, epochs=8).fit(X, LABELS)
    assert found.score(X, LABELS) > expected.score(X, LABELS) - 0.02
    assert found.classes_.tolist() == ["low", "mid", "top"]
    assert list(found.history_) == ["loss", "accuracy"]
    assert found.n_iter_ == len(found.history_["loss"]) == 8
    if scaling == "standard":
        for name in ("shift", "scale"):
            np.testing.assert_allclose(
                found.input_scaling_[name], expected.input_scaling_[name]
            )


def test_numbers_are_learnt_as_in_memory(in_parts):
    parts = sorted_parts(y=NUMBERS)
    settings = {**QUICK, "epochs": 10}
    found = DenseNetRegressor((16,), **settings).fit(parts)
    expected = DenseNetRegressor((16,), **settings).fit(X, NUMBERS)
    assert found.score(X, NUMBERS) > expected.score(X, NUMBERS) - 0.02
    several = [(X, np.stack([y, -y], axis=1)) for X, y in parts]
    assert DenseNetRegressor((4,), **QUICK).fit(several).predict(X).shape == (N, 2)


def test_sparse_rows(in_parts):
    parts = [(sp.csr_array(X), y) for X, y in sorted_parts()]
    assert dense().fit(parts).score(X, LABELS) > 0.6


def test_images(in_parts):
    images = np.zeros((200, 8, 8), np.uint8)
    labels = np.arange(200) // 100
    images[:100, :4], images[100:, 4:] = 200, 90
    images += np.random.default_rng(0).integers(0, 50, images.shape, dtype=np.uint8)
    parts = sorted_parts(images, labels, size=20)
    net = SmallCNNClassifier((4,), epochs=3, batch_size=20, random_state=0)
    assert net.fit(parts).score(images, labels) > 0.95
    low, high = net.pixel_range_
    assert (low, high) == (0, 255)


def test_a_warm_start_on_pixels_of_another_type(in_parts):
    images = np.random.default_rng(0).integers(0, 255, (60, 8, 8), np.uint8)
    labels = np.arange(60) % 2
    net = SmallCNNClassifier((2,), epochs=1, warm_start=True).fit(images, labels)
    with pytest.raises(ValueError, match="pixels of type float.* was fitted on"):
        net.fit(sorted_parts(images / 255, labels))


def test_the_network_follows_all_images_and_not_the_sample(in_parts, monkeypatch):
    images = np.random.default_rng(0).integers(0, 255, (200, 8, 8), np.uint8)
    labels = np.arange(200) % 2
    monkeypatch.setattr(parts_reader, "SAMPLE_BYTES", images[:20].nbytes)
    monkeypatch.setattr(image_input, "MANY_ROWS", 100)
    net = SmallCNNClassifier((2,), epochs=1, random_state=0, augment=None)
    net.fit(sorted_parts(images, labels, size=20))
    assert net.n_rows_ == 200
    assert net.normalization_ == "pooled"


@pytest.mark.parametrize("hashed", [None, 1000])
def test_texts(in_parts, hashed):
    parts = sorted_parts(TEXTS)
    net = TextPoolClassifier(analyzer="word", n_features=hashed, **QUICK)
    assert net.fit(parts).score(list(TEXTS), LABELS) == 1
    if hashed is None:
        assert "good" in net.vocabulary_
    reg = TextPoolRegressor(analyzer="word", **QUICK)
    assert reg.fit(sorted_parts(TEXTS, NUMBERS)).score(list(TEXTS), NUMBERS) > 0.6


def test_the_same_seed_gives_the_same_bits(in_parts):
    first, again = (dense().fit(sorted_parts()) for _ in range(2))
    for a, b in zip(first.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_that_can_only_be_gone_through(in_parts):
    class Again:
        n_passes = 0

        def __iter__(self):
            Again.n_passes += 1
            order = np.random.default_rng(0).permutation(N)
            for some in np.array_split(order, 20):
                yield X[some], LABELS[some]

    assert dense().fit(Again()).score(X, LABELS) > 0.6
    assert Again.n_passes == 1 + 1 + 4  # the first look, what adds up, the epochs


# --- What fit has beside rows --------------------------------------------------------


def test_early_stopping_holds_out_a_share_of_every_part(in_parts, monkeypatch):
    net = dense(early_stopping=True, validation_fraction=0.25)
    held_out = []
    train = type(net)._train

    def spy(self, data, val, *args, **options):
        held_out.append((len(data), val))
        train(self, data, val, *args, **options)

    monkeypatch.setattr(type(net), "_train", spy)
    net.fit(sorted_parts())
    (n_training, val), *_ = held_out
    assert n_training + len(val) == N
    assert 0.2 < len(val) / N < 0.3
    shares = np.bincount(val.y) / np.unique(LABELS, return_counts=True)[1]
    assert ((shares > 0.15) & (shares < 0.35)).all()
    assert "val_accuracy" in net.history_


def test_rows_held_out_play_no_part_in_the_scaling(in_parts, monkeypatch):
    held_out = []
    train = DenseNetClassifier._train

    def spy(self, data, val, *args, **options):
        held_out.append(val.X)
        train(self, data, val, *args, **options)

    monkeypatch.setattr(DenseNetClassifier, "_train", spy)
    net = dense(early_stopping=True, input_scaling="standard").fit(sorted_parts())
    is_held_out = (X[:, None] == held_out[0][None]).all(axis=2).any(axis=1)
    assert 0 < is_held_out.sum() == len(held_out[0])
    expected = X[~is_held_out].mean(axis=0)
    np.testing.assert_allclose(net.input_scaling_["shift"], expected, atol=1e-9)


def test_validation_rows(in_parts):
    net = dense().fit(sorted_parts(), X_val=X[:100], y_val=LABELS[:100])
    assert net.history_["val_accuracy"][-1] == net.score(X[:100], LABELS[:100])


def test_weights(in_parts):
    flipped = np.array(["top", "mid", "low"])[
        np.searchsorted(["low", "mid", "top"], LABELS)
    ]
    both = np.concatenate([LABELS, flipped])
    weight = np.repeat([1.0, 0.0], N)
    parts = sorted_parts(np.concatenate([X, X]), both, w=weight)
    assert dense(epochs=8).fit(parts).score(X, LABELS) > 0.6
    heavy = [(X, y, np.where(y == "mid", 1e6, 1.0)) for X, y in sorted_parts()]
    assert set(dense().fit(heavy).predict(X)) == {"mid"}


def test_only_proportions_of_weights_matter(in_parts):
    net = dense(optimizer="sgd")
    plain = net.fit(sorted_parts()).weights_
    eightfold = net.fit(sorted_parts(sample_weight=np.full(N, 8.0))).weights_
    for one, other in zip(plain, eightfold, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("n_bytes", [0, parts_fit.IN_MEMORY_BYTES])
def test_weights_of_zero(n_bytes, monkeypatch):
    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", n_bytes)
    parts = [(*part, 1.0) for part in sorted_parts()]
    expected = dense().fit(parts).weights_
    wrong = (X[:50], np.array(["low"] * 50), 0)
    assert_all_equal(dense().fit([*parts, wrong]).weights_, expected)
    with pytest.raises(ValueError, match="All rows to train .* have weight zero"):
        dense(class_weight={"low": 0, "mid": 0, "top": 0}).fit(parts)


def test_scalings_are_the_same_for_tiny_weights(in_parts):
    plain = dense().fit(sorted_parts(sample_weight=np.ones(N))).input_scaling_
    tiny = dense().fit(sorted_parts(sample_weight=np.full(N, 1e-9))).input_scaling_
    np.testing.assert_allclose(tiny["shift"], plain["shift"])
    np.testing.assert_allclose(tiny["scale"], plain["scale"])


def test_class_weights(in_parts):
    only_mid = {"low": 0, "mid": 1, "top": 0}
    net = dense(class_weight=only_mid, epochs=12).fit(sorted_parts())
    assert set(net.predict(X)) == {"mid"}
    rare = np.flatnonzero((LABELS != "top") | (np.arange(N) % 10 == 0))
    parts = sorted_parts(X[rare], LABELS[rare])
    plain, balanced = (
        dense(class_weight=w, epochs=6).fit(parts) for w in (None, "balanced")
    )
    top = X[LABELS == "top"]
    n_found = [(net.predict(top) == "top").sum() for net in (plain, balanced)]
    assert n_found[1] > n_found[0]


def test_an_indicator_matrix(in_parts):
    y = np.stack([X[:, 0] > 0, X[:, 3] > 0], axis=1).astype(int)
    parts = [(X[i : i + 50], y[i : i + 50]) for i in range(0, N, 50)]
    net = dense(epochs=8).fit(parts)
    assert net.target_type_ == "multilabel-indicator"
    assert net.score(X, y) > 0.85


def test_a_warm_start_goes_on(in_parts):
    net = dense(warm_start=True).fit(sorted_parts()).fit(sorted_parts())
    assert net.n_iter_ == 8
    with pytest.raises(ValueError, match="not among the classes"):
        net.fit([(X, np.repeat("other", N))])


def test_names_of_features(in_parts):
    frames = [(pd.DataFrame(X, columns=list("wxyz")), y) for X, y in sorted_parts()]
    net = dense().fit(frames)
    assert list(net.feature_names_in_) == list("wxyz")
    frames[3] = (frames[3][0].rename(columns={"w": "v"}), frames[3][1])
    with pytest.raises(ValueError, match="Part 3 of X: The feature names"):
        dense().fit(frames)


def test_columns_of_categories_and_gaps(monkeypatch):
    frames = [
        (pd.DataFrame({"number": X[:, 0], "word": y[::-1]}), y)
        for X, y in sorted_parts()
    ]
    frames[2][0].loc[3, "number"] = np.nan
    whole = [pd.concat([X for X, _ in frames]), np.concatenate([y for _, y in frames])]
    found, expected = dense().fit(frames), dense().fit(*whole)
    np.testing.assert_array_equal(
        found.predict_proba(whole[0]), expected.predict_proba(whole[0])
    )
    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", 0)
    with pytest.raises(ValueError, match="Part 0 of X has columns of categories or"):
        dense().fit(frames)
    gaps = [(X.copy(), y) for X, y in sorted_parts()]
    gaps[2][0][3, 1] = np.nan
    with pytest.raises(ValueError, match="Part 2 of X has .* gaps.*fill the gaps"):
        dense().fit(gaps)


def test_counts_below_zero_are_found_before_the_training(in_parts):
    parts = [(X, np.abs(X[:, 0])) for X, _ in sorted_parts()]
    parts[-1][1][7] = -2.0
    net = DenseNetRegressor(**QUICK, loss="poisson")
    last = len(parts) - 1
    with pytest.raises(ValueError, match=rf"Part {last} of X: .*lowest of y is -2\."):
        net.fit(parts)


def test_a_failed_fit_leaves_the_state_of_before(in_parts):
    net = dense().fit(sorted_parts())
    before = net.predict_proba(X)
    with pytest.raises(ValueError, match="Part 1 of X"):
        net.fit([(X, LABELS), (X[:, :2], LABELS)])
    np.testing.assert_array_equal(net.predict_proba(X), before)


# --- Errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ((X[:0], LABELS[:0]), "Part 1 of X: it has no rows. Leave empty parts out"),
        ((X[:, :3], LABELS), "Part 1 of X: X has 3 features, but .* expecting 4"),
        ((X.astype(np.float32), LABELS), "type of X is float32, but float64 in the"),
        ((sp.csr_array(X), LABELS), "type of X is float64, sparse, but float64 in"),
        ((X, np.arange(N)), "Part 1 of X: the type of y is integers, but strings in"),
        ((X, np.ones((N, 2), int)), "the shape of a row of y is|type of y is integers"),
        ((X, LABELS[1:]), r"Part 1 of X: .*inconsistent numbers of samples"),
        ((X, LABELS, -np.ones(N)), "Part 1 of X: Negative values .* `?sample_weight"),
        ((np.full_like(X, np.inf), LABELS), "Part 1 of X: Input X contains infinity"),
        ((X, None), "Part 1 of X: .*requires y to be passed"),
    ],
)
def test_parts_that_differ(part, message):
    with pytest.raises(ValueError, match=message):
        dense().fit([(X, LABELS), part])


def test_parts_that_change(in_parts):
    class Shrinking(list):
        def __getitem__(self, number):
            X, y = super().__getitem__(number)
            self.n_read = getattr(self, "n_read", 0) + 1
            return (X, y) if self.n_read <= len(self) else (X[1:], y[1:])

    with pytest.raises(ValueError, match="has 49 rows now, but had 50 in the first"):
        dense().fit(Shrinking(sorted_parts()))


@pytest.mark.parametrize("n_bytes", [0, parts_fit.IN_MEMORY_BYTES])
def test_an_iterator_that_does_not_start_anew(n_bytes, monkeypatch):
    class Once:
        def __init__(self):
            self.parts = iter(sorted_parts())

        def __iter__(self):
            return self.parts

    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", n_bytes)
    with pytest.raises(ValueError, match="parts in the first pass, but 0 in the next"):
        dense().fit(Once())


def test_parts_that_are_shuffled_cannot_be_held_out_of(in_parts):
    class Shuffled:
        def __iter__(self):
            parts = sorted_parts()
            return iter([parts[i] for i in rng.permutation(len(parts))])

    dense().fit(Shuffled())
    with pytest.raises(ValueError, match="another y than in the first.*give X_val"):
        dense(early_stopping=True).fit(Shuffled())


def test_no_rows_at_all():
    with pytest.raises(ValueError, match="no part with rows, or none whose rows have"):
        dense().fit([(X, LABELS, np.zeros(N))])


def test_what_needs_all_rows():
    parts = sorted_parts()
    with pytest.raises(ValueError, match="groups cannot be held out.*give X_val"):
        dense().fit(parts, groups=np.zeros(N))
    with pytest.raises(ValueError, match="validation_fraction=KFold.*cannot split"):
        dense(validation_fraction=KFold(3)).fit(parts)
    with pytest.raises(ValueError, match="scoring='f1' takes all training rows"):
        dense(scoring="f1").fit(parts)


def test_validation_rows_in_parts(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        stored = file.create_dataset("x", data=X)
        with pytest.raises(ValueError, match="X_val must be rows in memory"):
            dense().fit(X, LABELS, X_val=stored, y_val=LABELS)


def test_iterators(in_parts):
    with pytest.raises(TypeError, match="gone through but once"):
        dense().fit(iter(sorted_parts()))


# --- Collections of Dask, files ------------------------------------------------------


def test_dask_arrays(in_parts):
    dask = pytest.importorskip("dask")
    da = pytest.importorskip("dask.array")
    order = np.argsort(LABELS, kind="stable")
    rows, labels = (da.from_array(v[order], chunks=50) for v in (X, LABELS))
    with dask.config.set(scheduler="synchronous"):
        found = dense().fit(rows, labels)
        assert "unknown" not in str(found.fit(rows, LABELS[order]).classes_)
    expected = dense().fit(sorted_parts())
    for a, b in zip(found.weights_, expected.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_dask_frames_with_empty_partitions(in_parts):
    dask = pytest.importorskip("dask")
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame(X, columns=list("wxyz")).assign(label=LABELS)
    lazy = dd.from_pandas(frame.sort_values("label"), npartitions=24, sort=False)
    lazy = lazy[lazy.label != "mid"]
    with dask.config.set(scheduler="synchronous"):
        net = dense(epochs=8).fit(lazy[list("wxyz")], lazy["label"])
    kept = LABELS != "mid"
    assert net.classes_.tolist() == ["low", "top"]
    assert net.score(frame.loc[kept, list("wxyz")], LABELS[kept]) > 0.95


def test_dask_texts(in_parts):
    dask = pytest.importorskip("dask")
    dd = pytest.importorskip("dask.dataframe")
    db = pytest.importorskip("dask.bag")
    net = TextPoolClassifier(analyzer="word", **QUICK)
    with dask.config.set(scheduler="synchronous"):
        series = [dd.from_pandas(pd.Series(v), npartitions=24) for v in (TEXTS, LABELS)]
        assert net.fit(*series).score(list(TEXTS), LABELS) == 1
        bags = [db.from_sequence(v.tolist(), npartitions=24) for v in (TEXTS, LABELS)]
        assert net.fit(*bags).score(list(TEXTS), LABELS) == 1


def test_parquet_files(in_parts, tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(X, columns=list("wxyz")).assign(label=LABELS)
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=50, index=False)
    net = dense().fit(tmp_path, "label")
    assert net.score(frame[list("wxyz")], LABELS) > 0.6
    texts = pd.DataFrame({"text": TEXTS, "label": LABELS})
    texts.to_parquet(tmp_path / "texts.parquet", row_group_size=50, index=False)
    net = TextPoolClassifier(analyzer="word", **QUICK)
    assert net.fit(tmp_path / "texts.parquet", "label").score(list(TEXTS), LABELS) == 1


@pytest.mark.parametrize(
    "weights", [(np.linspace(0.1, 1, 300), None), (1.0, 9.0), (None, 2.0)]
)
def test_weights_of_some_parts_count_in_small_data(weights):
    y = LABELS
    halves = slice(None, 300), slice(300, None)
    parts = [(X[half], y[half], w) for half, w in zip(halves, weights, strict=True)]
    in_rows = [np.broadcast_to(1.0 if w is None else w, 300) for w in weights]
    found = dense().fit(parts)
    expected = dense().fit(X, y, np.concatenate(in_rows))
    assert_all_equal(found.weights_, expected.weights_)


def test_a_share_that_holds_out_no_row(in_parts):
    net = dense(validation_fraction=1e-9)
    with pytest.raises(ValueError, match="validation_fraction=1e-09 holds out none of"):
        net.fit(sorted_parts())


def test_integers_with_and_without_a_sign_are_not_made_floats():
    labels = np.arange(N) % 3
    parts = [(X[:300], labels[:300]), (X[300:], labels[300:].astype(np.uint64))]
    with pytest.raises(ValueError, match="type of y is uint64, but integers in the"):
        dense().fit(parts)


@pytest.mark.parametrize("as_bag", [False, True])
def test_texts_of_a_part_without_weight(monkeypatch, as_bag):
    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", 0)
    texts, labels = (
        ["good film", "bad film", "good fun", "bad acting"] * 10,
        [1, 0] * 20,
    )
    weights = np.repeat([1.0, 0.0, 1.0], [20, 10, 10])
    net = TextPoolClassifier(epochs=2, random_state=0)
    if as_bag:
        db = pytest.importorskip("dask.bag")
        columns = [db.from_sequence(c, npartitions=4) for c in (texts, labels, weights)]
        net.fit(*columns)
    else:
        rows = [slice(start, start + 10) for start in range(0, 40, 10)]
        net.fit([(texts[part], labels[part], weights[part]) for part in rows])
    assert net.score(texts, labels) == 1
