"""Scores of the user's choice in `history_`, against scikit-learn's own results."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, make_scorer, matthews_corrcoef
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._core.objectives import Huber, Multiclass
from sknets._estimators.scores import recorded, scorers_of

RECORDED = ["loss", "accuracy"]


def test_metric_is_recorded_where_there_is_one():
    assert recorded(Multiclass()) == RECORDED
    assert recorded(Huber()) == ["loss"]


def constant(estimator, X, y):
    return 0.25


def test_scores_are_those_of_the_estimator_of_each_epoch(quick, blobs):
    X, y = blobs
    X_val, y_val = X[::2] + 1, y[::2]
    params = {"scoring": ["f1_macro", "neg_log_loss", "roc_auc_ovr"]}
    params |= {"learning_rate_schedule": "constant"}
    est = quick(DenseNetClassifier, **params).fit(X, y, X_val=X_val, y_val=y_val)
    for epochs in (1, 5):
        shorter = quick(DenseNetClassifier, **params, epochs=epochs).fit(X, y)
        for name, scorer in scorers_of(params["scoring"], RECORDED).items():
            figures = est.history_[name], est.history_[f"val_{name}"]
            assert figures[0][epochs - 1] == pytest.approx(scorer(shorter, X, y))
            assert figures[1][epochs - 1] == pytest.approx(
                scorer(shorter, X_val, y_val)
            )


def test_labels_and_texts_as_the_caller_has_them():
    texts, labels = ["a good film", "a bad film"] * 20, ["pos", "neg"] * 20
    scorer = make_scorer(f1_score, pos_label="pos")
    est = TextPoolClassifier(
        scoring={"f1": scorer, "low": constant}, validation_fraction=0.25,
        random_state=0,
    ).fit(texts, labels)  # fmt: skip
    assert est.history_["f1"][-1] == scorer(est, texts, labels) == 1.0
    assert est.history_["val_low"] == [0.25] * est.n_iter_


def test_compiled_training(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, scoring="balanced_accuracy", epochs=2).fit(X, y)
    [scorer] = scorers_of("balanced_accuracy", RECORDED).values()
    assert est.history_["balanced_accuracy"][-1] == scorer(est, X, y)


def test_rows_are_predicted_once_however_many_scorers(quick, blobs, monkeypatch):
    calls = []
    original = DenseNetClassifier._logits

    def logits(self, X):
        calls.append(len(X))
        return original(self, X)

    monkeypatch.setattr(DenseNetClassifier, "_logits", logits)
    X, y = blobs
    est = quick(DenseNetClassifier, scoring=["f1_macro", "f1_micro", "neg_log_loss"])
    est.fit(X, y, X_val=X[:9], y_val=y[:9])
    assert calls == []


def test_a_scorer_may_ask_for_other_rows(quick, blobs):
    X, y = blobs

    def of_a_part(estimator, X, y):
        return estimator.score(X[:20], y[:20])

    est = quick(DenseNetClassifier, scoring=of_a_part).fit(X, y)
    assert est.history_["score"][-1] == est.score(X[:20], y[:20])


def test_weights_go_to_the_scorers_that_have_them(quick, blobs):
    X, y = blobs
    y = np.where(np.arange(90) % 7 == 0, 0, y)
    weight = 1.0 + np.arange(90) % 4
    scoring = {
        "mcc": make_scorer(matthews_corrcoef),
        "plain": make_scorer(lambda y, predicted: np.mean(y == predicted)),
        "constant": constant,
    }
    est = quick(DenseNetClassifier, scoring=scoring, epochs=1)
    est.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight[::-1])
    predicted = est.predict(X)
    for name, w in (("mcc", weight), ("val_mcc", weight[::-1])):
        expected = matthews_corrcoef(y, predicted, sample_weight=w)
        assert est.history_[name] == [pytest.approx(expected)]
        assert expected != pytest.approx(matthews_corrcoef(y, predicted))
    assert est.history_["val_plain"] == [np.mean(y == predicted)]


def test_accuracy_is_recorded_already(quick, blobs):
    est = quick(DenseNetClassifier, scoring=["accuracy", "f1_macro"]).fit(*blobs)
    assert set(est.history_) == {"loss", "accuracy", "f1_macro"}
    assert est.history_ == {
        **quick(DenseNetClassifier).fit(*blobs).history_,
        "f1_macro": est.history_["f1_macro"],
    }


def test_an_epoch_that_explodes_has_no_scores(quick, blobs):
    from sklearn.exceptions import ConvergenceWarning

    X, y = blobs
    est = quick(
        DenseNetClassifier, optimizer="sgd", learning_rate=1e30, scoring="f1_macro"
    )
    with pytest.warns(ConvergenceWarning, match="infinite or NaN"):
        est.fit(X, y, X_val=X, y_val=y)
    assert np.isnan(est.history_["val_f1_macro"][-1])
    assert np.isnan(est.history_["f1_macro"][-1])


def test_in_a_search(quick, blobs):
    est = quick(DenseNetClassifier, scoring="f1_macro", epochs=1)
    search = GridSearchCV(est, {"scoring": [None, ["f1_macro"]]}, cv=2)
    scores = search.fit(*blobs).cv_results_["mean_test_score"]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("scoring", "error", "match"),
    [
        ("f9", ValueError, "'f9' is not a valid scoring value"),
        ({"loss": "f1_macro"}, ValueError, "scoring cannot record anything as 'loss'"),
        ({"accuracy": constant}, ValueError, "record anything as 'accuracy'"),
        ({"val_f1": "f1_macro"}, ValueError, "record anything as 'val_f1'"),
        ([constant], ValueError, "scoring must be the name of a scorer.*got"),
        ({"f1": 3}, ValueError, "scoring must be the name of a scorer"),
        ({"text": lambda *_: "high"}, TypeError, "'text' in scoring must return a num"),
        (3, ValueError, "'scoring' parameter .* must be"),
    ],
)
def test_what_is_refused(quick, blobs, scoring, error, match):
    with pytest.raises(error, match=match):
        quick(DenseNetClassifier, scoring=scoring).fit(*blobs)


@pytest.mark.parametrize("scoring", [len, int, {"mine": len}])
def test_callables_that_are_no_scorers(scoring):
    with pytest.raises(TypeError, match=r"scoring has .* which cannot be called as"):
        DenseNetClassifier(epochs=1, scoring=scoring).fit(np.eye(4), [0, 1, 0, 1])
