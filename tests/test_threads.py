"""How many threads are ours, and what they are given to do."""

import os
import subprocess
import sys
import threading
import time

import joblib
import pytest

from sknets._threads import given_threads, mapped, property_made_once


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("0", None), ("", None), ("two", None), ("\u00b2", None)],
)
def test_the_number_that_the_environment_gives(monkeypatch, value, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert given_threads() == expected


def test_no_number_is_given(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert given_threads() is None


def names_of_threads(n_rows):
    def name(row):
        time.sleep(0.05)
        return threading.current_thread().name

    return set(mapped(name, range(n_rows)))


def test_threads_are_as_many_as_are_ours(monkeypatch):
    here = threading.current_thread().name
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert len(names_of_threads(6)) == 3
    assert len(names_of_threads(2)) == 2
    assert names_of_threads(1) == {here}
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert names_of_threads(6) == {here}
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    assert len(names_of_threads(6)) == 2


def test_results_are_in_order_and_errors_come_through(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert mapped(divmod, [7, 8, 9], [2, 3, 4]) == [(3, 1), (2, 2), (2, 1)]
    assert mapped(len, []) == []
    with pytest.raises(ZeroDivisionError):
        mapped(divmod, [7, 8], [2, 0])


def test_threads_are_not_needed_while_python_ends(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import threading, time\n"
        "from sknets._threads import mapped\n"
        "def later():\n"
        "    threading.main_thread().join()\n"
        "    print(mapped(pow, [2, 3], [2, 2]), flush=True)\n"
        "threading.Thread(target=later).start()\n"
    )
    done = subprocess.run(
        [sys.executable, program],
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[4, 9]\n"


def test_a_property_is_made_once_whoever_asks_first(monkeypatch):
    class Slow:
        n_made = 0

        @property_made_once
        def value(self):
            self.n_made += 1
            time.sleep(0.05)
            return object()

    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    slow = Slow()
    assert len(set(mapped(lambda _: slow.value, range(8)))) == 1
    assert slow.n_made == 1
    assert "value" in vars(slow)
