"""TextPoolVectorizer: a column of texts as a few numbers, beside other columns."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._sklearn import (
    DocumentationLink,
    HasMethods,
    Interval,
    check_parameters,
    fit_context,
    safe_indexing,
)
from .._texts.tokenize import as_texts
from . import labels, targets, text_counting
from .parameter_types import RandomState
from .plain_params import plain_params
from .state import forget, snapshot, take_over
from .text import TextPoolClassifier
from .text_input import TextInput
from .text_regressor import TextPoolRegressor


class TextPoolVectorizer(DocumentationLink, TransformerMixin, BaseEstimator):
    """Turn texts into a few numbers, for an estimator that has other columns, too.

    With a target, the numbers are what a text estimator makes of each text: a column of
    `decision_function` for each class, or for each label (one column for two classes);
    of a regressor, its predictions. Without a target, they are the leading directions
    of the n-gram counts (latent semantic analysis [1]_).

    An estimator knows the texts that it was fitted on too well: whoever learns from its
    scores of these trusts them more than those of new texts deserve. As in
    scikit-learn's ``TargetEncoder``, `fit_transform` therefore scores each text by an
    estimator that was fitted on other ones, so that ``fit(X, y).transform(X)`` is
    something else. A `Pipeline` calls `fit_transform`.

    Parameters
    ----------
    estimator : estimator or None, default=None
        Text classifier with `decision_function`, or text regressor. None is
        `TextPoolRegressor` where y is continuous, and else `TextPoolClassifier`.
        Without y its parameters say what is counted.
    n_components : int, default=64
        Number of columns without a target; fewer where there are fewer n-grams or
        texts.
    cv : int or splitter, default=5
        How `fit_transform` splits the texts; for classes an int makes folds with equal
        shares of each.
    random_state : int, RandomState instance or None, default=None
        Seed of the estimators that are fitted and have none, of the folds that
        ``cv=int`` makes, and of the decomposition.

    Attributes
    ----------
    estimator_ : estimator or None
        Fitted on all texts, which `transform` uses; None without a target.
    n_features_out_ : int
        Number of columns.

    See Also
    --------
    TextPoolClassifier : Texts alone.

    References
    ----------
    .. [1] Deerwester, Dumais, Furnas, Landauer and Harshman, "Indexing by latent
       semantic analysis", Journal of the American Society for Information Science 41,
       1990.

    Examples
    --------
    >>> from sknets import TextPoolVectorizer
    >>> texts = ["a good film", "good fun", "a bad film", "bad, very bad"] * 5
    >>> labels = ["pos", "pos", "neg", "neg"] * 5
    >>> vectorizer = TextPoolVectorizer(random_state=0)
    >>> vectorizer.fit_transform(texts, labels).shape
    (20, 1)
    >>> print(*vectorizer.get_feature_names_out())
    score_pos
    >>> bool(vectorizer.transform(["a good plot"])[0, 0] > 0)
    True
    """

    __module__ = "sknets"

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "cv": ["cv_object"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_components: int = 64,
        cv: Any = 5,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.n_components = n_components
        self.cv = cv
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn from all texts.

        Parameters
        ----------
        X : list, ndarray, Series or one-column frame of str
            Texts.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
            What to learn to predict.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weight of each text; with a target only. A `Pipeline` as `estimator` gets
            them in its last step.

        Returns
        -------
        TextPoolVectorizer
            The fitted transformer.

        Raises
        ------
        TypeError
            If a text is no string.
        ValueError
            If X and y differ in length, or weights come without a target.
        """
        texts, weights = _checked(X, y, sample_weight)
        aside = self._unfitted()
        if y is None:
            aside._fit_transform_counts(texts)
        else:
            net = self._new_estimator(y, self._seed())
            aside._fit_estimator(net, texts, y, weights)
        take_over(self, aside)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> np.ndarray:
        """Learn from all texts, and score each by what was learnt from other ones.

        Parameters
        ----------
        X : list, ndarray, Series or one-column frame of str
            Texts.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
            What to learn to predict.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weight of each text; with a target only. A `Pipeline` as `estimator` gets
            them in its last step.

        Returns
        -------
        ndarray of shape (n_samples, n_scores), float32
            Scores; a class that is in one fold alone has the lowest score there, and
            where a fold leaves one class to learn from, all scores are 0.

        Raises
        ------
        TypeError
            If a text is no string.
        ValueError
            If X and y differ in length, weights come without a target, or `cv` does
            not put each text into one test fold.
        """
        texts, weights = _checked(X, y, sample_weight)
        aside = self._unfitted()
        if y is None:
            scores = aside._fit_transform_counts(texts)
        else:
            seed = self._seed()
            net = self._new_estimator(y, seed)
            folds = self._folds(net, texts, y, seed)
            aside._fit_estimator(net, texts, y, weights)
            scores = aside._out_of_fold(net, folds, texts, y, weights)
        take_over(self, aside)
        return scores

    def transform(self, X: Any) -> np.ndarray:
        """Score texts by what was learnt from all that were seen in `fit`.

        Parameters
        ----------
        X : list, ndarray, Series or one-column frame of str
            Texts.

        Returns
        -------
        ndarray of shape (n_samples, n_scores), float32
            Scores.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        texts = as_texts(X)
        if fitted.estimator_ is not None:
            return fitted._scores(fitted.estimator_, texts)
        counts = fitted.idf_.transform(fitted.counter_.transform(texts))
        return fitted.directions_.transform(counts).astype(np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Get the names of the columns.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str
            ``"score_"`` and the class, the label or the number of the target; without a
            target ``"component_"`` and a number.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        net, n_columns = fitted.estimator_, fitted.n_features_out_
        if net is None:
            names = [f"component_{i}" for i in range(n_columns)]
        else:
            classes = list(getattr(net, "classes_", range(n_columns)))
            names = [f"score_{name}" for name in classes[-n_columns:]]
        return np.array(names, dtype=object)

    def _unfitted(self) -> Self:
        """A copy to fit, so that this one is as before where that fails."""
        aside = snapshot(self)
        forget(aside)
        return aside

    def _seed(self) -> int:
        if self.random_state is None:  # which leaves numpy's own generator alone
            return int(np.random.default_rng().integers(2**31))
        return int(check_random_state(self.random_state).randint(2**31))

    # --- With a target ---------------------------------------------------------------

    def _fit_estimator(self, net: Any, texts: list, y: Any, weights: Any) -> None:
        self.estimator_ = _fitted(net, texts, y, weights)
        self.n_features_out_ = self._scores(self.estimator_, texts[:1]).shape[1]

    def _out_of_fold(
        self, net: Any, folds: list[tuple], texts: list, y: Any, weights: Any
    ) -> np.ndarray:
        """Scores of the texts of each fold, learnt from the others."""
        scores = np.zeros((len(texts), self.n_features_out_), np.float32)
        for seen, others in folds:
            of_others = _fitted(
                net,
                [texts[i] for i in seen],
                safe_indexing(y, seen),
                None if weights is None else weights[seen],
            )
            scores[others] = self._scores(of_others, [texts[i] for i in others])
        return scores

    def _new_estimator(self, y: Any, seed: int) -> Any:
        if self.estimator is None:
            with np.errstate(invalid="ignore"):  # NaN is an error, and no warning
                kind = type_of_target(labels.as_array(y, "y"), input_name="y")
            is_continuous = kind.startswith("continuous")
            net: Any = TextPoolRegressor() if is_continuous else TextPoolClassifier()
        else:
            net = clone(self.estimator)
        if is_classifier(net) and not hasattr(net, "decision_function"):
            raise ValueError(
                f"estimator={net!r} has no decision_function, whose scores are the "
                "columns: take TextPoolClassifier, or a pipeline that ends in a linear "
                "classifier."
            )
        for name, value in net.get_params().items():  # those of a pipeline's steps, too
            if value is None and name.split("__")[-1] == "random_state":
                net.set_params(**{name: seed})
        return net

    def _folds(self, net: Any, texts: list, y: Any, seed: int) -> list[tuple]:
        """Rows to learn from and rows to score, each row once among these."""
        from sklearn.model_selection import check_cv  # would slow `import sknets`

        cv = check_cv(self.cv, y, classifier=is_classifier(net))
        if isinstance(self.cv, Integral):  # sorted texts would give folds that differ
            cv = type(cv)(cv.get_n_splits(), shuffle=True, random_state=seed)
        try:
            folds = list(cv.split(np.zeros(len(texts)), y))
        except ValueError as error:
            raise ValueError(
                f"cv={self.cv!r} cannot split these texts: {error} Lower cv where "
                "classes have few texts, pass estimator=TextPoolRegressor() where y is "
                "numbers to predict, and PredefinedSplit as cv where texts belong to "
                "groups."
            ) from error
        n_scores = np.zeros(len(texts), int)
        for _, others in folds:
            n_scores[others] += 1
        if (n_scores != 1).any():
            raise ValueError(
                f"cv={self.cv!r} must put each text into one test fold, as KFold does; "
                f"{int((n_scores == 0).sum())} of {len(texts)} are in none and "
                f"{int((n_scores > 1).sum())} in several."
            )
        return folds

    def _scores(self, net: Any, texts: list) -> np.ndarray:
        """Scores in the columns of `estimator_`, which may know more classes."""
        method = "decision_function" if is_classifier(net) else "predict"
        scores = np.asarray(getattr(net, method)(texts), np.float32)
        scores = scores.reshape(len(texts), -1)
        known = getattr(self.estimator_, "classes_", None)
        own = getattr(net, "classes_", None)
        if known is None or own is None or len(own) == len(known):
            return scores
        if len(own) == 1:  # whose logit means nothing
            return np.zeros((len(texts), self.n_features_out_), np.float32)
        if len(own) == 2:  # its one column speaks for the second class
            scores = np.hstack([-scores, scores])
        columns = np.full((len(texts), len(known)), scores.min(), np.float32)
        columns[:, np.searchsorted(known, own)] = scores
        return columns

    # --- Without a target ------------------------------------------------------------

    def _fit_transform_counts(self, texts: list) -> np.ndarray:
        from sklearn.decomposition import TruncatedSVD  # would slow `import sknets`

        self.counter_, counts = text_counting.fitted_counter(self._counting(), texts)
        if counts.shape[1] < 2:
            raise ValueError(
                "Without y the columns are the leading directions of the counts of "
                "n-grams, at least two of them; as the parameters of `estimator` have "
                "it, 1 n-gram is counted in these texts. Lower its min_df, raise its "
                "max_df, max_features or n_features, name more in its vocabulary, or "
                "pass y."
            )
        self.idf_ = TfidfTransformer()
        counts = self.idf_.fit_transform(counts)
        self.directions_ = TruncatedSVD(
            min(self.n_components, *counts.shape), random_state=self._seed()
        )
        self.estimator_ = None
        # Shares of the spread, if there is none.
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = self.directions_.fit_transform(counts).astype(np.float32)
        self.n_features_out_ = scores.shape[1]
        return scores

    def _counting(self) -> TextInput:
        """A text estimator whose parameters say what is counted."""
        net = TextPoolClassifier() if self.estimator is None else self.estimator
        if not isinstance(net, TextInput):
            raise ValueError(
                "Without y the texts are counted as a TextPoolClassifier or "
                f"TextPoolRegressor does; got estimator={net!r}. Pass y, or one of "
                "these."
            )
        check_parameters(net)
        net = clone(net)
        vars(net).update(plain_params(net))
        # Counts are damped, not cut to one, where the target has not been said.
        net.target_type_ = "multiclass"
        return net

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _checked(X: Any, y: Any, sample_weight: Any) -> tuple[list, np.ndarray | None]:
    """Texts, and a weight for each where there are some."""
    texts = as_texts(X)
    if y is not None:
        check_consistent_length(texts, y)
    if sample_weight is None:
        return texts, None
    if y is None:
        raise ValueError(
            "sample_weight counts with a target only: pass y, or leave the weights out."
        )
    return texts, targets.check_sample_weight(sample_weight, texts)


def _fitted(net: Any, texts: list, y: Any, weights: np.ndarray | None) -> Any:
    given = {} if weights is None else {_name_of_weights(net): weights}
    return clone(net).fit(texts, y, **given)


def _name_of_weights(net: Any) -> str:
    """Name of the weights in `fit`: a pipeline hands on what begins with a step."""
    from sklearn.pipeline import Pipeline  # would slow `import sknets`

    is_routed = sklearn.get_config()["enable_metadata_routing"]
    if is_routed or not isinstance(net, Pipeline):
        return "sample_weight"
    step, last = net.steps[-1]
    return f"{step}__{_name_of_weights(last)}"
