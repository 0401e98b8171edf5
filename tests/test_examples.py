"""Every example runs headless in its small form, and the script of the results."""

import csv
import importlib
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sknets import DenseNetClassifier
from tests.datasets.small_sets import TEST, TRAIN, write_both, write_faces, write_mnist

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

# Example, its system, parameters on images of 28 x 28 and ten classes, files written.
SYSTEMS = [
    ("d1_dense", "D1", "407,050", ["predictions.png", "samples.png"]),
    ("d2_d3_dense", "D2", "104,938", ["curves.png"]),
    ("d2_d3_dense", "D3", "242,762", ["curves.png"]),
    ("d4_d5_dropout", "D4", "109,386", ["curves.png", "history.csv"]),
    ("c1_cnn", "C1", "104,202", ["feature_maps.png", "filters.png", "predictions.png"]),
    ("c2_validation", "C2", "206,922", ["curves.png", "history.csv"]),
    ("c3_dropout", "C3", "418,314", ["curves.png", "misclassified.png"]),
    (
        "c4_early_stopping",
        "C4",
        "225,034",
        ["curves.png", "history.csv", "misclassified.png"],
    ),
    ("c5_one_filter", "C5", "1,710", ["curves.png", "feature_map.png", "filter.png"]),
    # The stand-in for faces is smaller, and has ten classes.
    (
        "c5_faces",
        "ORL",
        "183,050",
        ["curves.png", "predictions.png", "samples.png"],
    ),
]


@pytest.fixture(autouse=True)
def _as_started_in_the_folder(monkeypatch):
    """As ``python examples/...`` sets the path, and with no data folder."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.delenv("SKNETS_DATA", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")


@pytest.fixture
def run(monkeypatch, capsys):
    """Function that runs an example in this process and returns what it prints."""

    def run_example(name, *arguments):
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return run_example


def reached(line):
    return float(re.search(r"accuracy:? (\d+\.\d\d)%", line)[1]) / 100


# --- The reference systems -----------------------------------------------------------


@pytest.mark.parametrize(("example", "system", "n_parameters", "files"), SYSTEMS)
def test_reference_system(example, system, n_parameters, files, run, tmp_path):
    printed = run(example, "--system", system, "--output", tmp_path)
    assert re.search(r"^Data: (NOT MNIST|NO FACES), but a small stand-in", printed)
    assert re.search(r"epoch +1\b", printed, re.IGNORECASE)
    assert f"Total parameters: {n_parameters}" in printed
    assert "the same scores to the last bit" in printed
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{system}.sknets",
        *(f"{system}-{file}" for file in files),
    }
    for path in tmp_path.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")

    last = printed.splitlines()[-1]
    module = importlib.import_module(example)
    assert last.startswith(f"{system}: {n_parameters} parameters, test accuracy ")
    assert last.endswith(f"(source: {module.SOURCE[system]})")
    # Ten steps with dropout, or one filter, learn little from 300 images.
    assert reached(last) > (0.3 if system in ("C3", "C5") else 0.7)


def test_history_has_a_line_for_each_epoch(run, tmp_path):
    run("c2_validation", "--output", tmp_path)
    with open(tmp_path / "C2-history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_as_a_command_that_writes_nothing(tmp_path):
    """In a process of its own, without --output; T1 trains without TensorFlow."""
    before = set(EXAMPLES.iterdir())
    done = subprocess.run(
        [sys.executable, EXAMPLES / "t1_reviews.py"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.startswith("Data: NOT IMDB, but a small stand-in")
    assert "the same scores to the last bit" in done.stdout
    assert reached(done.stdout.splitlines()[-1]) > 0.9
    assert {path for path in EXAMPLES.iterdir() if path.suffix} - before == set()


def test_nothing_of_tensorflow_on_the_terminal():
    """A log level that a program sets is taken for the user's, and shows its lines."""
    pytest.importorskip("tensorflow")
    of_logs = ("TF_CPP_MIN_LOG_LEVEL", "SKNETS_TF_LOG_LEVEL", "SKNETS_DATA")
    kept = {name: value for name, value in os.environ.items() if name not in of_logs}
    done = subprocess.run(
        [sys.executable, EXAMPLES / "fit_images.py"],
        check=True,
        capture_output=True,
        text=True,
        env={**kept, "PYTHONPATH": str(ROOT)},
    )
    assert "Test accuracy" in done.stdout
    assert done.stderr == ""


def test_another_score_of_the_loaded_network_is_an_error(monkeypatch):
    common = importlib.import_module("_common")
    X, y = load_digits(return_X_y=True)
    net = DenseNetClassifier(8, epochs=1, random_state=0).fit(X[:100], y[:100])
    code = common.IN_A_FRESH_PROCESS.replace("(X))", "(X) + 1e-6)")
    monkeypatch.setattr(common, "IN_A_FRESH_PROCESS", code)
    with pytest.raises(AssertionError, match="loaded network gives other scores"):
        common.save_and_reload(net, X, SimpleNamespace(output=None, system="D1"))


# --- Three uses ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        ("fit_images", ["Predicted: [", "Labelled:  ["]),
        ("grid_search", ["{'dropout': 0.3, 'width': (128, 64)}", "Best: {"]),
        ("in_a_pipeline", ["With LogisticRegression:", "With DenseNetClassifier:"]),
    ],
)
def test_use(example, lines, run):
    printed = run(example)
    for line in lines:
        assert line in printed
    assert reached(printed.splitlines()[-1]) > 0.8


# --- Data of the examples ------------------------------------------------------------


def test_real_data_take_the_place_of_the_stand_ins(tmp_path, capsys):
    common = importlib.import_module("_common")
    write_mnist(tmp_path)
    write_faces(tmp_path, "yale", 3, 11, (6, 5))
    write_both(tmp_path)
    options = SimpleNamespace(data=tmp_path)
    for found, wanted in zip(common.mnist(options), (*TRAIN, *TEST), strict=True):
        np.testing.assert_array_equal(found, wanted)
    X, y, X_test, y_test = common.faces(options, "yale")
    assert X.shape == (18, 6, 5)
    assert len(y) == 18
    assert len(X_test) == len(y_test) == 15
    texts, y, texts_test, y_test = common.imdb(options)
    assert len(texts) == len(y) == 14
    assert len(texts_test) == len(y_test) == 2
    assert capsys.readouterr().out.splitlines() == [
        "Data: MNIST, 20 images; 10 to test",
        "Data: yale faces, 18; 15 to test",
        "Data: IMDB, 14 reviews; 2 to test",
    ]


# --- The table of the results --------------------------------------------------------


@pytest.fixture
def results(monkeypatch):
    """The script of the results, on stand-ins for the data."""
    module = importlib.import_module("reference_results")
    common = importlib.import_module("_common")
    without = SimpleNamespace(data=None)

    def load(data, folder):
        parts = common.imdb(without) if data == "IMDB" else common.mnist(without)
        return tuple(part[:100] for part in parts)

    monkeypatch.setattr(module, "load", load)
    return module


def make(results, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["reference_results.py", *map(str, arguments)])
    results.main()


def test_finished_runs_are_not_repeated(results, monkeypatch, tmp_path):
    runs, table = tmp_path / "runs", tmp_path / "table.csv"
    arguments = ("--runs", runs, "--systems", "D1", "--table", table, "--seeds")
    runs.mkdir()
    kept = {"accuracy": 0.5, "parameters": 407_050, "epochs": 10}
    for seed in (0, 2):
        (runs / f"D1-seed{seed}.json").write_text(json.dumps(kept))

    def row():
        with open(table, newline="") as file:
            return next(csv.DictReader(file))

    make(results, monkeypatch, *arguments)
    assert row()["Seeds"] == "2"
    assert row()["sknets, %"] == ""  # two seeds are not enough
    make(results, monkeypatch, *arguments, 0, 1, 2)
    assert json.loads((runs / "D1-seed0.json").read_text()) == kept
    new = json.loads((runs / "D1-seed1.json").read_text())
    assert new["parameters"] == 407_050
    assert new["epochs"] == 10
    mean = (0.5 + 0.5 + new["accuracy"]) / 3
    assert row()["sknets, %"] == f"{100 * mean:.2f}"
    assert row()["Range"].startswith("50.00 to ")
    assert row()["Seeds"] == "3"


@pytest.mark.parametrize("name", ["D4", "C2", "T1"])
def test_speed_beside_keras(name, results, monkeypatch, tmp_path):
    make(results, monkeypatch, "--runs", tmp_path, "--systems", name, "--speed")
    seconds = json.loads((tmp_path / f"{name}-speed.json").read_text())
    assert set(seconds) == {"sknets", "keras"}
    assert all(0 < value < 60 for value in seconds.values())


def test_loading_of_the_full_data(tmp_path):
    results = importlib.import_module("reference_results")
    write_mnist(tmp_path)
    write_faces(tmp_path, "orl", 2, 10, (6, 5))
    write_both(tmp_path)
    shapes = {
        "MNIST": [(20, 28, 28), (20,), (10, 28, 28), (10,)],
        "ORL faces": [(10, 6, 5), (10,), (10, 6, 5), (10,)],
        "IMDB": [(14,), (14,), (2,), (2,)],
    }
    for data, wanted in shapes.items():
        assert [np.shape(part) for part in results.load(data, tmp_path)] == wanted


def test_table_in_the_documentation():
    """It is the one that the program makes, and every system that was run is met."""
    results = importlib.import_module("reference_results")
    published = {system: count for _, system, count, _ in SYSTEMS}
    published |= {"ORL": "1,521,320", "Yale": "458,815"}
    with open(ROOT / "docs" / "reference_systems.csv", newline="") as file:
        rows = {row["System"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(results.SYSTEMS)
    for name, row in rows.items():
        system = results.SYSTEMS[name]
        assert tuple(row) == results.COLUMNS
        assert row["Network"] == system.described
        assert row["Source, %"] in system.module().SOURCE[name]
        if row["sknets, %"]:
            assert row["Parameters"] == published.get(name, row["Parameters"])
            assert float(row["sknets, %"]) >= (system.at_least or 0)
