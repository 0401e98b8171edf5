"""What predictions on Spark, Ray and a job queue cost per million rows.

Runs the very code of docs/user_guide/other_systems.rst, on systems that are started for
it, with two workers of one thread each: Parquet files of 50 float32 features are read,
and the probabilities of 10 classes are written to Parquet files. Needs pyspark (with
Java), ray and huey.

    python tests/benchmarks/other_systems.py --rows 1000000
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from threadpoolctl import threadpool_limits

import sknets

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "user_guide" / "other_systems.rst"
N_FEATURES, N_CLASSES, N_FILES = 50, 10, 20


def snippets(language: str) -> list[str]:
    """Return the code blocks of the page in a language, in their order."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = rf"^\.\. code-block:: {language}\n(?:   :.*\n)*\n((?:   .*\n|\n)+)"
    return [textwrap.dedent(code) for code in re.findall(pattern, text, re.MULTILINE)]


SPARK, RAY_DATA, RAY_TASKS, TASKS, JOBS = snippets("python")
[CONSUMER] = snippets("console")


def run(code: str, **names: Any) -> dict[str, Any]:
    """Run a snippet; return its names. Workers get its functions by value."""
    names["__name__"] = "__main__"
    exec(compile(code, PAGE.name, "exec"), names)
    return names


@contextmanager
def spark_session() -> Iterator[Any]:
    """Start Spark with two tasks at a time."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False)
    spark = builder.config("spark.ui.showConsoleProgress", False).getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def ray_workers() -> Iterator[None]:
    """Start Ray with two tasks at a time, for this machine alone."""
    # Otherwise it writes a token into the home directory.
    os.environ["RAY_AUTH_MODE"] = "disabled"
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        logging_level="ERROR",
        log_to_driver=False,
    )
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def consumer() -> Iterator[None]:
    """Start the command of the page in the working directory, where tasks.py is."""
    words = shlex.split(CONSUMER.removeprefix("$ "))
    settings = dict(word.split("=") for word in words if "=" in word)
    command = [sys.executable, *words[len(settings) + 1 :]]
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    process = subprocess.Popen(
        command,
        env={**os.environ, **settings, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()


def write_data(n_rows: int) -> None:
    """Fit the network, and write it and the rows into the working directory."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    table = pd.DataFrame(X, columns=[f"feature_{i}" for i in range(N_FEATURES)])
    y = (X[:20_000] @ rng.normal(size=(N_FEATURES, N_CLASSES))).argmax(axis=1)
    net = sknets.DenseNetClassifier((128, 64), epochs=2, random_state=0)
    sknets.save(net.fit(table[:20_000], y), "net.sknets")
    Path("rows").mkdir()
    for number, rows in enumerate(np.array_split(np.arange(n_rows), N_FILES)):
        table.iloc[rows].to_parquet(f"rows/{number:02}.parquet")
    Path("tasks.py").write_text(TASKS, encoding="utf-8")


def plainly() -> None:
    """Read, predict and write in this process, as the workers do."""
    net = sknets.load("net.sknets")
    Path("plain").mkdir(exist_ok=True)
    for path in sorted(Path("rows").glob("*.parquet")):
        proba = net.predict_proba(pd.read_parquet(path))
        pd.DataFrame({"proba": list(proba)}).to_parquet(f"plain/{path.name}")


def without_files() -> Callable[[], None]:
    """Read the rows; return a function that predicts them."""
    net, X = sknets.load("net.sknets"), pd.read_parquet("rows")
    return lambda: net.predict_proba(X)


def on_spark(spark: Any) -> None:
    names = run(SPARK, spark=spark, net=sknets.load("net.sknets"))
    names["scored"].select("proba").write.mode("overwrite").parquet("spark")


def on_ray_data() -> None:
    names = run(RAY_DATA, net=sknets.load("net.sknets"))
    names["scored"].select_columns(["proba"]).write_parquet("ray", mode="overwrite")


def ray_tasks() -> Callable[[], None]:
    """Read the rows; return a function that predicts them in tasks."""
    import ray

    net, X = sknets.load("net.sknets"), pd.read_parquet("rows")
    return lambda: run(RAY_TASKS, ray=ray, model=ray.put(net), X=X)


def processor_seconds() -> float:
    """Return those of this process and all that it has started."""
    own = psutil.Process()
    total = 0.0
    for process in [own, *own.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        # Of children that have ended; of others it is in their own times.
        total += times.user + times.system
        total += times.children_user + times.children_system
    return total


def seconds(function: Callable[[], object]) -> np.ndarray:
    """Call it; return the seconds of processors and those that passed."""
    start = np.array([processor_seconds(), time.perf_counter()])
    function()
    return np.array([processor_seconds(), time.perf_counter()]) - start


def report(name: str, n_rows: int, function: Callable[[], object]) -> None:
    """Print the seconds per million rows, and what the first call took beyond them."""
    first, *later = (seconds(function) for _ in range(3))
    least = np.min(later, axis=0)
    busy, passed = least * 1e6 / n_rows
    start = (first - least)[0]
    print(
        f"{name:24} {busy:6.1f} s of processors, {passed:6.1f} s passed,"
        f" first call {start:.1f} s of processors more",
        flush=True,
    )


def measure(n_rows: int) -> None:
    write_data(n_rows)
    with threadpool_limits(1):
        report("predict_proba", n_rows, without_files())
        report("with reading and writing", n_rows, plainly)
    with consumer():
        sys.path.insert(0, os.getcwd())
        report("huey", n_rows, lambda: run(JOBS))
    start = processor_seconds()
    with ray_workers():
        print(f"start of Ray: {processor_seconds() - start:.1f} s of processors")
        report("Ray, tasks in memory", n_rows, ray_tasks())
        report("Ray Data", n_rows, on_ray_data)
    start = processor_seconds()
    with spark_session() as spark:
        print(f"start of Spark: {processor_seconds() - start:.1f} s of processors")
        report("Spark", n_rows, lambda: on_spark(spark))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            measure(options.rows)
        finally:
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
