"""Values of a state as text and arrays: there and back, or an error that says where."""

import json

import numpy as np
import pytest

import sknets
from sknets import DenseNetClassifier
from sknets._persistence import plain
from sknets._texts.symbols import Values
from tests.persistence.same import assert_same


@pytest.mark.parametrize(
    "value",
    [
        None, True, 2**80, -0.0, 1e-320, float("nan"), float("-inf"), "ü\ud800\0",
        [], (), {}, [(1, [2])], {(1, None): {2: "x"}, "array": 1, True: 0}, b"\xff",
        np.float32(0.1),
        np.bool_(True), np.str_(""), np.bytes_(b"a"), np.datetime64("2020-01-01"),
        np.longdouble(0.1), np.array(3), np.zeros((0, 2)), np.zeros(2, ">i2"),
        np.array(["ä", ""]), np.array(["", ""]),
        np.array([[None, (1, 2)], [[], {}]], object), np.ones((3, 4))[:, ::2],
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values(value):
    arrays = []
    text = json.dumps(plain.encode(value, "value", arrays, {}), allow_nan=False)
    arrays = [np.require(a, requirements="W") for a in arrays]
    if isinstance(value, np.ndarray) and not value.flags.contiguous:
        value = value.copy()
        arrays = [a.copy() for a in arrays]
    decoder = plain.Decoder(arrays)
    assert_same(value, decoder.decode(json.loads(text), {}))
    decoder.check_all_used()


@pytest.mark.parametrize("value", [slice(1, None, -2), np.dtype(">f4"), np.dtype("O")])
def test_slices_and_types(value):
    text = json.dumps(plain.encode(value, "value", [], {}))
    assert plain.Decoder([]).decode(json.loads(text), {}) == value


@pytest.mark.parametrize(
    "value",
    [set(), {"b", 1, None}, frozenset({("a", 1.5)}), {np.str_("a"), frozenset({1})}],
)
def test_sets(value):
    arrays = []
    text = json.dumps(plain.encode(value, "value", arrays, {}))
    decoded = plain.Decoder(arrays).decode(json.loads(text), {})
    assert decoded == value
    assert type(decoded) is type(value)
    assert sorted(map(repr, decoded)) == sorted(map(repr, value))


def test_equal_sets_make_equal_files():
    words = [f"word{number}" for number in range(100)]
    for kind in (set, frozenset):
        texts = [
            json.dumps(plain.encode(kind(order), "value", [], {}))
            for order in (words, words[::-1])
        ]
        assert texts[0] == texts[1] == json.dumps({kind.__name__: sorted(words)})


def test_an_object_comes_back_where_its_class_is_known():
    classes, arrays = {"Values": Values}, []
    symbols = Values("char", True, (1, 2))
    encoded = plain.encode({"of": symbols}, "value", arrays, classes)
    decoded = plain.Decoder(arrays).decode(encoded, classes)
    assert_same({"of": symbols}, decoded)
    with pytest.raises(TypeError, match=r"^value\['of'\] is an object of type Values"):
        plain.encode({"of": symbols}, "value", [], {})
    with pytest.raises(KeyError, match="Values"):
        plain.Decoder(arrays).decode(encoded, {})


# --- What cannot be saved ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([0, {"a": (1, 2j)}], r"x\[1\]\['a'\]\[1\] is an object of type complex"),
        ({"a", print}, r"x\[<built-in function print>\] is an object of type builtin"),
        ({(1, print): 2}, r"x keys\[1\] is an object of type builtin_function"),
        (np.array([None, 1j], object), r"x\[1\] is an object of type complex"),
        (np.dtype("c8"), "x is the dtype complex64"),
        (np.ma.ones(2), "x is a MaskedArray of dtype float64"),
    ],
)
def test_the_place_of_what_cannot_be_saved_is_named(value, place):
    with pytest.raises(TypeError, match=f"^{place}"):
        plain.encode(value, "x", [], {})


def test_value_that_contains_itself(tmp_path):
    loop = []
    loop.append(loop)
    with pytest.raises(TypeError, match="Parameter width is nested too deeply, or"):
        sknets.save(DenseNetClassifier(loop), tmp_path / "net.sknets")


@pytest.mark.parametrize("value", [np.ones(2, complex), np.zeros(2, [("a", "i1")])])
def test_arrays_of_types_that_are_not_saved(value, tmp_path):
    with pytest.raises(TypeError, match="Parameter width is a ndarray of dtype"):
        sknets.save(DenseNetClassifier(value), tmp_path / "net.sknets")


# --- Content that somebody made up ---------------------------------------------------


@pytest.mark.parametrize(
    ("made_up", "error", "message"),
    [
        ({"os.system": "true"}, KeyError, "os.system"),
        ({}, ValueError, "0 kinds"),
        ({"tuple": [], "float": "1"}, ValueError, "2 kinds"),
        ([{"array": 0}, {"array": 0}], LookupError, "array 0 is absent, or there twic"),
        ({"array": False}, LookupError, "array False is absent"),
        ({"scalar": -1}, LookupError, "array -1 is absent"),
        ({"float": "import os"}, ValueError, "could not convert"),
        ({"bytes": "xyz"}, ValueError, "hexadecimal"),
        ({"objects": [[10**9], [1]]}, ValueError, "cannot reshape"),
        ({"dict": [[[1], 2]]}, TypeError, "unhashable"),
        ({"set": [[1]]}, TypeError, "unhashable"),
        ({"dtype": "i4,i4"}, ValueError, "'i4,i4' is no type of an array"),
        ({"dtype": {"tuple": []}}, ValueError, "is no type of an array"),
    ],
)
def test_made_up_values_are_errors(made_up, error, message):
    with pytest.raises(error, match=message):
        plain.Decoder([np.zeros(3)]).decode(made_up, {})


def test_an_array_that_belongs_to_nothing_is_an_error():
    decoder = plain.Decoder([np.zeros(3), np.ones(2)])
    assert decoder.decode({"array": 1}, {}).tolist() == [1, 1]
    with pytest.raises(ValueError, match="1 arrays belong to nothing"):
        decoder.check_all_used()
