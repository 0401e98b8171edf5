"""Columns by their type in the dense estimators: results and errors."""

import datetime
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import sklearn
import skops.io
from numpy.testing import assert_allclose, assert_array_equal

import sknets
from sknets import DenseNetClassifier

N = 60
RNG = np.random.default_rng(0)
COLOURS = np.array(["red", "green", "blue"])


def raw_frame():
    frame = pd.DataFrame(
        {
            "size": RNG.normal(size=N),
            "colour": COLOURS[np.arange(N) % 3],
            "flag": np.arange(N) % 2 == 0,
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N), "D"),
            "code": pd.Categorical(np.arange(N) % 4),
            "wait": pd.to_timedelta(np.arange(N), "min"),
        }
    )
    frame.loc[::7, "size"] = np.nan
    frame.loc[::5, "colour"] = None
    frame.loc[::9, "when"] = pd.NaT
    frame.loc[::8, "code"] = None
    return frame


FRAME = raw_frame()
Y = np.where(FRAME["colour"] == "red", "yes", "no")
NAMES = [
    *("size", "flag", "when_days", "when_year_sin", "when_year_cos", "when_week_sin"),
    *("when_week_cos", "when_day_sin", "when_day_cos", "wait"),
    *("size_missing", "when_missing"),
    *("colour_blue", "colour_green", "colour_red", "colour_missing"),
    *("code_0", "code_1", "code_2", "code_3", "code_missing"),
]


def net(**params):
    return DenseNetClassifier(
        **{"width": 4, "epochs": 2, "batch_size": 32, "random_state": 0, **params}
    )


@pytest.fixture(scope="module")
def fitted():
    return net().fit(FRAME, Y)


# --- What columns become -------------------------------------------------------------


def test_encoded_columns_and_their_names(fitted):
    encoded = pd.DataFrame(
        fitted.encode_columns(FRAME), columns=fitted.get_feature_names_out()
    )
    assert list(encoded) == NAMES
    median = FRAME["size"].quantile(interpolation="lower")
    assert_array_equal(encoded["size"], FRAME["size"].fillna(median))
    assert_array_equal(encoded["size_missing"], FRAME["size"].isna())
    assert_array_equal(encoded["flag"], FRAME["flag"])
    assert_array_equal(encoded["wait"], FRAME["wait"].dt.total_seconds())
    for name in COLOURS:
        assert_array_equal(encoded[f"colour_{name}"], FRAME["colour"] == name)
    assert_array_equal(encoded["colour_missing"], FRAME["colour"].isna())
    assert_array_equal(encoded["code_2"], FRAME["code"] == 2)
    present = FRAME["when"].notna()
    days = (FRAME["when"] - pd.Timestamp("1970-01-01")).dt.days
    assert_allclose(encoded["when_days"][present], days[present])
    angle = 2 * np.pi * (days[present] % 7) / 7
    assert_allclose(encoded["when_week_sin"][present], np.sin(angle), atol=1e-12)
    assert_allclose(encoded["when_day_cos"][present], 1)


def test_one_hot_columns_give_the_same_network(fitted):
    encoded = fitted.encode_columns(FRAME)
    of_encoded = net(input_scaling="standard").fit(encoded[:, 12:], Y)
    of_frame = net(input_scaling="standard").fit(FRAME[["colour", "code"]], Y)
    assert_array_equal(
        of_frame.predict_proba(FRAME[["colour", "code"]]),
        of_encoded.predict_proba(encoded[:, 12:]),
    )


def test_gaps_have_no_part_in_the_scaling():
    x = np.concatenate([np.full(40, np.nan), np.arange(20.0)])
    for scaling in ("robust", "standard"):
        with_gaps = net(input_scaling=scaling).fit(x[:, None], Y).input_scaling_
        without = net(input_scaling=scaling).fit(x[40:, None], Y[40:]).input_scaling_
        assert with_gaps["shift"][0] == without["shift"][0]
        assert with_gaps["scale"][0] == without["scale"][0]


def test_gaps_among_very_many_columns_have_no_part_in_the_scaling():
    X = np.random.default_rng(0).normal(size=(N, 600))
    with_gap = X.copy()
    with_gap[0, 3] = np.nan
    found = net().fit(with_gap, Y).input_scaling_
    expected = net().fit(X[1:], Y[1:]).input_scaling_
    assert_allclose(found["shift"][3], expected["shift"][3])
    # The indicator of the gap is one more column.
    assert_allclose(found["scale"][3], expected["scale"][3] * np.sqrt(600 / 601))


@pytest.mark.parametrize(
    "other",
    [
        pl.from_pandas,
        lambda frame: frame.astype({"colour": object, "code": "category"}),
        lambda frame: frame.convert_dtypes(),
    ],
)
def test_other_containers_give_the_same(fitted, other):
    frame = other(FRAME)
    assert_array_equal(fitted.predict_proba(frame), fitted.predict_proba(FRAME))
    kept = ["size", "colour", "flag", "when", "wait"]
    found = net().fit(frame[kept], Y).predict_proba(frame[kept])
    assert_array_equal(found, net().fit(FRAME[kept], Y).predict_proba(FRAME[kept]))


def test_tables_of_pyarrow(fitted):
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pandas(FRAME)
    assert_array_equal(fitted.predict_proba(table), fitted.predict_proba(FRAME))
    [batch] = table.to_batches()
    assert_array_equal(fitted.predict_proba(batch), fitted.predict_proba(FRAME))
    found = net().fit(table, Y)
    assert_array_equal(found.predict_proba(table), fitted.predict_proba(FRAME))
    assert list(found.feature_names_in_) == list(FRAME)


@pytest.mark.parametrize("contain", [lambda rows: np.array(rows, object), list])
def test_rows_of_strings_and_numbers(contain):
    rows = contain([[i / 2, "ab"[i % 2], None] for i in range(N)])
    found = net().fit(rows, Y)
    assert found.columns_["kinds"] == ["number", "text", "empty"]
    assert list(found.get_feature_names_out()) == ["x0", "x1_a", "x1_b"]
    assert found.predict(rows).shape == (N,)


# --- Unknown and missing at predict --------------------------------------------------


def test_categories_and_gaps_that_fit_did_not_have():
    frame = pd.DataFrame({"a": np.arange(N) % 5.0, "b": COLOURS[np.arange(N) % 3]})
    found = net().fit(frame, Y)
    other = frame.assign(b=["red", "violet"] * 30)
    encoded = found.encode_columns(other)
    assert_array_equal(encoded[1::2, 1:], 0)
    other = pd.DataFrame({"a": [np.nan, 2.0], "b": [None, "red"]})
    assert_array_equal(found.encode_columns(other), [[2, 0, 0, 0], [2, 0, 0, 1]])
    assert np.isfinite(found.predict_proba(other)).all()


def test_rare_categories_share_an_indicator_with_unknown_ones():
    values = ["a"] * 20 + ["b"] * 38 + ["once", "also once"]
    found = net().fit(pd.DataFrame({"a": values}), Y)
    assert list(found.get_feature_names_out()) == ["a_a", "a_b", "a_others"]
    encoded = found.encode_columns(pd.DataFrame({"a": ["a", "once", "new", None]}))
    assert_array_equal(encoded, [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]])


@pytest.mark.parametrize(
    ("scaling", "centre"), [("robust", "median"), ("standard", "mean"), (None, None)]
)
def test_gaps_where_fit_had_none_take_the_centre(scaling, centre):
    X = np.random.default_rng(0).normal(2, 1, (N, 3)).astype(np.float32)
    found = net(input_scaling=scaling).fit(X, Y)
    filled, with_gaps = X.copy(), X.copy()
    with_gaps[:, 1] = np.nan
    filled[:, 1] = getattr(np, centre)(X[:, 1].astype(float)) if centre else 0.0
    assert not hasattr(found, "columns_")
    assert_allclose(
        found.predict_proba(with_gaps), found.predict_proba(filled), rtol=1e-5
    )
    assert_allclose(
        found.predict_proba(pd.DataFrame(with_gaps).astype(object)),
        found.predict_proba(filled),
        rtol=1e-5,
    )


# --- The parameter -------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [["a"], [0], [True, False], np.array([True, False])])
def test_numbers_as_categories(chosen):
    frame = pd.DataFrame({"a": np.arange(N) % 3, "b": np.arange(N) * 1.0})
    found = net(categorical_features=chosen).fit(frame, Y)
    assert list(found.get_feature_names_out()) == ["b", "a_0", "a_1", "a_2"]
    encoded = found.encode_columns(frame.astype({"a": float}))
    assert_array_equal(encoded[:, 1:], np.eye(3)[np.arange(N) % 3])


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        (["c"], r"names the column 'c', which X has not; its columns are 'a', 'b'"),
        ([2], "names, or positions from 0 to 1; got 2"),
        ([-1], "names, or positions from 0 to 1; got -1"),
        ([0.5], "names, or positions from 0 to 1; got 0.5"),
        ([True], "a mask of 1 columns, but X has 2"),
        (None, "Column 'b' of X .* holds 'x' and is not among categorical_features"),
        ([0], "Column 'b' of X .* holds 'x' and is not among categorical_features"),
    ],
)
def test_wrong_categorical_features(chosen, error):
    frame = pd.DataFrame({"a": np.arange(N), "b": ["x", "y"] * 30})
    with pytest.raises(ValueError, match=error):
        net(categorical_features=chosen).fit(frame, Y)


def test_categorical_features_of_what_is_no_table():
    with pytest.raises(ValueError, match="names the column 'a', but X has no names"):
        net(categorical_features=["a"]).fit(np.eye(N), Y)
    with pytest.raises(ValueError, match="but X is sparse: pass a frame"):
        net(categorical_features=[0]).fit(sp.csr_array(np.eye(N)), Y)
    with pytest.raises(ValueError, match="but X holds images: pass a frame"):
        net(categorical_features=[0]).fit(np.zeros((N, 2, 2)), Y)


# --- Bad frames ----------------------------------------------------------------------


def frame_with(values):
    return pd.DataFrame({"a": np.arange(len(values)), "b": values})


UTC = datetime.UTC
BAD = [
    (
        [1.0, "x"] * 30,
        TypeError,
        "Column 'b' of X .* numbers and strings: 1.0 in row 0, 'x' ",
    ),
    ([True, "x"] * 30, TypeError, "'b' of X .* numbers and strings: True in row 0"),
    ([[1, 2]] * N, TypeError, r"'b' of X .* holds \[1, 2\], a list: the argument"),
    ([{}] * N, TypeError, "'b' of X .* a dict: the argument must be a string"),
    ([np.zeros(3)] * N, TypeError, "'b' of X .* a ndarray: the argument must be"),
    ([1j] * N, ValueError, "Complex data not supported: column 'b' of X"),
    (
        pd.Series([10**400] * N, dtype=object),
        ValueError,
        "too large for dtype.'float64'., in column 'b'",
    ),
    ([np.inf] * N, ValueError, "contains infinity"),
    ([None, np.inf] * 30, ValueError, "contains infinity"),
    (["x", datetime.date(2020, 1, 1)] * 30, TypeError, "strings and dates witho"),
    (
        [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=UTC)] * 30,
        TypeError,
        "'b' of X .* dates without a time zone and dates with a time zone",
    ),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_columns_that_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        net().fit(frame_with(values), Y)


def test_columns_of_one_name():
    frame = pd.DataFrame(np.full((N, 2), "x"), columns=["b", "b"])
    with pytest.raises(ValueError, match="X has 2 columns of the name 'b'"):
        net().fit(frame, Y)


def test_a_table_without_rows():
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        net().fit(FRAME[:0], Y[:0])


@pytest.mark.parametrize("values", [[None] * N, [np.nan] * N, [pd.NaT] * N])
def test_a_column_without_a_value_is_left_out(values):
    found = net().fit(frame_with(values), Y)
    assert list(found.get_feature_names_out()) == ["a"]
    for other in (values, np.arange(N), ["x"] * N):
        if found.columns_["kinds"][1] == "empty":
            assert found.encode_columns(frame_with(other)).shape == (N, 1)


def test_nothing_but_gaps():
    with pytest.raises(ValueError, match="No column of X has a value in the rows to t"):
        net().fit(np.full((N, 2), np.nan), Y)


def test_one_category():
    found = net().fit(frame_with(["x"] * N), Y)
    assert list(found.get_feature_names_out()) == ["a", "b_x"]
    assert np.isfinite(found.predict_proba(frame_with(["y"] * N))).all()


@pytest.mark.filterwarnings("ignore:Column .b. of X holds 3000 different strings")
def test_many_categories_take_bounded_memory():
    values = np.arange(3000).astype(str)
    frame = frame_with(np.concatenate([values, values[::2]]))
    found = net(epochs=1).fit(frame, np.arange(4500) % 2)
    assert len(found.get_feature_names_out()) == 1 + 255 + 1
    assert len(pickle.dumps(found)) < 40_000


def test_strings_of_numbers_are_categories():
    found = net().fit(frame_with(["1", "2.5"] * 30), Y)
    assert list(found.get_feature_names_out()) == ["a", "b_1", "b_2.5"]
    with pytest.raises(TypeError, match="holds numbers, but in fit it held strings"):
        found.predict(frame_with([1, 2.5] * 30))


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ([f"{value:.3f}" for value in RNG.normal(size=N)], "pd.to_numeric makes"),
        ([f"2020-01-01 {n % 24:02}:{n // 24:02}" for n in range(N)], "pd.to_datetime"),
        ([f"customer {n}" for n in range(N - 1)] + [None], "Leave it out if it names"),
    ],
)
def test_different_strings_in_most_rows_are_told(values, remedy):
    frame = pd.DataFrame({"a": np.arange(N) % 5, "s": values})
    with pytest.warns(UserWarning, match=f"Column 's' of X holds .* rows.*{remedy}"):
        fitted = net().fit(frame, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.predict(frame)


def test_different_strings_in_several_columns_are_one_warning():
    X = RNG.normal(size=(N, 3)).astype(str).astype(object)
    with pytest.warns(UserWarning, match="Column 0 of X .* 2 of the other") as told:
        net().fit(X, Y)
    assert len(told) == 1


def test_many_categories_of_a_few_rows_each_are_no_warning():
    values = [f"shop {n // 2}" for n in range(N)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net().fit(pd.DataFrame({"a": np.arange(N) % 5, "s": values}), Y)


@pytest.mark.parametrize(
    "dates",
    [
        [datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)],
        [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
        np.array(["0001-01-01", "9999-12-31"], "M8[s]"),
    ],
)
def test_dates_far_away(dates):
    frame = pd.DataFrame({"b": list(dates) * 30})
    found = net().fit(frame, Y)
    assert np.isfinite(found.encode_columns(frame)).all()
    assert np.isfinite(found.predict_proba(frame)).all()


def test_time_zones():
    utc = pd.Series(pd.date_range("2020-03-01", periods=N, freq="h", tz="UTC"))
    found = net().fit(frame_with(utc), Y)
    for other in (
        utc.dt.tz_convert("Asia/Tokyo"),
        utc.dt.tz_convert("Asia/Tokyo").astype(object),
        [value.isoformat() and value.to_pydatetime() for value in utc],
    ):
        assert_array_equal(
            found.encode_columns(frame_with(other)),
            found.encode_columns(frame_with(utc)),
        )
    with pytest.raises(
        TypeError, match="'b' of X .* dates without .* in fit it held dates with a time"
    ):
        found.predict(frame_with(utc.dt.tz_localize(None)))


def test_times_and_periods():
    frame = pd.DataFrame(
        {
            "time": [datetime.time(6, 30)] * N,
            "month": pd.period_range("2020-01", periods=N, freq="M"),
            "span": [datetime.timedelta(minutes=2)] * N,
        }
    )
    encoded = net().fit(frame, Y).encode_columns(frame)
    assert_allclose(
        encoded[0, :3], [23400, np.sin(6.5 * np.pi / 12), np.cos(6.5 * np.pi / 12)]
    )
    assert_array_equal(encoded[:2, 3], [18262, 18262 + 31])
    assert_array_equal(encoded[:, -1], 120)


def test_intervals_and_bytes_are_categories():
    frame = pd.DataFrame(
        {"a": pd.cut(np.arange(N), [-1, 20, 60]), "b": [b"x", b"y"] * 30}
    )
    found = net().fit(frame, Y)
    names = ["a_(-1, 20]", "a_(20, 60]", "b_x", "b_y"]
    assert list(found.get_feature_names_out()) == names


def test_another_kind_than_in_fit(fitted):
    with pytest.raises(
        TypeError, match="'size' of X .* strings, but in fit it held num"
    ):
        fitted.predict(FRAME.assign(size="x"))
    plain = net().fit(FRAME[["flag"]], Y)
    with pytest.raises(
        TypeError, match="'flag' of X .* strings, but in fit it held num"
    ):
        plain.predict(FRAME[["flag"]].assign(flag="x"))


def test_errors_name_the_columns_of_frames_of_numbers():
    frame = FRAME[["when", "flag"]]
    for other in (frame.assign(when=1.0), pl.DataFrame({"when": Y != "", "flag": 1})):
        with pytest.raises(TypeError, match=r"^Column 'when' of X .* holds numbers"):
            net().fit(frame, Y).predict(other)
    empty = pd.DataFrame({"a": np.full(N, np.nan), "b": np.full(N, np.nan)})
    with pytest.raises(ValueError, match="nothing to learn from: 'a', 'b'"):
        net().fit(empty, Y)
    with pytest.raises(ValueError, match="nothing to learn from: 0, 1"):
        net().fit(empty.to_numpy(), Y)


@pytest.mark.parametrize("columns", [["flag"], ["colour", "size", "flag"]])
def test_columns_in_another_order_or_missing(columns):
    found = net().fit(FRAME[columns].dropna(), Y[FRAME[columns].notna().all(axis=1)])
    with pytest.raises(ValueError, match="seen at fit time, yet now missing:\n- flag"):
        found.predict(FRAME[columns].rename(columns={"flag": "other"}))
    if len(columns) > 1:
        message = (
            "same order.*\n*Column 0 of X is 'flag', in fit it was 'colour': pass X"
        )
        with pytest.raises(ValueError, match=message):
            found.predict(FRAME[columns[::-1]])


def test_sparse_matrices_have_no_gaps():
    X = sp.csr_array(np.array([[np.nan, 1.0]] * N))
    with pytest.raises(ValueError, match=r"contains NaN. Gaps .* dense.*X.toarray"):
        net().fit(X, Y)


# --- Rows that teach nothing ---------------------------------------------------------


def test_rows_of_weight_zero_teach_nothing():
    frame = frame_with(["x", "y"] * 30).assign(a=np.arange(N) * 1.0)
    more = pd.concat([frame, frame_with(["z"] * 10).assign(a=np.nan)])
    weight = np.repeat([1.0, 0.0], [N, 10])
    alone = net().fit(frame, Y)
    found = net().fit(more, np.append(Y, Y[:10]), weight)
    assert_array_equal(found.get_feature_names_out(), alone.get_feature_names_out())
    assert_array_equal(found.predict_proba(frame), alone.predict_proba(frame))


def test_held_out_rows_teach_nothing():
    class LastTen:
        def split(self, X, y, groups=None):
            yield np.arange(N - 10), np.arange(N - 10, N)

        def get_n_splits(self):
            return 1

    frame = frame_with(["x", "y"] * 25 + ["z"] * 10).assign(a=np.arange(N) * 1.0)
    frame.loc[N - 10 :, "a"] = np.nan
    found = net(validation_fraction=LastTen()).fit(frame, Y)
    assert list(found.get_feature_names_out()) == ["a", "b_x", "b_y"]
    assert found.columns_["fill"][0] == 24.5
    given = net().fit(frame[:-10], Y[:-10], X_val=frame[-10:], y_val=Y[-10:])
    assert given.columns_["categories"] == found.columns_["categories"]
    assert_array_equal(given.input_scaling_["scale"], found.input_scaling_["scale"])


# --- Going on, copies and files ------------------------------------------------------


def test_partial_fit_and_warm_start(fitted):
    found = net().partial_fit(FRAME, Y)
    other = FRAME.assign(colour="violet")
    found.partial_fit(other, Y)
    assert list(found.get_feature_names_out()) == NAMES
    warm = net(warm_start=True).fit(FRAME, Y).fit(other, Y)
    assert list(warm.get_feature_names_out()) == NAMES
    warm.set_params(categorical_features=["flag", "colour"])
    with pytest.raises(ValueError, match="takes column 'flag' for something else"):
        warm.fit(FRAME, Y)


def test_a_new_fit_forgets_the_columns():
    found = net().fit(FRAME, Y)
    X = np.random.default_rng(0).normal(size=(N, 3))
    assert not hasattr(found.fit(X, Y), "columns_")


def test_copies_and_files_predict_the_same(fitted, tmp_path):
    expected = fitted.predict_proba(FRAME)
    sknets.save(fitted, tmp_path / "net")
    trusted = ["sknets.DenseNetClassifier"]
    for copy in (
        sknets.load(tmp_path / "net"),
        pickle.loads(pickle.dumps(fitted)),
        skops.io.loads(skops.io.dumps(fitted), trusted=trusted),
    ):
        assert_array_equal(copy.predict_proba(FRAME), expected)


def test_the_keras_model_takes_encoded_columns(fitted):
    found = np.asarray(fitted.model_(fitted.encode_columns(FRAME)))[:, 0]
    assert_allclose(found, fitted.predict_proba(FRAME)[:, 1], atol=1e-5)


# --- All values missing in what is predicted ------------------------------------------


@pytest.mark.parametrize("dtype", [object, np.float32, np.float64])
@pytest.mark.parametrize("column", ["size", "colour", "when", "code", "wait"])
def test_a_row_whose_only_value_of_a_column_is_missing(fitted, column, dtype):
    """Frames make floats of it, whatever the column was."""
    row = FRAME.iloc[[0]].copy()
    expected = row.copy()
    expected[column] = pd.Series([None], index=row.index, dtype=FRAME[column].dtype)
    row[column] = pd.Series([np.nan], index=row.index, dtype=dtype)
    assert_array_equal(fitted.predict_proba(row), fitted.predict_proba(expected))


def test_missing_categories_of_other_floats():
    values = np.array(
        [["a"], ["b"], [np.float32("nan")], [np.float16("nan")]] * 5, object
    )
    fitted = net().fit(values, [0, 1, 1, 1] * 5)
    assert fitted.get_feature_names_out().tolist() == ["x0_a", "x0_b", "x0_missing"]


def test_angles_of_full_turns_are_equal():
    times = pd.to_datetime(["2020-01-01 00:00", "2020-01-01 12:00"] * 10)
    frame = pd.DataFrame({"when": times, "size": np.arange(20.0)})
    fitted = net(input_scaling="standard").fit(frame, [0, 1] * 10)
    of_day = fitted.get_feature_names_out().tolist().index("when_day_sin")
    assert fitted.input_scaling_["scale"][of_day] == 0


@pytest.mark.parametrize("gaps_in_fit", [False, True])
def test_gaps_are_filled_where_scikit_learn_does_not_look_for_them(gaps_in_fit):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = (X[:, 0] > 0).astype(int)
    with_gap = X.copy()
    with_gap[0, 1] = np.nan
    net = DenseNetClassifier(8, epochs=2, random_state=0)
    train = with_gap if gaps_in_fit else X
    expected = net.fit(train, y).predict_proba(with_gap)
    with sklearn.config_context(assume_finite=True):
        found = net.fit(train, y).predict_proba(with_gap)
        assert np.isfinite(found).all()
        with pytest.raises(ValueError, match=r"contains NaN.*toarray"):
            net.predict(sp.csr_array(with_gap))
    assert_array_equal(found, expected)
