"""Files with a right checksum and a content that `sknets.save` would never write.

`crafted()` gives some hundreds of them, each with a name and what the error must say.
"""

import copy
import io
import json
import re
import zipfile
from unittest import mock

import numpy as np

import sknets
from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets._persistence import archive, files, plain
from sknets._texts import compression
from sknets._texts.ngrams import NgramCounter

QUICK = {"epochs": 2, "batch_size": 16, "random_state": 0}
LABELS = np.array(["ant", "bee", "cat"])[np.arange(48) % 3]
TEXTS = ["a good film", "bad bad film", "naïve film", "good fun"] * 12


def estimators():
    """One estimator of each kind of file, by name."""
    rng = np.random.default_rng(0)
    table, images = rng.normal(3, 2, (48, 16)), rng.integers(0, 256, (48, 4, 4, 1))
    text = {"min_df": 1, **QUICK}
    words = {**text, "analyzer": "word", "ngram_range": (1, 2)}
    made = {
        "dense": DenseNetClassifier((8,), warm_start=True, **QUICK).fit(table, LABELS),
        "cnn": SmallCNNClassifier((4,), **QUICK).fit(images.astype(np.uint8), LABELS),
        "words": TextPoolClassifier(4, **words).fit(TEXTS, LABELS),
        "characters": TextPoolClassifier(4, analyzer="char", **text).fit(TEXTS, LABELS),
        "hashed": TextPoolClassifier(4, n_features=32, **words).partial_fit(
            TEXTS, LABELS
        ),
        "rounded": TextPoolClassifier(4, compress_to=5, **words).fit(TEXTS, LABELS),
        "reshaper": ImageReshaper().fit(table),
        "normalizer": ImageNormalizer("pixel").fit(table),
    }
    made["rounded"].__dict__.update(compression.pack(made["rounded"].__dict__))
    return made


NETS = ("dense", "cnn", "words", "characters", "hashed")
LEARNED = ("words", "characters", "rounded")
TEXT_NETS = (*LEARNED, "hashed")


def copied(estimator):
    """An equal estimator, without what packs and unpacks states."""
    other = object.__new__(type(estimator))
    other.__dict__.update(copy.deepcopy(vars(estimator)))
    return other


def as_file(estimator, name=None, arrays=None):
    """Bytes of a file, without any of the checks of `save`."""
    arrays = []
    with (
        mock.patch.object(plain, "ARRAY_KINDS", "biufcSUVmM"),
        mock.patch.object(compression, "pack", dict),  # done already
    ):
        state = estimator.__getstate__()
        described = files._encode_estimator(estimator, state, arrays)
    ((own_name, state),) = described.items()
    return packed({name or own_name: state}, arrays)


def packed(estimator, arrays):
    described = {"format": 1, "sknets": sknets.__version__, "estimator": estimator}
    return archive.to_bytes(json.dumps(described), arrays)


def signed(head):
    """Bytes with a new checksum in place of their last ones."""
    return head[:-64] + archive.digest(head[:-64])


def crafted():
    """Triples of name, content and a regular expression of the expected error."""
    made = estimators()
    for names, changes in _CHANGES:
        for base in names:
            for what, (change, message) in changes.items():
                changed = copied(made[base])
                change(changed)
                yield f"{base}: {what}", as_file(changed), message
    yield from _missing(made)
    yield from _swapped(made)
    yield from _made_up_text(made["dense"])
    yield from _made_up_arrays(made["dense"])
    yield from _made_up_archives(made["dense"])


# --- Values --------------------------------------------------------------------------


def put(path, value):
    """Change an attribute, or an entry below one: `put("weights_.0", ...)`.

    A function gets the former value.
    """

    def change(estimator):
        *steps, last = path.split(".")
        owner = estimator
        for step in steps:
            owner = _inside(owner, step)
        old = _inside(owner, last, None)
        new = value(old) if callable(value) else value
        if isinstance(owner, list):
            owner[int(last)] = new
        elif isinstance(owner, dict):
            owner[last] = new
        else:
            owner.__dict__[last] = new

    return change


def _inside(owner, step, *default):
    if isinstance(owner, list):
        return owner[int(step)]
    if isinstance(owner, dict):
        return owner.get(step)
    return owner.__dict__.get(step, *default) if default else owner.__dict__[step]


def filled(value):
    def fill(array):
        array = array.copy()
        array.flat[-1] = value
        return array

    return fill


ARRAYS = {
    "NaN": (filled(np.nan), "not finite"),
    "infinity": (filled(np.inf), "not finite"),
    "complex": (lambda w: w.astype(complex), "complex128"),
    "half": (lambda w: w.astype(np.float16), "dtype"),
    "whole numbers": (lambda w: w.astype(np.int64), "dtype"),
    "text": (lambda w: w.astype(str), "dtype"),
    "objects": (lambda w: w.astype(object), "dtype"),
    "one row more": (lambda w: np.concatenate([w, w[:1]]), "shape|values for"),
    "another axis": (lambda w: w[None], "shape"),
    "nothing": (lambda w: w[:0], "shape|values for"),
    "a list": (lambda w: w.tolist(), "must be an array"),
    "None": (lambda w: None, "must be an array"),
}


def arrays_at(path):
    return {f"{path}: {k}": (put(path, v), m) for k, (v, m) in ARRAYS.items()}


def at(path, message, **values):
    return {f"{path}: {name}": (put(path, v), message) for name, v in values.items()}


SHADOWS = (
    "predict", "predict_proba", "fit", "get_params", "set_params", "__class__",
    "__dict__", "__reduce__", "__sklearn_is_fitted__", "_logits", "_layers", "model_",
    "_input_shape", "_parameter_constraints", "score", "summary", "notes", "a b_",
)  # fmt: skip
NUMBERS = {"negative": -1, "fraction": 1.5, "text": "2", "none": None, "list": [1]}
_NET = {
    **arrays_at("weights_.0"),
    **arrays_at("weights_.1"),
    **arrays_at("input_scaling_.shift"),
    **arrays_at("input_scaling_.scale"),
    **at(
        "weights_", "list of|weights_\\[0\\]|must be of 8 bits", empty=[], one=None,
        tuple=tuple, fewer=lambda w: w[:-1], more=lambda w: [*w, w[-1]],
    ),
    **at(
        "network_", "network_", empty=[], none=None, dict={}, text="dense",
        numbers=[1, 2], unknown=lambda n: [{"layer": "lambda"}, *n],
        without_kind=lambda n: [{}, *n], list_kind=lambda n: [{"layer": []}, *n],
        fewer=lambda n: n[:-1], twice=lambda n: [*n, n[-1]],
        flatten=lambda n: [*n, {"layer": "flatten"}],
        pool=lambda n: [{"layer": "max_pool", "size": (0, 0)}, *n],
        rate=lambda n: [{"layer": "dropout", "rate": 1.0}, *n],
        nan_rate=lambda n: [{"layer": "dropout", "rate": float("nan")}, *n],
        extra=lambda n: [{**n[0], "run": "true"}, *n[1:]],
        output=lambda n: [*n[:-1], {**n[-1], "activation": "relu"}],
        units=lambda n: [*n[:-1], {**n[-1], "units": 10**12}],
        no_units=lambda n: [*n[:-1], {**n[-1], "units": 0}],
        true_units=lambda n: [*n[:-1], {**n[-1], "units": True}],
        text_units=lambda n: [*n[:-1], {**n[-1], "units": "3"}],
        list_activation=lambda n: [*n[:-1], {**n[-1], "activation": ["linear"]}],
    ),
    **at(
        "classes_", "classes_", fewer=lambda c: c[:2], twice=lambda c: c[[0, 0, 1]],
        unsorted=lambda c: c[::-1].copy(), axes=lambda c: c[None], list=list, none=None,
        mixed=lambda c: np.array([1, "a", None], object),
    ),
    **at("target_type_", "target_type_|targets", binary="binary", other="x", list=[1]),
    **at("input_scaling_.clip", "clip", below=-1.0, nan=float("nan"), text="5"),
    **at(
        "input_scaling_", "input_scaling_", none=None, empty={}, list=[1],
        more=lambda s: {**s, "run": 1}, scalar=lambda s: {**s, "shift": 1.0},
    ),
    **at(
        "history_", "history_", none=None, list=[1], text={"loss": ["a", "b"]},
        lengths={"loss": [1.0], "accuracy": [1.0, 1.0]}, key={1: [1.0]},
        string={"loss": "ab"},
    ),
    **at("n_iter_", "n_iter_", **NUMBERS),
    **at("best_epoch_", "best_epoch_", late=10**6, **NUMBERS),
    **at("versions_", "versions_", none=None, empty={}, text={"sknets": 1},
         format={"sknets": "0.1.0", "state_format": "1"}),
    **at("_sklearn_output_config", "output_config", text="x", number={"transform": 1}),
    **{f"shadows {name}": (put(name, 1), re.escape(name)) for name in SHADOWS},
}  # fmt: skip

_COUNTS_OF_COLUMNS = {**NUMBERS, "none_of_them": 0, "huge": 10**12, "true": True}
_INPUT = {
    **at("n_features_in_", "n_features_in_|shape|features", **_COUNTS_OF_COLUMNS),
    **at(
        "feature_names_in_", "feature_names_in_", number=3, list=["a"] * 16,
        fewer=np.array(["a", "b"], object), numbers=np.arange(16).astype(object),
        axes=np.array([["a"]], object),
    ),
}  # fmt: skip
_IMAGES = at("image_shape_", "image_shape_", text="4", zero=(0, 4, 4), pair=(4, 4),
             large=(1, 1, 9))  # fmt: skip

_CNN = {
    **_IMAGES,
    **at("pixel_type_", "pixel_type_", other="object", list=[], none=None),
    **at(
        "pixel_range_", "pixel_range_", nan=(float("nan"), 1.0), text=("0", "1"),
        one=(1.0,), reversed=(1.0, 0.0), list=[0, 1],
    ),
    **at("network_.0.kernel", "kernel|nothing|shape", zero=(0, 0), one=(3,),
         list=[3, 3], large=(9, 9)),
    **at("network_.0.padding", "padding", other="causal", none=None),
    **at("network_.0.filters", "filters|shape|take", zero=0, huge=10**9),
}  # fmt: skip

_SLOTS = "optimizer_state_.slots"
_OPTIMIZER = {
    **at("optimizer_state_", "optimizer_state_", none=None, empty={}, list=[]),
    **at(
        "optimizer_state_.optimizer", "known optimizer", other=("os", ()), text="adam",
        switch=("adam", ("nesterov",)), list=["adam", []], number=(1, ()),
    ),
    **at("optimizer_state_.n_steps", "n_steps", **NUMBERS),
    **at(
        _SLOTS, "slots", empty=[], fewer=lambda s: s[:-1], text="adam",
        lists=lambda s: [list(own) for own in s],
        single=lambda s: [own[:1] for own in s],
        shapes=lambda s: [s[-1], *s[1:]],
        nan=lambda s: [tuple(a * np.float32(np.nan) for a in own) for own in s],
        wide=lambda s: [tuple(a.astype(float) for a in own) for own in s],
    ),
}  # fmt: skip

_COUNTER = {
    **at("counter_", "counter_", none=None, dict={}, empty=NgramCounter()),
    **at("counter_.analyzer", "analyzer", other="code", none=None, list=["word"]),
    **at(
        "counter_.ngram_range", "ngram_range", reversed=(2, 1), zero=(0, 1), one=(1,),
        text="12", list=[1, 2],
    ),
    **at("counter_.n_features_", "n_features_|n-grams|buckets", **NUMBERS, more=99),
    **at("counter_.lowercase", "lowercase", number=1, text="yes"),
    **at("counter_.binary", "binary", number=1, text="yes"),
    **at("counter_.token_pattern", "token_pattern|error", number=1, broken="("),
    **at("counter_.tokenizer", "tokenizer", text="eval"),
    **at("counter_.transform", "counter_", number=1),
    **at("counter_._symbols", "_symbols|analyzer", none=None, text="words",
         counter=NgramCounter()),
}  # fmt: skip


def with_table(tables, change):
    """The tables with the first of them that is there changed."""
    place = next(i for i, table in enumerate(tables) if table is not None)
    return [*tables[:place], change(tables[place]), *tables[place + 1 :]]


_TABLES = {
    **at(
        "counter_._tables", "tables|n-grams|features", none=None, empty=[],
        text="tables", beyond=lambda t: with_table(t, lambda table: table + 10**9),
        negative=lambda t: with_table(t, lambda table: table - 10**9),
        reversed=lambda t: with_table(t, lambda table: table[::-1].copy()),
        fraction=lambda t: with_table(t, lambda table: table.astype(float)),
    ),
    **at(
        "counter_._features", "tables|features", none=None, empty=[],
        longer=lambda f: [np.append(f[0], True), *f[1:]],
        none_of_them=lambda f: [~mask for mask in f],
        numbers=lambda f: [mask.astype(np.int64) for mask in f],
    ),
}  # fmt: skip
_WORDS = {
    **at("counter_._symbols._lengths", "lengths|words|within", **{
        "longer": lambda a: a + np.uint32(1),
        "huge": lambda a: a * 0 + np.uint32(2**32 - 1),
        "signed": lambda a: a.astype(np.int64),
        "fewer": lambda a: a[:-1],
        "within": lambda a: np.roll(a, 1) if False else a[::-1] - a[::-1] + 1,
    }),
    **at("counter_._symbols._text", "words|utf-8|within", **{
        "bytes": lambda a: a * 0 + np.uint8(255),
        "continued": lambda a: a * 0 + np.uint8(0x80),
        "longer": lambda a: np.append(a, a),
        "wide": lambda a: a.astype(np.int64),
    }),
    **at("counter_._symbols._joined_range", "ngram_range", reversed=(3, 1)),
}  # fmt: skip
_VALUES = at("counter_._symbols._values", "symbol", **{
    "twice": lambda a: a * 0,
    "beyond": lambda a: a + 0x110000,
    "negative": lambda a: a - 10**6,
    "fractions": lambda a: a.astype(float),
    "fewer": lambda a: a[:1],
})  # fmt: skip
_COUNTS = {
    **at("class_counts_", "class_counts_", none=None, empty={}, list=[1]),
    **at("class_counts_.inside", "class_counts_|attribute", none=None,
         fewer=lambda a: a[:-1], negative=lambda a: a - 1, nan=filled(np.nan)),
    **at("class_counts_.slope", "slope", nan=float("nan"), text="1"),
}  # fmt: skip
_TABLE = at("weights_.0", "8 bits", wide=lambda w: w.astype(float), none=None)
_STEP = _TABLE | at("embedding_step_", "embedding_step_", **{
    "nan": float("nan"), "negative": -1.0, "text": "1",
    "outer product": np.ones((10**4, 1, 1), np.float32),
})  # fmt: skip
_TRANSFORMER = {
    **_IMAGES,
    **at("input_shape_", "input_shape_", other=(3,), list=[16], text="16",
         zero=(0, 16)),
}  # fmt: skip
_NORMALIZER = {
    **{
        f"{name}: {what}": (put(name, value), f"{name}.*({message})|dtype|scale_")
        for name in ("offset_", "scale_")
        for what, (value, message) in ARRAYS.items()
        if what not in ("a list", "None")
    },
    **at("scale_", "scale_", zero=0.0, negative=lambda a: -a, none=None, list=[1.0]),
    **at("offset_", "offset_", nan=float("nan"), text="0", list=[1.0]),
    **at("input_dtype_", "input_dtype_|data type", other="object", code="os",
         none=None),
}  # fmt: skip

_CHANGES = (
    (NETS, _NET),
    (("dense", "cnn", "reshaper", "normalizer"), _INPUT),
    (("cnn",), _CNN),
    (("dense", "hashed"), _OPTIMIZER),
    (TEXT_NETS, _COUNTER),
    (LEARNED, _TABLES),
    (("words",), _WORDS),
    (("characters",), _VALUES),
    (("hashed",), _COUNTS),
    (("rounded",), _STEP),
    (("reshaper", "normalizer"), _TRANSFORMER),
    (("normalizer",), _NORMALIZER),
)


def _missing(made):
    """Each attribute left out that the class cannot do without."""
    optional = {
        "optimizer_state_", "class_counts_", "embedding_step_", "feature_names_in_",
        # Files of version 0.1 lack them.
        "augment_", "average_mirrored_", "n_ngrams_given_", "n_rows_", "n_soft_steps_",
        "normalization_", "seen_range_", "soft_steps_",
    }  # fmt: skip
    for base, estimator in made.items():
        # A fitted network gets the defaults of parameters that its file lacks.
        params = estimator.get_params() if hasattr(estimator, "weights_") else {}
        for name in sorted(set(vars(estimator)) - optional - set(params)):
            changed = copied(estimator)
            del changed.__dict__[name]
            yield f"{base}: without {name}", as_file(changed), "missing|8 bits"


def _swapped(made):
    """The state of each class under the name of each other one."""
    for base, estimator in made.items():
        for name in sorted(files.ESTIMATORS):
            if name != type(estimator).__name__:
                content = as_file(estimator, name)
                # Keras estimators know no class of texts at all.
                message = "neither a parameter|missing|KeyError: 'NgramCounter'"
                yield f"{base}: as {name}", content, message


# --- Texts, arrays, archives ---------------------------------------------------------


def _made_up_text(net):
    data = as_file(net)
    text, arrays = archive.from_bytes(data)
    described = json.loads(text)
    texts = {
        "no JSON": ("{", "JSONDecodeError"),
        "empty": ("", "JSONDecodeError"),
        "list": ("[]", "TypeError"),
        "no format": ("{}", "KeyError"),
        "deep": ("[" * 100_000 + "]" * 100_000, "RecursionError"),
        "long number": ("9" * 10_000, "ValueError"),
        "NaN": ('{"format": 1, "estimator": NaN}', "constant NaN"),
        "format": (json.dumps({**described, "format": "1"}), "TypeError"),
        "two kinds": (json.dumps({**described, "estimator": {"a": 1, "b": 2}}), "many"),
        "code": (
            json.dumps({**described, "estimator": {"os.system": {}}}),
            "os.system",
        ),
        "counter": (
            json.dumps({**described, "estimator": {"NgramCounter": {}}}),
            "type NgramCounter",
        ),
    }
    for name, (changed, message) in texts.items():
        yield f"text: {name}", archive.to_bytes(changed, arrays), message
    values = {
        "unknown kind": ({"os.system": "true"}, "KeyError"),
        "a class as a parameter": ({"Words": {}}, "KeyError"),
        "an array twice": ({"array": 0}, "there twice"),
        "negative array": ({"array": -1}, "absent"),
        "array beyond": ({"array": 10**9}, "absent"),
        "array by truth": ({"array": True}, "absent"),
        "empty kind": ({}, "0 kinds"),
        "two kinds": ({"tuple": [], "float": "1"}, "2 kinds"),
        "objects of another shape": ({"objects": [[10**9], [1]]}, "ValueError"),
        "unhashable key": ({"dict": [[[1], 2]]}, "TypeError"),
        "float": ({"float": "import os"}, "ValueError"),
        "bytes": ({"bytes": "xyz"}, "ValueError"),
    }
    for name, (value, message) in values.items():
        changed = copy.deepcopy(described["estimator"])
        # The last one, so that all arrays have found their places.
        changed["DenseNetClassifier"]["extra_"] = value
        yield f"value: {name}", packed(changed, arrays), message
    extra = packed(described["estimator"], [*arrays, np.zeros(3)])
    yield "an array that belongs to nothing", extra, "belong to nothing"


def npy(header, content=bytes(24), version=(1, 0)):
    """An array as numpy stores it, whatever its header says."""
    text = header.encode("latin1") if isinstance(header, str) else repr(header).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    start = b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2, "little")
    return start + text + content


def _made_up_arrays(net):
    data = as_file(net)

    def header(descr, shape, order=False):
        return {"descr": descr, "fortran_order": order, "shape": shape}

    sizes = [(3,), (10**8,), (10**12,), (2**62, 4), (-3,), (-1, -3), (10**6, 10**6)]
    for descr in ("<U0", "|V0", "|S0", "<f8", "<U1", "<c16", "|V8", "<M8[s]"):
        for shape in sizes:
            if (descr, shape) != ("<f8", (3,)) and (descr, shape) != ("<M8[s]", (3,)):
                content = npy(header(descr, shape))
                message = "dtype|bytes|shape|Error|elements"
                yield f"{descr} of {shape}", _with_member(data, content), message
    headers = {
        "objects": (npy(header("|O", (3,))), "Python objects"),
        "records": (npy(header([("a", "<f8"), ("b", "|O")], (1,))), "Python objects"),
        "fields": (npy(header([("a", "<f8")], (3,))), "never writes"),
        "shape of text": (npy(header("<f8", ("3",))), "shape"),
        "shape without end": (npy(header("<f8", (1,) * 99 + (3,))), "Error|dimension"),
        "code": (npy("__import__('os').system('true')"), "malformed"),
        "no header": (npy(""), "header|Error"),
        "version 2": (npy(header("<f8", (3,)), version=(2, 0)), "version 1.0"),
        "no array": (b"abc", "Error|magic"),
        "empty": (b"", "Error|magic"),
    }
    for name, (content, message) in headers.items():
        yield f"array: {name}", _with_member(data, content), message


def _with_member(data, content, name="0.npy", **archive_options):
    """The archive with another member of this name."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", **archive_options) as new,
    ):
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
        if name not in old.namelist():
            new.writestr(name, content)
        new.comment = old.comment
    return signed(file.getvalue())


def _made_up_archives(net):
    data = as_file(net)
    zeros = npy(
        {"descr": "<f8", "fortran_order": False, "shape": (10**6,)}, bytes(8**7)
    )
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        bomb = _with_member(data, zeros, compression=method)
        yield f"archive: compressed by {method}", bomb, "compressed or overlap"
    more = _with_member(data, b"x", "more.txt")
    yield "archive: another member", more, "numbered arrays"
    path = _with_member(data, b"x", "../../x.npy")
    yield "archive: a path", path, "numbered arrays"
    no_archive = signed(bytes(100) + data[-78:])
    yield "archive: none at all", no_archive, "BadZipFile"
    yield "archive: only its end", signed(data[-78:]), "BadZipFile"
    yield "archive: overlapping members", _overlapping(data), "overlap"
    yield "archive: sizes that are not there", _lying(data), "overlap|Error|EOF"


def _central(data):
    """Where the entries of the central directory start."""
    return [match.start() for match in re.finditer(b"PK\x01\x02", data)]


def _overlapping(data):
    """Every member is the whole rest of the file."""
    changed = bytearray(data)
    for start in _central(data):
        for field in (20, 24):  # compressed and own size
            changed[start + field : start + field + 4] = (len(data) - 100).to_bytes(
                4, "little"
            )
    return signed(bytes(changed))


def _lying(data):
    """The text has four gigabytes, it says."""
    changed = bytearray(data)
    start = _central(data)[0]
    for field in (20, 24):
        changed[start + field : start + field + 4] = (2**32 - 2).to_bytes(4, "little")
    return signed(bytes(changed))
