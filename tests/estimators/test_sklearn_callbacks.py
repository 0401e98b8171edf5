"""scikit-learn's callbacks: one task an epoch, on the rows that are trained on."""

import threading

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from sknets import (
    DenseNetClassifier,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets._estimators import sklearn_callbacks

SUPPORTED = parse_version(sklearn.__version__) >= parse_version("1.9")
needs_callbacks = pytest.mark.skipif(
    not SUPPORTED, reason="scikit-learn has callbacks since version 1.9"
)
# Epochs of equal learning rate: a fit of k epochs has the weights that a longer one
# has after k.
CONSTANT = {"learning_rate_schedule": "constant"}


class Record:
    """Callback that keeps what every hook gets."""

    stop_after = None
    error = None

    def __init__(self):
        self.calls = []
        self.data = []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.calls.append(f"end {context.task_name}")
        self.data.append((X, y, metadata, fitted_estimator))
        if context.task_id == 1 and self.error:
            raise self.error
        return context.task_name == "epoch" and self.stop_after == context.task_id + 1


@pytest.fixture
def net(quick):
    def make(*callbacks, **params):
        clf = quick(DenseNetClassifier, **{"epochs": 3, **CONSTANT, **params})
        return clf.set_callbacks(*callbacks) if callbacks else clf

    return make


@needs_callbacks
def test_tasks_of_a_fit(net, blobs):
    record = Record()
    net(record, epochs=2).fit(*blobs)
    epoch = ["begin epoch", "end epoch"]
    expected = ["setup", "begin fit", *epoch, *epoch, "end fit", "teardown"]
    assert record.calls == expected


@needs_callbacks
def test_fitted_estimator_predicts_as_if_the_fit_had_ended_there(net, blobs):
    X, y = blobs
    record = Record()
    clf = net(record).fit(X, y)
    for n_epochs, (*_, copied) in zip([1, 2, 3, 3], record.data, strict=True):
        shorter = net(epochs=n_epochs).fit(X, y)
        np.testing.assert_array_equal(copied.predict_proba(X), shorter.predict_proba(X))
        assert copied.history_ == shorter.history_
        assert copied.n_iter_ == copied.best_epoch_ == n_epochs
        assert copied is not clf


@needs_callbacks
def test_final_task_has_the_final_state(net, blobs):
    X, y = blobs
    record = Record()
    clf = net(
        record, epochs=30, learning_rate=0.5, early_stopping=True, patience=2
    ).fit(X, y)
    *_, final = record.data[-1]
    assert clf.best_epoch_ < clf.n_iter_
    for name in ("n_iter_", "best_epoch_", "history_"):
        assert getattr(final, name) == getattr(clf, name)
    np.testing.assert_array_equal(final.predict_proba(X), clf.predict_proba(X))


@needs_callbacks
def test_copy_in_a_refit_has_nothing_of_the_fit_before(net, blobs, binary):
    record = Record()
    clf = net(record).fit(*blobs)
    record.data.clear()
    clf.fit(*binary)
    X, _ = binary
    assert record.data[0][3].predict_proba(X).shape == (len(X), 2)
    assert record.data[0][3].n_iter_ == 1


@needs_callbacks
def test_data_are_those_of_the_caller(net, blobs):
    pd = pytest.importorskip("pandas")
    X, y = blobs
    frame = pd.DataFrame(X, columns=list("abcd"))
    labels = pd.Series(np.array(["low", "mid", "top"])[y])
    record = Record()
    net(record).fit(frame, labels)
    assert all(given[0] is frame for given in record.data)
    assert all(given[1] is labels for given in record.data)
    assert all(given[2] is None for given in record.data)
    weights = np.arange(len(y)) % 3
    net(record).fit(frame, labels, sample_weight=weights)
    given_X, given_y, metadata, _ = record.data[-1]
    pd.testing.assert_frame_equal(given_X, frame[weights > 0])
    pd.testing.assert_series_equal(given_y, labels[weights > 0])
    np.testing.assert_array_equal(metadata["sample_weight"], weights[weights > 0])


@needs_callbacks
def test_rows_held_out_are_no_training_data(net, blobs):
    X, y = blobs
    record = Record()
    net(record, early_stopping=True, validation_fraction=0.3).fit(X, y)
    given = record.data[0][0]
    assert given.shape == (63, 4)
    assert len(np.unique(np.vstack([given, X]), axis=0)) == len(X)
    # Each label keeps its share, and its rows.
    np.testing.assert_array_equal(np.bincount(record.data[0][1]), [21, 21, 21])
    numbers = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in given]
    np.testing.assert_array_equal(record.data[0][1], y[numbers])
    # Rows given by X_val are apart from the start.
    net(record, early_stopping=True).fit(X, y, X_val=X[:9], y_val=y[:9])
    assert record.data[-1][0] is X


@needs_callbacks
def test_rows_are_copied_once_and_only_if_a_callback_asks(net, blobs, monkeypatch):
    calls = []

    def indexing(*args):
        calls.append(args)
        return sklearn.utils._safe_indexing(*args)

    monkeypatch.setattr(sklearn_callbacks, "safe_indexing", indexing)

    class Blind(Record):
        def on_fit_task_end(self, estimator, context):
            pass

    net(Blind(), early_stopping=True).fit(*blobs)
    assert not calls
    net(Record(), early_stopping=True).fit(*blobs)
    assert len(calls) == 2  # X and y


@needs_callbacks
def test_callback_that_stops(net, blobs):
    record = Record()
    record.stop_after = 2
    clf = net(record).fit(*blobs)
    assert clf.n_iter_ == 2
    assert record.calls[-2:] == ["end fit", "teardown"]
    record.stop_after = None
    assert clf.fit(*blobs).n_iter_ == 3


@needs_callbacks
@pytest.mark.parametrize("error", [RuntimeError("no more"), KeyboardInterrupt()])
def test_failure_tears_callbacks_down_and_keeps_the_fitted_state(net, blobs, error):
    X, y = blobs
    clf = net().fit(X, y)
    record = Record()
    record.error = error
    before = {**vars(clf), "_skl_callbacks": [record]}
    with pytest.raises(type(error)):
        clf.set_callbacks(record).fit(X, y + 10)
    assert record.calls[-1] == "teardown"
    assert vars(clf) == before


@needs_callbacks
def test_bad_input_under_callbacks(net, blobs):
    record = Record()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        net(record).fit(blobs[0], blobs[1][:5])
    assert record.calls == []


@needs_callbacks
def test_partial_fit_is_a_run_of_one_epoch(net, blobs):
    record = Record()
    clf = net(record)
    for _ in range(2):
        clf.partial_fit(*blobs)
    run = ["setup", "begin partial-fit", "begin epoch", "end epoch", "end partial-fit"]
    assert record.calls == [*run, "teardown"] * 2
    assert [copied.n_iter_ for *_, copied in record.data] == [1, 1, 2, 2]
    # What has been copied can be trained on just as the estimator itself.
    *_, copied = record.data[1]
    again = copied.set_callbacks().partial_fit(*blobs)
    for ours, theirs in zip(again.weights_, clf.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@needs_callbacks
def test_warm_start_is_a_run_of_its_own(net, blobs):
    record = Record()
    clf = net(record, warm_start=True, epochs=2).fit(*blobs).fit(*blobs)
    assert record.calls.count("setup") == record.calls.count("begin fit") == 2
    assert [copied.n_iter_ for *_, copied in record.data] == [1, 2, 2, 3, 4, 4]
    assert len(record.data[3][3].history_["loss"]) == 3
    assert clf.n_iter_ == 4


# --- The callbacks that scikit-learn has ---------------------------------------------


def text_data():
    y = np.tile(["calm", "loud"], 20)
    return [f"{label} {label} day" for label in y], y


def make_case(estimator, quick, request):
    if estimator is TextPoolClassifier:
        params = {"width": 4, "random_state": 0, "learning_rate": 0.1}
        return estimator(epochs=2, **params, **CONSTANT), *text_data()
    X, y = request.getfixturevalue(
        "blobs" if estimator is DenseNetClassifier else "digits"
    )
    return quick(estimator, epochs=2, **CONSTANT), X, y


ESTIMATORS = [DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier]


@needs_callbacks
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_progress_bar_and_scoring_monitor(estimator, quick, request, capsys):
    from sklearn.callback import ProgressBar, ScoringMonitor

    clf, X, y = make_case(estimator, quick, request)
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    clf.set_callbacks(ProgressBar(), monitor).fit(X, y)
    log = monitor.get_logs().data
    assert sorted(row["task_id_path"] for row in log) == [(0,), (0, 0), (0, 1)]
    scores = {row["task_id_path"]: row for row in log}
    assert scores[0,]["accuracy"] == clf.score(X, y)
    assert scores[0,]["neg_log_loss"] == scores[0, 1]["neg_log_loss"]
    assert scores[0, 0]["neg_log_loss"] != scores[0, 1]["neg_log_loss"]
    assert "100%" in capsys.readouterr().out
    if estimator is DenseNetClassifier:
        shorter = quick(estimator, epochs=1, **CONSTANT).fit(X, y)
        assert scores[0, 0]["accuracy"] == shorter.score(X, y)


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_under_grid_search_and_pipeline(net, blobs, n_jobs, capsys):
    from sklearn.callback import ProgressBar, ScoringMonitor

    X, y = blobs
    monitor = ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(StandardScaler(), net(monitor, epochs=2))
    search = GridSearchCV(
        pipeline,
        {"densenetclassifier__dropout": [0.0, 0.5]},
        cv=2,
        n_jobs=n_jobs,
        error_score="raise",
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=2)).fit(X, y)
    log = monitor.get_logs(select="all")
    assert len(log) == 1  # one run, that of the search
    names = [row["task_name"] for row in log[0].data]
    # Two candidates, two folds, and the final fit.
    assert names.count("epoch") == 5 * 2
    assert len(names) == 5 * 2 + 5
    last = max(log[0].data, key=lambda row: row["task_id_path"])
    best = search.best_estimator_
    assert last["accuracy"] == best.score(X, y)
    assert not hasattr(best[-1], "_parent_callback_ctx")
    assert "DenseNetClassifier" in capsys.readouterr().out


@needs_callbacks
def test_progress_bar_ends_when_a_fit_fails(net, blobs, capsys):
    from sklearn.callback import ProgressBar

    record = Record()
    record.error = RuntimeError("no more")
    before = {thread for thread in threading.enumerate() if not thread.daemon}
    with pytest.raises(RuntimeError, match="no more"):
        net(ProgressBar(), record).fit(*blobs)
    alive = {thread for thread in threading.enumerate() if not thread.daemon}
    assert alive == before  # one more would keep the interpreter from ending


@pytest.mark.parametrize("as_sparse", [sp.coo_matrix, sp.dia_matrix, sp.csc_array])
def test_rows_of_any_sparse_format(as_sparse):
    given = {"X": as_sparse(np.eye(3))}
    found = sklearn_callbacks.training_rows(given, np.array([2, 0]))["X"]()
    np.testing.assert_array_equal(found.toarray(), np.eye(3)[[2, 0]])
