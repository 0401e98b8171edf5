"""Soft steps of the features in dense networks, and when they are chosen."""

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_friedman1

from sknets import DenseNetClassifier, DenseNetRegressor
from sknets._estimators import soft_steps_trial
from sknets._training import dense_trainer, loop
from sknets.interop import from_scikeras, to_scikeras
from tests.networks import assert_all_equal, training_data

QUICK = {"width": (32,), "epochs": 3, "random_state": 0}


def saw(n_rows=1800, n_features=2, seed=0):
    """Rows whose class changes ten times along each feature, and their heights."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n_rows, n_features))
    heights = np.sin(5 * np.pi * X[:, :2]).sum(axis=1)
    return X, (heights > 0).astype(int), heights


def noisy_line(n_rows=1800):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 10))
    return X, (X[:, 0] + 2 * rng.normal(size=n_rows) > 0).astype(int)


# --- When they are chosen ------------------------------------------------------------


@pytest.mark.parametrize(
    ("class_", "target"), [(DenseNetClassifier, 1), (DenseNetRegressor, 2)]
)
def test_rough_targets_are_learnt_by_default(class_, target):
    rows, others = saw(), saw(seed=1)
    auto = class_(random_state=0).fit(rows[0], rows[target])
    plain = class_(random_state=0, soft_steps=None).fit(rows[0], rows[target])
    assert auto.n_soft_steps_ == 64
    assert plain.n_soft_steps_ == 0
    better, worse = (net.score(others[0], others[target]) for net in (auto, plain))
    assert better > worse + 0.05


def test_noise_has_none():
    X, y = noisy_line()
    auto = DenseNetClassifier(random_state=0).fit(X, y)
    plain = DenseNetClassifier(random_state=0, soft_steps=None).fit(X, y)
    assert auto.n_soft_steps_ == 0
    assert_all_equal(auto.weights_, plain.weights_)


@pytest.mark.parametrize(
    ("n_rows", "n_features", "form"),
    [(1499, 2, np.array), (1500, 513, np.array), (1500, 2, sp.csr_matrix)],
)
def test_no_trial_where_it_is_not_worth_its_time(n_rows, n_features, form, monkeypatch):
    monkeypatch.setattr(soft_steps_trial, "pay", None)  # would fail if called
    monkeypatch.setattr(soft_steps_trial, "LEAD", 1.0)
    X, y, _ = saw(n_rows, n_features)
    assert DenseNetClassifier(**QUICK).fit(form(X), y).n_soft_steps_ == 0


def checkerboard(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n_rows, 2))
    return X, np.floor(4 * X).sum(axis=1).astype(int) % 2


def test_a_checkerboard_of_few_rows_is_learnt_by_its_neighbours():
    (X, y), (others, truth) = checkerboard(400), checkerboard(2000, seed=1)
    auto = DenseNetClassifier(random_state=0).fit(X, y)
    plain = DenseNetClassifier(random_state=0, soft_steps=None).fit(X, y)
    assert auto.soft_steps_ == 32
    assert auto.score(others, truth) > 0.9
    assert plain.score(others, truth) < 0.75


@pytest.mark.parametrize("periods", [1, 2, 4])
def test_a_wave_of_few_rows_is_learnt(periods):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(300, 1))
    y = np.sin(2 * np.pi * periods * X[:, 0])
    net = DenseNetRegressor(random_state=0).fit(X[:200], y[:200])
    assert net.soft_steps_ == 64
    assert net.score(X[200:], y[200:]) > 0.9


def test_sums_of_few_rows_and_many_features_are_learnt():
    """Of which the nearest rows tell little, but steps of each feature do."""
    X, y = make_friedman1(300, random_state=0)
    auto = DenseNetRegressor(random_state=0).fit(X[:150], y[:150])
    plain = DenseNetRegressor(random_state=0, soft_steps=None).fit(X[:150], y[:150])
    assert auto.soft_steps_ == 16
    assert auto.score(X[150:], y[150:]) > plain.score(X[150:], y[150:]) + 0.02


@pytest.mark.parametrize("class_", [DenseNetClassifier, DenseNetRegressor])
def test_few_rows_of_noise_have_no_steps(class_):
    X, y = noisy_line(400)
    assert class_(**QUICK).fit(X, y).soft_steps_ is None


def test_rows_that_are_there_twice_tell_nothing_of_each_other():
    X, y = noisy_line(200)
    twice = np.tile(np.arange(200), 3)
    assert DenseNetClassifier(**QUICK).fit(X[twice], y[twice]).soft_steps_ is None


def test_rows_without_weight_tell_nothing():
    (X, y), noise = checkerboard(600), np.random.default_rng(2).integers(0, 2, 600)
    weight = np.r_[np.ones(600), np.zeros(600)]
    net = DenseNetClassifier(**QUICK)
    X, y = np.tile(X, (2, 1)), np.r_[noise, y]
    assert net.fit(X, y, sample_weight=weight).soft_steps_ is None
    assert net.fit(X, y, sample_weight=weight[::-1]).soft_steps_ == 32


def test_no_trial_with_too_many_steps(monkeypatch):
    monkeypatch.setattr(soft_steps_trial, "MAX_UNITS", 31)
    monkeypatch.setattr(soft_steps_trial, "FEWER_UNITS", 7)
    monkeypatch.setattr(soft_steps_trial, "pay", None)
    X, y, _ = saw()
    assert DenseNetClassifier(**QUICK).fit(X, y).n_soft_steps_ == 0


def test_partial_fit_has_none_by_default():
    X, y, _ = saw()
    est = DenseNetClassifier(**QUICK).partial_fit(X, y, classes=[0, 1])
    assert est.n_soft_steps_ == 0
    given = DenseNetClassifier(**QUICK, soft_steps=4).partial_fit(X, y, classes=[0, 1])
    assert given.n_soft_steps_ == 8
    assert given.partial_fit(X, y).n_iter_ == 2


def test_a_trial_that_explodes_is_no_warning():
    X, _, heights = saw()
    wild = {"optimizer": "sgd", "learning_rate": 1e4, "soft_steps": "auto"}
    found = DenseNetRegressor(**QUICK, **wild)
    with pytest.warns(UserWarning, match="infinite or NaN") as told:
        found.fit(X, heights)
    assert sum("infinite or NaN" in str(w.message) for w in told) == 1


@pytest.mark.parametrize(
    ("n_features", "expected"),
    [(1, 64), (2, 32), (4, 16), (32, 16), (33, 7), (64, 4), (65, 0)],
)
def test_many_features_have_fewer_steps(n_features, expected):
    X = np.random.default_rng(0).normal(size=(1500, n_features))
    data = training_data(X.astype(np.float32), np.arange(1500) % 2, "multiclass")
    n_steps, n_units = soft_steps_trial.auto_steps(data)
    assert n_steps == expected
    assert n_units == expected * n_features


def test_few_values_leave_room_for_steps():
    X = np.random.default_rng(0).integers(0, 2, size=(1500, 200)).astype(np.float32)
    data = training_data(X, np.arange(1500) % 2, "multiclass")
    assert soft_steps_trial.auto_steps(data) == (16, 200)


@pytest.mark.parametrize(("stepped", "pays"), [(1.004, True), (1.006, False)])
def test_the_limit_of_a_trial(stepped, pays, monkeypatch):
    losses = iter([1.0, stepped])

    class Objective:
        @staticmethod
        def losses(z, y):
            return np.full(len(y), next(losses))

    class Data:
        y, w, scaled, objective = np.zeros(9), np.ones(9), None, Objective

        def __len__(self):
            return 3000

        def part(self, rows):
            return self

    trained = type("Trained", (), {"weights": None})
    monkeypatch.setattr(soft_steps_trial, "train", lambda *args, **options: trained)
    z = np.zeros((9, 1))
    monkeypatch.setattr(soft_steps_trial.prediction, "logits", lambda *args: z)
    settings = DenseNetClassifier()._settings(2000, one_pass=False)
    found = soft_steps_trial.pay("ab", "ab", Data(), settings, np.random.default_rng(0))
    assert found is pays


@pytest.mark.parametrize(("n_rows", "expected"), [(1500, 1000), (9000, 1333)])
def test_a_trial_trains_on_two_thirds_of_few_rows(n_rows, expected):
    assert soft_steps_trial.n_trial_rows(n_rows) == expected


@pytest.mark.parametrize(("n_rare", "trials"), [(20, 0), (300, 2)])
def test_rows_of_one_class_tell_nothing(n_rare, trials, monkeypatch):
    """A trial on 1000 of 1500 rows, of which 13 are rare; steps lose precision then."""
    trained = []

    def train(*args, **options):
        trained.append(args)
        return loop.train(*args, **options)

    monkeypatch.setattr(soft_steps_trial, "train", train)
    X, _, heights = saw(1500)
    y = (heights > np.sort(heights)[-n_rare - 1]).astype(int)
    net = DenseNetClassifier(**QUICK).fit(X, y)
    assert len(trained) == trials
    if not trials:
        assert net.n_soft_steps_ == 0


# --- What they are -------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_the_first_layer_stays_as_it_was_learnt(seconds, monkeypatch):
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
    X, y, _ = saw(100)
    params = {"soft_steps": 5, "l2": 0.1, "weight_decay": 0.5, "optimizer": "muon"}
    one, other = (
        DenseNetClassifier(**QUICK | {"epochs": n}, **params).fit(X, y) for n in (1, 3)
    )
    assert one.network_[0] == {
        "layer": "dense", "units": 10, "activation": "tanh", "trained": False
    }  # fmt: skip
    assert one.weights_[0].any()
    assert_all_equal(one.weights_[:2], other.weights_[:2])
    assert (one.weights_[2] != other.weights_[2]).all()


def test_steps_of_one_feature_are_those_of_its_quantiles():
    X, y, _ = saw(101)
    X[:, 0] = np.linspace(-1, 1, 101)
    est = DenseNetClassifier(**QUICK, soft_steps=2, input_scaling=None).fit(X, y)
    kernel, bias = est.weights_[:2]
    np.testing.assert_allclose(kernel[0, :2], 2, rtol=1e-6)
    np.testing.assert_allclose(bias[:2], [1, -1], atol=1e-6)


@pytest.mark.parametrize("class_", [DenseNetClassifier, DenseNetRegressor])
def test_model_and_files_predict_the_same(class_, tmp_path):
    X, y, _ = saw(100)
    est = class_(**QUICK, soft_steps=5).fit(X, y)
    expected = getattr(est, "predict_proba", est.predict)(X)
    joblib.dump(est, tmp_path / "net.joblib")
    loaded = joblib.load(tmp_path / "net.joblib")
    assert_all_equal([getattr(loaded, "predict_proba", loaded.predict)(X)], [expected])
    model = est.model_
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    assert (dense[0].units, dense[0].trainable) == (10, False)
    by_model = model.predict(X, verbose=0).ravel()
    found = expected[:, 1] if expected.ndim == 2 else expected
    np.testing.assert_allclose(by_model, found, atol=1e-4)


def test_a_wrapper_of_scikeras_has_them():
    X, y, _ = saw(100)
    est = DenseNetClassifier(**QUICK, soft_steps=5).fit(X, y)
    wrapper = to_scikeras(est)
    np.testing.assert_allclose(
        wrapper.predict_proba(X, verbose=0), est.predict_proba(X), atol=1e-5
    )
    back = from_scikeras(wrapper)
    assert back.n_soft_steps_ == 10
    assert back.width == 32
    np.testing.assert_allclose(back.predict_proba(X), est.predict_proba(X), atol=1e-5)


def test_training_goes_on_with_the_same_steps():
    X, y, _ = saw()
    est = DenseNetClassifier(**QUICK, warm_start=True).fit(X, y)
    before = est.weights_[:2]
    assert est.n_soft_steps_
    est.fit(X[:50], y[:50])
    assert_all_equal(est.weights_[:2], before)


@pytest.mark.parametrize(("fitted", "asked"), [(None, 4), (8, 4), (4, 8), (4, None)])
def test_training_does_not_go_on_with_other_steps(fitted, asked):
    X, y, _ = saw(100)
    est = DenseNetClassifier(**QUICK, soft_steps=fitted, warm_start=True).fit(X, y)
    match = f"soft_steps={fitted}, as the weights .* it is {asked}. Set it back"
    est.set_params(soft_steps=asked)
    for train in (est.fit, est.partial_fit):
        with pytest.raises(ValueError, match=match):
            train(X, y)
    est.set_params(soft_steps=fitted).fit(X, y)
    est.set_params(soft_steps="auto").fit(X, y)
    assert est.soft_steps_ == fitted


def test_training_goes_on_from_constant_rows():
    est = DenseNetClassifier(**QUICK, soft_steps=5)
    est.fit(np.ones((8, 2)), [0, 1] * 4).partial_fit(np.eye(2), [0, 1])
    assert (est.soft_steps_, est.n_soft_steps_) == (5, 0)


def test_constant_features_have_none():
    est = DenseNetClassifier(**QUICK, soft_steps=5).fit(np.ones((8, 2)), [0, 1] * 4)
    assert est.n_soft_steps_ == 0


def test_too_many_columns_are_named():
    X = np.zeros((4, 2049))
    with pytest.raises(ValueError, match=r"soft_steps=3 .* at most 2048 .* X has 2049"):
        DenseNetClassifier(**QUICK, soft_steps=3).fit(X, [0, 1, 0, 1])


@pytest.mark.parametrize("value", [0, -1, 1.5, "on"])
def test_other_values_are_refused(value):
    X, y, _ = saw(20)
    with pytest.raises(ValueError, match="soft_steps"):
        DenseNetClassifier(**QUICK, soft_steps=value).fit(X, y)


def test_the_same_seed_gives_the_same_bits():
    X, y, _ = saw()
    one, other = (DenseNetClassifier(**QUICK).fit(X, y) for _ in range(2))
    assert_all_equal(one.weights_, other.weights_)


@pytest.mark.parametrize("settings", [{"epochs": 1}, {"epochs": 1, "batch_size": 512}])
def test_a_trial_takes_more_than_a_step_of_a_training_with_few(settings):
    """After some steps both networks know nothing, and are alike."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 20)).astype(np.float32)
    directions = rng.normal(size=(2, 20, 5))
    y = ((X @ directions[0]) * (X @ directions[1])).argmax(axis=1)
    net = DenseNetClassifier(random_state=0, **settings).fit(X, y)
    assert net.n_soft_steps_ == 0
