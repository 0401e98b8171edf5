"""The display of `verbose=1` on a terminal, and as lines of a log."""

import contextlib
import io
import os
import re
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from sknets import DenseNetClassifier, KerasClassifier, TextPoolClassifier
from sknets._estimators import progress
from sknets._estimators.progress import Progress
from sknets._training import dense_trainer

FIGURES = "  loss 0.2500 (val 1.0000)  accuracy 0.5000 (val 0.1250)"
LOGS = {"loss": 0.25, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.125}


@pytest.fixture
def clock(monkeypatch):
    """Clock of the display that stands still unless it is set."""
    now = SimpleNamespace(seconds=0.0)
    fake = SimpleNamespace(perf_counter=lambda: now.seconds)
    monkeypatch.setattr(progress, "time", fake)
    return now


@pytest.fixture
def terminal(monkeypatch):
    """Function that calls another one on a terminal and returns what is shown."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a part of Unix")

    def show(function, *args, columns=80, **kwargs):
        monkeypatch.setenv("COLUMNS", str(columns))
        screen, keyboard = pty.openpty()
        with os.fdopen(keyboard, "w") as stdout, contextlib.redirect_stdout(stdout):
            function(*args, **kwargs)
        with os.fdopen(screen, "rb", buffering=0) as written:
            return on_screen(b"".join(until_closed(written)).decode())

    return show


def until_closed(screen):
    """Parts of what was written: a single read may get only the first of them."""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while part := screen.read(2**16):
            yield part


def on_screen(written):
    """Lines that a terminal shows: a carriage return starts a line over."""
    lines = []
    for written_line in written.replace("\r\n", "\n").split("\n"):
        shown = ""
        for text in written_line.split("\r"):
            shown = text + shown[len(text) :]
        lines.append(shown.rstrip())
    return lines


def run(n_epochs, *, stop_after=None, best_epoch=None, before=0, logs=LOGS, tick=None):
    """Drive a display as training does."""
    progress = Progress("DenseNetClassifier", before, header=True)
    control = SimpleNamespace(
        settings=SimpleNamespace(epochs=n_epochs), steps_per_epoch=3
    )
    progress.on_train_begin(control)
    control.n_epochs = stop_after or n_epochs
    control.best_epoch = best_epoch or control.n_epochs
    for epoch in range(control.n_epochs):
        progress.on_epoch_begin(epoch)
        if tick:
            tick()
        assert progress.on_epoch_end(epoch, logs) is False
    progress.on_train_end()


def epochs_in(lines):
    return [int(line.split()[1].split("/")[0]) for line in lines if "epoch " in line]


def test_log_has_a_line_for_each_epoch(capsys, clock):
    def tick():
        clock.seconds += 0.25

    run(3, tick=tick)
    assert capsys.readouterr().out.splitlines() == [
        "[DenseNetClassifier] 3 epochs of 3 batches",
        *(f"epoch {n}/3  250 ms{FIGURES}" for n in (1, 2, 3)),
    ]


@pytest.mark.parametrize(
    ("n_epochs", "expected"),
    [
        (50, list(range(1, 51))),
        (60, [1, *range(2, 61, 2)]),
        (333, [1, *range(10, 331, 10), 333]),
        (10_000, [1, *range(200, 10_001, 200)]),
    ],
)
def test_log_of_many_epochs_is_short(capsys, clock, n_epochs, expected):
    run(n_epochs)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [int(re.match(r"epoch +(\d+)/", line)[1]) for line in lines] == expected
    assert len({len(line) for line in lines}) == 1  # in columns


def test_log_of_slow_epochs_has_them_all(capsys, clock):
    def tick():
        clock.seconds += 12

    run(400, stop_after=7, tick=tick)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 7 + 1
    assert "epoch   7/400  12.0 s" in lines[7]


def test_terminal_shows_one_line_at_last(terminal, clock):
    header, line, end = terminal(run, 300)
    assert header == "[DenseNetClassifier] 300 epochs of 3 batches"
    assert line.startswith("epoch 300/300  0 ms  loss 0.2500 (val 1.0000)")
    assert end == ""


def test_shorter_line_covers_a_longer_one(terminal, clock):
    times = iter([0.5, 20.0, 0.002])

    def tick():
        clock.seconds += next(times)

    assert terminal(run, 3, tick=tick)[1].endswith(f"2 ms{FIGURES}")


def test_line_is_cut_where_it_would_wrap(terminal, clock):
    shown = terminal(run, 2, columns=30)
    assert shown[1] == "epoch 2/2  0 ms  loss 0.2500"


def test_terminal_is_written_at_a_readable_pace(clock, monkeypatch):
    shown = []
    monkeypatch.setattr(Progress, "_show", lambda self: shown.append(self._pending))
    stdout = io.StringIO()
    stdout.isatty = lambda: True

    def tick():
        clock.seconds += 0.03

    with contextlib.redirect_stdout(stdout):
        run(100, tick=tick)
    assert len(shown) == 26  # every 4th, since 0.12 s is the first above 0.1 s


# --- Within an epoch -----------------------------------------------------------------


def long_epoch(clock, seconds):
    """The second of four epochs of three steps, of which each takes so long."""
    display = Progress("DenseNetClassifier", 0, header=True)
    control = SimpleNamespace(settings=SimpleNamespace(epochs=4), steps_per_epoch=3)
    display.on_train_begin(control)
    for epoch in range(2):
        display.on_epoch_begin(epoch)
        for n_done in (1, 2, 3):
            clock.seconds += seconds
            display.on_steps(epoch, n_done)
        display.on_epoch_end(epoch, LOGS)


def test_log_of_a_long_epoch_goes_on(capsys, clock):
    long_epoch(clock, 60.0)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "epoch 1/4  33%  11:00 left",
        "epoch 1/4  67%  10:00 left",
        "epoch 1/4  100%  9:00 left",
        f"epoch 1/4  3:00{FIGURES}",
        "epoch 2/4  33%  8:00 left",
        "epoch 2/4  67%  7:00 left",
        "epoch 2/4  100%  6:00 left",
        f"epoch 2/4  3:00{FIGURES}",
    ]


def test_log_of_short_epochs_shows_whole_ones(capsys, clock):
    long_epoch(clock, 3.0)
    lines = capsys.readouterr().out.splitlines()
    assert not any("left" in line for line in lines)
    assert lines[1:] == [f"epoch {n}/4  9.0 s{FIGURES}" for n in (1, 2)]


def test_terminal_shows_how_far_an_epoch_is(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    stdout = io.StringIO()
    stdout.isatty = lambda: True
    with contextlib.redirect_stdout(stdout):
        long_epoch(clock, 0.5)
    shown = [line.rstrip() for line in stdout.getvalue().split("\r")]
    assert shown[1:4] == [
        "epoch 1/4  33%  5.5 s left",
        "epoch 1/4  67%  5.0 s left",
        "epoch 1/4  100%  4.5 s left",
    ]
    # The figures of the epoch before do not vanish.
    assert f"epoch 2/4  33%  4.0 s left  before:{FIGURES}" in shown


@pytest.mark.parametrize("name", ["numpy", "TensorFlow", "text", "Keras"])
def test_every_way_of_training_tells_its_steps(name, blobs, monkeypatch, capsys):
    X, y = blobs
    if name == "TensorFlow":
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 0.0)
    nets = {
        "text": lambda: TextPoolClassifier(epochs=2, batch_size=30, verbose=1),
        "Keras": lambda: KerasClassifier(
            keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")]),
            loss="sparse_categorical_crossentropy",
            epochs=2,
            batch_size=30,
            verbose=1,
        ),
    }
    net = nets.get(
        name, lambda: DenseNetClassifier((4,), epochs=2, batch_size=30, verbose=1)
    )()
    monkeypatch.setattr(progress, "LOG_SECONDS", -1.0)
    texts = [f"word{label} and more" for label in y]
    net.fit(texts if name == "text" else X, y)
    lines = capsys.readouterr().out.splitlines()
    shares = [re.search(r"epoch (\d)/2  (\d+)%", line) for line in lines]
    told = {(share[1], share[2]) for share in shares if share}
    assert {("1", "100"), ("2", "100")} <= told


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250 ms"),
        (0.9999, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1:00"),
        (61, "1:01"),
        (7325, "2:02:05"),
    ],
)
def test_durations(seconds, text):
    assert progress._duration(seconds) == text


# --- The end -------------------------------------------------------------------------


def test_early_end_is_said(capsys, clock):
    run(20, stop_after=8, best_epoch=5, before=20)
    lines = capsys.readouterr().out.splitlines()
    assert "epoch 28/40" in lines[-2]
    assert lines[-1] == (
        "[DenseNetClassifier] stopped after epoch 28; the weights of epoch 25 are kept"
    )
    run(8)
    assert "stopped" not in capsys.readouterr().out


def test_no_standard_output(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    run(2)


def test_figures_are_those_of_the_history(quick, blobs, capsys):
    X, y = blobs
    clf = quick(DenseNetClassifier, verbose=1, early_stopping=True, patience=1)
    clf.set_params(epochs=40, learning_rate=0.5).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(
        f"stopped after epoch {clf.n_iter_}; the weights of epoch {clf.best_epoch_} "
        "are kept"
    )
    pattern = r"loss (.{6}) \(val (.{6})\)  accuracy (.{6}) \(val (.{6})\)"
    figures = [re.search(pattern, line).groups() for line in lines[1:-1]]
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    expected = np.transpose([clf.history_[name] for name in names])
    np.testing.assert_allclose(np.array(figures, float), expected, atol=5.1e-5)


def test_partial_fit_and_warm_start_count_on(quick, blobs, capsys):
    clf = quick(DenseNetClassifier, verbose=1, warm_start=True, epochs=2)
    for _ in range(2):
        clf.partial_fit(*blobs)
    clf.fit(*blobs)
    lines = capsys.readouterr().out.splitlines()
    starts = ["epoch 1  ", "epoch 2  ", "[Dense", "epoch 3/4  ", "epoch 4/4  "]
    assert len(lines) == len(starts)
    assert all(
        line.startswith(start) for line, start in zip(lines, starts, strict=True)
    )


def test_silent_by_default(quick, blobs, capsys):
    quick(DenseNetClassifier).fit(*blobs)
    assert capsys.readouterr().out == ""


class Stream(io.StringIO):
    """Keeps what each call of `write` was given."""

    def __init__(self):
        super().__init__()
        self.written = []

    def write(self, text):
        self.written.append(text)
        return len(text)


def test_a_line_is_one_write_so_that_workers_do_not_merge_theirs(blobs):
    stream = Stream()
    with contextlib.redirect_stdout(stream):
        DenseNetClassifier((4,), epochs=2, verbose=1, random_state=0).fit(*blobs)
    assert len(stream.written) == 3
    assert all(text.endswith("\n") and text.count("\n") == 1 for text in stream.written)


def test_lines_of_a_worker_name_the_candidate(blobs, monkeypatch, capsys):
    worker = SimpleNamespace(name="LokyProcess-1")
    monkeypatch.setattr(progress.multiprocessing, "current_process", lambda: worker)
    net = DenseNetClassifier(
        (4,), epochs=2, verbose=1, random_state=0, optimizer__beta_1=0.8
    )
    net.fit(*blobs)
    lines = capsys.readouterr().out.splitlines()
    name = "[DenseNetClassifier(epochs=2, width=(4,), optimizer__beta_1=0.8)] "
    assert len(lines) == 3
    assert all(line.startswith(name) for line in lines)


def test_a_worker_names_estimators_that_have_no_defaults(monkeypatch):
    class OfWidth(KerasClassifier):
        def __init__(self, width, **params):
            super().__init__(**params)
            self.width = width

    worker = SimpleNamespace(name="LokyProcess-1")
    monkeypatch.setattr(progress.multiprocessing, "current_process", lambda: worker)
    assert progress.candidate_name(OfWidth(8)).startswith("OfWidth(width=8")
