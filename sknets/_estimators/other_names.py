"""What parameters of other libraries are called here, for errors about unknown ones."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_BY_LOSS = "the loss follows from y: classes, or an indicator matrix"
_FROM_LABELS = "classes are learnt from y"

# Parameters of scikit-learn, Keras, scikeras and skorch, by what they are here.
PARAMETERS = {
    **dict.fromkeys(
        ("hidden_layer_sizes", "hidden_units", "units", "layers", "filters"), "width"
    ),
    **dict.fromkeys(("embedding_dim", "output_dim", "embedding_size"), "width"),
    **dict.fromkeys(("max_iter", "max_epochs", "n_epochs", "nb_epoch"), "epochs"),
    **dict.fromkeys(("learning_rate_init", "lr", "eta"), "learning_rate"),
    **dict.fromkeys(("n_iter_no_change", "early_stopping_rounds"), "patience"),
    **dict.fromkeys(("dropout_rate", "rate"), "dropout"),
    **dict.fromkeys(("seed", "random_seed"), "random_state"),
    "solver": "optimizer",
    "alpha": "l2, which is alpha / (2 * batch_size)",
    "momentum": "optimizer__momentum",
    "nesterovs_momentum": "optimizer__nesterov",
    "beta_1": "optimizer__beta_1",
    "beta_2": "optimizer__beta_2",
    "epsilon": "optimizer__epsilon",
    "clipnorm": "optimizer__clipnorm",
    **dict.fromkeys(
        ("cat_features", "cat_col_names", "categorical_feature"), "categorical_features"
    ),
    "input_shape": "image_shape",
    "vocabulary_size": "max_features",
    "max_tokens": "max_features",
    "validation_split": "validation_fraction",
    "train_split": "validation_fraction",
    "validation_data": "X_val and y_val of fit",
    "lr_scheduler": "learning_rate_schedule",
    "loss": _BY_LOSS,
    "criterion": _BY_LOSS,
    "num_classes": _FROM_LABELS,
    "n_classes": _FROM_LABELS,
}


def hint(unknown: str, known: Iterable[str]) -> str:
    """Sentence that says what an unknown parameter is called here; "" if unknown."""
    if unknown in PARAMETERS:
        return f" Here it is: {PARAMETERS[unknown]}."
    close = get_close_matches(unknown, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
