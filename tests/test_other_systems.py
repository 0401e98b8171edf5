"""The code of the page on Spark, Ray and job queues, run on these systems."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import sknets

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
pytest.importorskip("psutil")

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import other_systems as page  # noqa: E402

needs_java = pytest.mark.skipif(
    not (shutil.which("java") or os.environ.get("JAVA_HOME")),
    reason="Spark needs a Java runtime",
)

# What a worker says of itself.
REPORT = """
def report():
    import os, sys
    from threadpoolctl import threadpool_info

    threads = max(pool["num_threads"] for pool in threadpool_info())
    return os.getpid(), "tensorflow" in sys.modules, threads
"""
report = page.run(REPORT)["report"]

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(600, 4)).astype("float32"), columns=list("dbca"))
Y = np.array(["low", "mid", "high"])[np.digitize(X["a"] + X["b"], [-0.5, 0.5])]
# The bits that rows have in their file, to find them again.
NUMBERS = {rows.tobytes(): i for i, rows in enumerate(X.to_numpy())}


def check_reports(reports):
    for pid, has_tensorflow, threads in reports:
        assert pid != os.getpid()
        assert not has_tensorflow
        assert threads == 1


def check_bits(net, scored):
    """Compare each row of the result, whatever their order, with the prediction."""
    rows = [NUMBERS[row.tobytes()] for row in scored[X.columns].to_numpy(np.float32)]
    assert sorted(rows) == list(range(len(X)))
    proba = np.stack(scored["proba"])
    assert proba.dtype == np.float64
    np.testing.assert_array_equal(proba, net.predict_proba(X)[rows])
    if "label" in scored:
        np.testing.assert_array_equal(scored["label"], net.predict(X)[rows])


@pytest.fixture(scope="module")
def net():
    return sknets.DenseNetClassifier((16, 8), epochs=3, random_state=0).fit(X, Y)


@pytest.fixture(scope="module", autouse=True)
def environment():
    before = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.pop(name, None)
    package = str(Path(sknets.__file__).parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join([package, before.get("PYTHONPATH", "")])
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Make files of rows, with the columns in another order than in the fit."""
    monkeypatch.chdir(tmp_path)
    Path("rows").mkdir()
    for number in range(6):
        part = X.iloc[100 * number : 100 * (number + 1)]
        part[sorted(X.columns)].to_parquet(f"rows/{number}.parquet")
    return tmp_path


@needs_java
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_spark(net):
    pytest.importorskip("pyspark")
    with page.spark_session() as spark:
        names = page.run(page.SPARK, spark=spark, net=net)
        scored = names["scored"]
        types = {field.name: field.dataType.simpleString() for field in scored.schema}
        assert types["proba"] == "array<double>"
        assert types["label"] == "string"
        scored.write.parquet("scored")
        check_bits(net, pd.read_parquet("scored"))
        model, tell = names["model"], report

        def visit(_):
            net = model.value
            net.n_visits_ = getattr(net, "n_visits_", 0) + 1
            return tell(), net.n_visits_

        told = spark.sparkContext.parallelize(range(6), 6).map(visit).collect()
        check_reports(found for found, _ in told)
        # Tasks of one worker have the same object.
        assert len({(found[0], visits) for found, visits in told}) == 6


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray")
    with page.ray_workers():
        yield ray


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ray_data(net, ray, folder):
    pytest.importorskip("ray.data")
    # Workers are where Ray was started, for the tests of the file together.
    code = page.RAY_DATA.replace('"rows"', repr(str(folder / "rows")))
    names = page.run(code, net=net)
    check_bits(net, names["scored"].to_pandas())


def test_ray_tasks(net, ray):
    code = page.RAY_TASKS.replace("size = 50_000", "size = 70")
    names = page.run(code, ray=ray, model=ray.put(net), X=X)
    assert len(names["parts"]) == 9
    np.testing.assert_array_equal(np.concatenate(names["parts"]), net.predict_proba(X))
    tell = report

    @ray.remote
    def worker(net, rows):
        net.predict_proba(rows)
        return tell(), net.weights_[0].flags.owndata

    told = ray.get([worker.remote(names["model"], X[:10]) for _ in range(4)])
    check_reports(found for found, _ in told)
    # The weights are in the memory that is shared.
    assert not any(own for _, own in told)


def test_job_queue(net, folder, monkeypatch):
    pytest.importorskip("huey")
    sknets.save(net, "net.sknets")
    told = REPORT + "\n\n@queue.task()\ndef tell():\n    load()\n    return report()\n"
    Path("tasks.py").write_text(page.TASKS + told, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "tasks", raising=False)
    with page.consumer():
        names = page.run(
            page.JOBS.replace("blocking=True", "blocking=True, timeout=120")
        )
        tell = sys.modules["tasks"].tell
        check_reports([tell()(blocking=True, timeout=120)])
    del sys.modules["tasks"]
    assert names["targets"] == [f"scored/{number}.parquet" for number in range(6)]
    proba = pd.concat([pd.read_parquet(target) for target in names["targets"]])
    np.testing.assert_array_equal(np.stack(proba["proba"]), net.predict_proba(X))
