"""Which changes of images a short training finds to be safe."""

import numpy as np
import pytest

from sknets import SmallCNNClassifier, SmallCNNRegressor
from sknets._estimators import image_input
from sknets._images.augment import AUTO
from sknets._training import image_trial

# What "auto" is where changes of many rows pay.
MANY = {name: entry for name, entry in AUTO.items() if name != "refine"}


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(image_input, "MANY_ROWS", 400)
    monkeypatch.setattr(image_trial, "TRIAL_ROWS", 200)
    monkeypatch.setattr(image_trial, "MIN_ROWS", 400)


def net(**params):
    quick = {"width": (8, 8), "epochs": 1, "random_state": 0}
    return SmallCNNClassifier(**{**quick, **params})


def lit_side(n_rows=400, *, axis):
    """Noise that is brighter in one half of the rows or columns, which is the class."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 8, 8)).astype(np.float32)
    y = rng.integers(2, size=n_rows)
    moved = np.moveaxis(X, axis, 1)
    moved[y == 0, :4] += 2
    moved[y == 1, 4:] += 2
    return X, y


def test_no_mirroring_where_left_and_right_are_classes():
    fitted = net().fit(*lit_side(axis=2))
    assert "flip" not in (fitted.augment_ or {})


def test_mirroring_where_top_and_bottom_are_classes():
    fitted = net().fit(*lit_side(axis=1))
    assert fitted.augment_["flip"] == 0.5


def test_no_changes_where_they_hide_the_class():
    """Stripes one pixel apart, whose phase is the class: any shift blurs them."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=400)
    X = (
        rng.normal(scale=0.3, size=(400, 8, 8))
        + (np.indices((8, 8))[0] + y[:, None, None]) % 2
    )
    fitted = net().fit(X.astype(np.float32), y)
    assert fitted.augment_ == {"flip": 0.5}


def test_shifts_where_the_place_is_no_matter():
    """Noise that is all brighter or darker, which is the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=400)
    X = rng.normal(size=(400, 8, 8)) + 0.3 * y[:, None, None]
    fitted = net().fit(X.astype(np.float32), y)
    assert fitted.augment_ == {"flip": 0.5, "shift": AUTO["shift"]}


def test_images_are_shifted_to_the_four_sides(monkeypatch):
    monkeypatch.setattr(image_trial, "SHIFT", 0.4)
    images = np.arange(12.0).reshape(1, 3, 4, 1)
    one, two = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [0, 1, 2, 3]
    down, up, right, left = (
        view(images)[0, :, :, 0] for view in image_trial._shifts((3, 4, 1))
    )
    np.testing.assert_array_equal(down, [two, one[0], one[1]])
    np.testing.assert_array_equal(up, [one[1], one[2], one[2]])
    np.testing.assert_array_equal(right[0], [0, 0, 0, 1])
    np.testing.assert_array_equal(left[0], [2, 3, 3, 3])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((True, True, True), {**MANY, "flip": 0.5}),
        ((True, False, False), MANY),
        ((False, True, False), {"flip": 0.5}),
        ((False, False, True), {"shift": AUTO["shift"]}),
        ((False, False, False), None),
    ],
)
def test_what_is_found_is_done(monkeypatch, found, expected):
    monkeypatch.setattr(image_trial, "look", lambda *args: image_trial.Findings(*found))
    fitted = net().fit(*lit_side(axis=1))
    assert fitted.augment_ == expected
    ranges = fitted._settings(400, False).augment
    assert (ranges is None) == (expected is None)


def test_a_difference_counts_in_standard_errors():
    losses = np.random.default_rng(0).normal(1, 0.1, size=2000)
    noise = np.random.default_rng(1).normal(scale=0.1, size=2000)
    error = noise.std() / np.sqrt(2000)
    higher = losses + noise - noise.mean() + 3 * error
    assert image_trial._difference(higher, losses) == pytest.approx(3, rel=1e-3)
    assert image_trial._difference(losses, losses) == 0
    assert np.isnan(image_trial._difference(losses * np.nan, losses))


@pytest.mark.parametrize(
    ("share", "noise", "pays"),
    [(0.3, 0.1, True), (0.2, 0.1, True), (0.1, 0.1, False), (0.3, 10.0, False)],
)
def test_changes_pay_where_they_lower_the_loss_by_far(share, noise, pays):
    rng = np.random.default_rng(0)
    plain = rng.normal(1, 0.1, size=1000)
    changed = plain * (1 - share) + noise * _standardised(rng.normal(size=1000))
    assert image_trial._pays(plain, changed) is pays


def _standardised(values):
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize("n_rows", [399, 400])
def test_normalization_and_epochs_follow_the_number_of_rows(n_rows):
    X, y = lit_side(n_rows, axis=1)
    fitted = net().fit(X, y)
    kinds = [layer["layer"] for layer in fitted.network_]
    assert fitted.normalization_ == ("pooled" if n_rows == 400 else None)
    assert ("batch_norm" in kinds) == (n_rows == 400)
    assert (fitted.augment_ == dict(AUTO)) == (n_rows == 399)


def test_what_is_given_is_taken():
    X, y = lit_side(axis=1)
    fitted = net(augment={"shift": 0.1}, normalization=None).fit(X, y)
    assert fitted.augment_ == {"shift": 0.1}
    assert fitted.normalization_ is None


def test_training_goes_on_with_what_was_settled():
    X, y = lit_side(axis=1)
    fitted = net(warm_start=True).fit(X, y)
    augment = fitted.augment_
    fitted.fit(X[:100], y[:100])
    assert fitted.n_iter_ == 2
    assert (fitted.normalization_, fitted.augment_) == ("pooled", augment)
    fitted.partial_fit(X[:50], y[:50])
    assert fitted.augment_ == augment


def test_a_regressor_has_it():
    X, y = lit_side(axis=2)
    params = {"width": (8, 8), "epochs": 1, "random_state": 0}
    fitted = SmallCNNRegressor(**params).fit(X, y.astype(float))
    assert "flip" not in (fitted.augment_ or {})
    assert fitted.normalization_ == "pooled"


def test_the_same_seed_gives_the_same_bits():
    X, y = lit_side(axis=1)
    one, other = (net().fit(X, y) for _ in range(2))
    for ours, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_interrupt_of_the_short_training_ends_the_fit(monkeypatch):
    from sknets._training import loop

    measured, calls = loop._measured, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:  # there is a whole epoch, but of the short training
            raise KeyboardInterrupt
        return measured(*args)

    monkeypatch.setattr(loop, "_measured", interrupted)
    est = net()
    with pytest.raises(KeyboardInterrupt):
        est.fit(*lit_side(axis=1))
    assert not hasattr(est, "weights_")


def test_many_signals_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(image_trial, "look", None)
    X, y = lit_side(axis=2)
    assert net().fit(X.reshape(400, 2, 32), y).augment_ is None
    assert net().fit(X.reshape(400, 2, 32)[:399], y[:399]).augment_ is not None


def test_one_pass_takes_no_look(monkeypatch):
    monkeypatch.setattr(image_trial, "look", None)
    fitted = net().partial_fit(*lit_side(axis=2))
    assert fitted.augment_ == AUTO
