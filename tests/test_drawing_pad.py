"""The drawing pad: its images, its server under hostile requests, and its pages."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits

import sknets

EXAMPLES = Path(__file__).parents[1] / "examples"
# At the end of the path: nothing there takes the place of another module.
sys.path.append(str(EXAMPLES))

from drawing_pad import digits, messages, model, strokes  # noqa: E402


def arc(x, y, width, height, first, last, n_points=16):
    """Points of an ellipse; angles in degrees, 0 to the right, 90 down."""
    angles = np.radians(np.linspace(first, last, n_points))
    points = np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=1)
    return points.tolist()


# Ways to write each digit, in units of the pad's side.
DRAWINGS = {
    0: [arc(0.5, 0.5, 0.2, 0.3, -90, 270, 30)],
    1: [[[0.38, 0.34], [0.53, 0.18], [0.5, 0.82]]],
    2: [[*arc(0.5, 0.36, 0.18, 0.17, -170, 30), [0.32, 0.8], [0.72, 0.8]]],
    3: [
        arc(0.47, 0.35, 0.17, 0.15, -150, 90) + arc(0.47, 0.65, 0.2, 0.16, -90, 150),
    ],
    # A line alone is a 1.
    4: [[[0.6, 0.2], [0.58, 0.8]], [[0.42, 0.2], [0.3, 0.55], [0.72, 0.55]]],
    5: [
        [[0.4, 0.22], [0.36, 0.48], *arc(0.47, 0.63, 0.19, 0.18, -110, 150)],
        [[0.4, 0.22], [0.7, 0.2]],
    ],
    6: [
        [
            [0.6, 0.18],
            [0.42, 0.45],
            [0.36, 0.62],
            *arc(0.5, 0.64, 0.14, 0.16, 190, -170, 24),
        ],
    ],
    7: [[[0.3, 0.22], [0.7, 0.22], [0.45, 0.82]]],
    8: [
        arc(0.5, 0.35, 0.14, 0.15, 90, 450, 24) + arc(0.5, 0.66, 0.18, 0.16, -90, 270),
    ],
    9: [[*arc(0.5, 0.37, 0.16, 0.16, 0, -360, 24), [0.62, 0.82]]],
}


# --- Drawings as images --------------------------------------------------------------


def box(image):
    """Height and width of what is at least half ink."""
    rows, columns = np.nonzero(image >= 128)
    return np.ptp(rows) + 1, np.ptp(columns) + 1


def test_a_vertical_line_is_as_high_as_the_box_and_as_wide_as_the_pen():
    image = strokes.to_image([[[0.2, 0.1], [0.2, 0.7]]])
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.sum(axis=1).nonzero()[0].size == 20 + 1  # half a pixel at both ends
    np.testing.assert_allclose(image[14].sum() / 255, strokes.LINE_WIDTH, atol=0.05)


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_the_centre_of_mass_is_where_that_of_mnist_is(drawing):
    centre = ndimage.center_of_mass(strokes.to_image(drawing))
    np.testing.assert_allclose(centre, (14, 14), atol=0.1)


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_the_longer_side_fills_the_box_of_20_pixels(drawing):
    assert max(box(strokes.to_image(drawing))) in (19, 20, 21)


@pytest.mark.parametrize(("width", "expected"), [(0.6, 20), (0.3, 11.4), (0.15, 7.1)])
def test_the_aspect_ratio_is_kept(width, expected):
    rectangle = [[[0, 0], [width, 0], [width, 0.6], [0, 0.6], [0, 0]]]
    # The middles of the lines are 17.2 pixels apart where the box has 20.
    height_found, width_found = box(strokes.to_image(rectangle))
    assert height_found == pytest.approx(20, abs=1)
    assert width_found == pytest.approx(expected, abs=1)


def test_place_and_size_of_a_drawing_make_no_difference():
    small = [[[0.1 + x / 3, 0.6 + y / 3] for x, y in stroke] for stroke in DRAWINGS[4]]
    difference = np.subtract(
        strokes.to_image(small), strokes.to_image(DRAWINGS[4]), dtype=int
    )
    assert abs(difference).max() <= 2


def test_edges_have_as_much_ink_as_a_picture_made_with_many_more_pixels():
    start, end = np.array([5.0, 8.0]), np.array([22.0, 19.0])
    segments = np.array([[start, end]])
    fine = (np.arange(28 * 16) + 0.5) / 16 - 0.5
    x, y = np.meshgrid(fine, fine)
    way = (end - start) / np.linalg.norm(end - start)
    along = np.clip((x - 5) * way[0] + (y - 8) * way[1], 0, np.linalg.norm(end - start))
    distance = np.hypot(x - 5 - along * way[0], y - 8 - along * way[1])
    expected = (distance < strokes.LINE_WIDTH / 2).reshape(28, 16, 28, 16).mean((1, 3))
    np.testing.assert_allclose(strokes._ink(segments), expected, atol=0.13)


def test_many_close_points_draw_the_same_line():
    x = np.linspace(0.2, 0.8, 2500)
    dense = np.stack([x, x], axis=1).tolist()
    difference = np.subtract(
        strokes.to_image([dense]), strokes.to_image([[dense[0], dense[-1]]]), dtype=int
    )
    assert abs(difference).max() <= 1


@pytest.mark.parametrize("nothing", [[], [[]], [[], []]])
def test_without_a_point_there_is_no_image(nothing):
    assert strokes.to_image(nothing) is None


def test_a_dot_stays_a_dot():
    ink = strokes.to_image([[[0.9, 0.9]]]).sum() / 255
    assert ink == pytest.approx(np.pi * (strokes.LINE_WIDTH / 2) ** 2, rel=0.1)


def test_a_lopsided_drawing_stays_in_the_field():
    scribble = [[[0.5 + 0.01 * (i % 2), 0.9] for i in range(200)], [[0.5, 0.1]]]
    drawn = strokes.to_image(scribble)
    assert drawn[:, [0, -1]].sum() == drawn[[0, -1]].sum() == 0


# --- The stand-in for MNIST ----------------------------------------------------------


def test_the_stand_in_is_placed_as_drawings_are():
    test = digits.stand_in("test")
    assert test.images.shape == (360, 28, 28)
    assert test.images.dtype == np.uint8
    centres = [ndimage.center_of_mass(image) for image in test.images]
    np.testing.assert_allclose(np.mean(centres, axis=0), (14, 14), atol=0.2)
    sides = [max(box(image)) for image in test.images]
    assert np.mean(sides) == pytest.approx(20, abs=0.7)


def test_no_digit_of_the_quiz_is_trained_on(monkeypatch):
    monkeypatch.setattr(digits, "to_field", lambda large, *_: large)
    trained_on, asked = (
        {image.tobytes() for image in digits.stand_in(subset).images}
        for subset in ("train", "test")
    )
    assert (len(trained_on), len(asked)) == (1437, 360)
    assert not trained_on & asked


def test_a_folder_without_mnist_is_an_error_and_no_folder_the_stand_in(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("SKNETS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"mnist\.npz"):
        digits.load("test", tmp_path)
    assert digits.load("test", None).source == digits.STAND_IN


def test_mnist_is_taken_where_it_is(tmp_path, monkeypatch):
    images = np.zeros((3, 28, 28), np.uint8)
    labels = np.arange(3, dtype=np.uint8)
    np.savez(
        tmp_path / "mnist.npz",
        **{"x_train": images, "y_train": labels, "x_test": images, "y_test": labels},
    )
    assert digits.load("test", tmp_path).source == digits.MNIST


# --- The file of the network ---------------------------------------------------------


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Environment without data folders, and one where TensorFlow is not installed."""
    folder = tmp_path_factory.mktemp("without_tensorflow")
    for name in ("tensorflow", "keras"):
        text = f"raise ModuleNotFoundError('{name} is not here', name='{name}')"
        (folder / f"{name}.py").write_text(text)
    common = {**os.environ, "KERAS_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    common.pop("SKNETS_DATA", None)
    root = str(EXAMPLES.parent)
    return {
        "training": {**common, "PYTHONPATH": root},
        "serving": {**common, "PYTHONPATH": os.pathsep.join([str(folder), root])},
    }


def command(*arguments):
    return [sys.executable, str(EXAMPLES / "drawing_pad"), *map(str, arguments)]


@contextmanager
def running(arguments, env):
    """Address and console output of a server that runs meanwhile."""
    process = subprocess.Popen(
        command(*arguments, "--port", 0),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Whatever happens, the loop over its output ends.
    limit = threading.Timer(240, process.kill)
    limit.start()
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                yield int(found[1]), "".join(lines)
                break
        else:
            pytest.fail("".join(lines))
    finally:
        limit.cancel()
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def trained(environment, tmp_path_factory):
    """File of a network that the program trained itself, and what it printed."""
    path = tmp_path_factory.mktemp("pad") / "digits.sknets"
    with running(["--model", path], environment["training"]) as (_, output):
        return path, output


def test_the_console_says_that_it_was_not_trained_on_mnist(trained):
    path, output = trained
    assert "NOT TRAINED ON MNIST" in output
    assert path.exists()


def test_the_network_names_drawings(trained):
    net = model.load(trained[0])
    images = np.array([strokes.to_image(drawing) for drawing in DRAWINGS.values()])
    named = net.predict(images)
    assert (named == list(DRAWINGS)).sum() >= 9


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_a_damaged_file_is_refused(trained, tmp_path, damage):
    content = bytearray(trained[0].read_bytes())
    match damage:
        case "cut":
            content = content[: len(content) // 2]
        case "flipped":
            content[len(content) // 2] ^= 1
        case "text":
            content = b"a model\n"
        case "empty":
            content = b""
    path = tmp_path / "damaged.sknets"
    path.write_bytes(content)
    with pytest.raises(model.ModelError, match="damaged[\\s\\S]*Delete the file"):
        model.load_or_train(path, None)


def test_a_damaged_file_ends_the_program_without_a_traceback(environment, tmp_path):
    path = tmp_path / "damaged.sknets"
    path.write_bytes(b"nothing")
    ended = subprocess.run(
        command("--model", path, "--port", 0),
        env=environment["serving"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "is damaged" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("n_pixels", "n_classes", "message"),
    [(64, 10, "64 features"), (784, 3, r"0, 1, 2")],
)
def test_networks_for_something_else_are_refused(
    tmp_path, quick, n_pixels, n_classes, message
):
    X, y = load_digits(return_X_y=True)
    net = quick(sknets.DenseNetClassifier, epochs=1)
    net.fit(np.resize(X[:100], (100, n_pixels)), y[:100] % n_classes)
    path = tmp_path / "other.sknets"
    sknets.save(net, path)
    with pytest.raises(model.ModelError, match=message):
        model.load(path)


def test_a_folder_that_is_not_there_is_noticed_before_training(tmp_path):
    with pytest.raises(model.ModelError, match="does not exist"):
        model.load_or_train(tmp_path / "missing" / "digits.sknets", None)


# --- The server ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(environment, trained):
    """Port of a running server, in whose process TensorFlow cannot be imported."""
    arguments = ["--model", trained[0]]
    with running(arguments, environment["serving"]) as (number, _):
        yield number


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def send(port):
    """Function that sends a request and returns status, headers and JSON or bytes."""

    def send(method, path, body=None, headers=JSON):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.headers.get_content_type() == "application/json":
            content = json.loads(content)
        return response.status, response.headers, content

    return send


@pytest.fixture
def predict(send):
    """Function that asks for the probabilities of a drawing."""

    def predict(drawing):
        status, _, answer = send(
            "POST", "/api/predict", json.dumps({"strokes": drawing})
        )
        assert status == 200
        return answer

    return predict


def test_answers_equal_those_of_the_estimator(predict, trained):
    answer = predict(DRAWINGS[3])
    image = strokes.to_image(DRAWINGS[3])
    expected = sknets.load(trained[0]).predict_proba(image[np.newaxis])[0]
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)
    assert answer["pixels"] == image.ravel().tolist()
    assert answer["digit"] == expected.argmax()


def test_an_empty_drawing_has_no_probabilities(predict):
    assert predict([]) == {"empty": True}


def test_the_quiz_gives_images_and_only_then_labels(send):
    status, _, quiz = send("POST", "/api/quiz", '{"length": 10}')
    assert status == 200
    numbers = [image["image"] for image in quiz["images"]]
    assert len(set(numbers)) == 10
    assert all(image.keys() == {"image", "pixels"} for image in quiz["images"])
    test = digits.stand_in("test")
    for number, given in zip(numbers, quiz["images"], strict=True):
        assert given["pixels"] == test.images[number].ravel().tolist()
        message = json.dumps({"image": number, "digit": 7})
        status, _, answer = send("POST", "/api/quiz/answer", message)
        label = test.labels[number]
        assert answer["label"] == label
        assert answer["person_right"] == (label == 7)
        assert answer["network_right"] == (answer["network"]["digit"] == label)


def test_pages_carry_headers_that_shut_out_everything_else(send):
    for path in ("/", "/quiz", "/style.css", "/pad.js", "/api/nothing"):
        _, headers, _ = send("GET", path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers


def test_pages_ask_for_nothing_from_elsewhere():
    for page in (EXAMPLES / "drawing_pad" / "pages").iterdir():
        text = page.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|//\w+\.|style=|<script>|onclick", text), page


BAD_DRAWINGS = {
    "not JSON": b"{",
    "nothing": b"",
    "not UTF-8": b'{"strokes": [[["\xff", 0]]]}',
    "UTF-16": '{"strokes": []}'.encode("utf-16"),
    "deep": b"[" * 100_000,
    "deep objects": b'{"strokes":' * 10_000,
    "huge number": b'{"strokes": [[[' + b"9" * 5_000 + b", 0]]]}",
    "NaN": b'{"strokes": [[[NaN, 0]]]}',
    "infinity": b'{"strokes": [[[Infinity, 0]]]}',
    "infinite exponent": b'{"strokes": [[[1e999, 0]]]}',
    "large exponent": b'{"strokes": [[[1e300, 0]]]}',
    "outside": b'{"strokes": [[[1.01, 0]]]}',
    "negative": b'{"strokes": [[[0, -0.01]]]}',
    "bool": b'{"strokes": [[[true, 0]]]}',
    "text": b'{"strokes": [[["0.5", 0]]]}',
    "null": b'{"strokes": [[[null, 0]]]}',
    "one coordinate": b'{"strokes": [[[0.5]]]}',
    "three coordinates": b'{"strokes": [[[0.5, 0.5, 0.5]]]}',
    "point is an object": b'{"strokes": [[{"x": 1, "y": 1}]]}',
    "stroke is text": b'{"strokes": ["ab"]}',
    "empty stroke": b'{"strokes": [[]]}',
    "strokes is an object": b'{"strokes": {}}',
    "strokes is null": b'{"strokes": null}',
    "list": b"[]",
    "number": b"1",
    "missing": b"{}",
    "more fields": b'{"strokes": [], "more": 1}',
    "many strokes": json.dumps({"strokes": [[[0, 0]]] * 201}).encode(),
    "many points": json.dumps({"strokes": [[[0, 0]] * 3001]}).encode(),
}


@pytest.mark.parametrize("body", BAD_DRAWINGS.values(), ids=BAD_DRAWINGS)
def test_bad_drawings_are_refused(send, body):
    status, _, answer = send("POST", "/api/predict", body)
    assert status == 400
    assert answer.keys() == {"error"}
    assert "Traceback" not in answer["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/quiz", '{"length": 11}'),
        ("/api/quiz", '{"length": true}'),
        ("/api/quiz", '{"length": 10.0}'),
        ("/api/quiz", '{"length": [10]}'),
        ("/api/quiz", "{}"),
        ("/api/quiz/answer", '{"image": -1, "digit": 1}'),
        ("/api/quiz/answer", '{"image": 360, "digit": 1}'),
        ("/api/quiz/answer", '{"image": 0, "digit": 10}'),
        ("/api/quiz/answer", '{"image": 0, "digit": "1"}'),
        ("/api/quiz/answer", '{"image": false, "digit": 1}'),
        ("/api/quiz/answer", '{"image": 0}'),
    ],
)
def test_bad_answers_are_refused(send, path, body):
    status, _, answer = send("POST", path, body)
    assert status == 400
    assert answer.keys() == {"error"}


DRAWN = json.dumps({"strokes": DRAWINGS[1]})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/predict", 405),
        ("PUT", "/api/predict", 405),
        ("DELETE", "/api/predict", 405),
        ("OPTIONS", "/api/predict", 405),
        ("TRACE", "/api/predict", 405),
        ("POST", "/", 405),
        ("GET", "/nothing", 404),
        ("GET", "/pages/pad.html", 404),
        ("GET", "/../server.py", 404),
        ("GET", "/%2e%2e/server.py", 404),
        ("GET", "/..%2f..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/static/../server.py", 404),
        ("GET", "//127.0.0.1/server.py", 404),
        ("GET", "/style.css/", 404),
        ("GET", "/\\server.py", 404),
        ("GET", "/%00", 404),
    ],
)
def test_other_methods_and_addresses_are_refused(send, method, path, status):
    found, _, answer = send(method, path, DRAWN if method != "GET" else None)
    assert found == status
    assert answer.keys() == {"error"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({}, 415),
        ({**JSON, "Content-Encoding": "gzip"}, 415),
        ({**JSON, "Host": "example.com"}, 421),
        ({**JSON, "Host": "127.0.0.1"}, 421),
        ({**JSON, "Host": "127.0.0.1:1"}, 421),
        ({**JSON, "Host": ""}, 421),
        ({**JSON, "X-Forwarded-Host": "example.com"}, 200),
        ({**JSON, "Origin": "http://example.com"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        ({**JSON, "Origin": "http://127.0.0.1:1"}, 403),
        ({**JSON, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**JSON, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_senders_are_checked(send, headers, status):
    found, _, answer = send("POST", "/api/predict", DRAWN, headers)
    assert found == status
    assert ("error" in answer) == (status != 200)


def test_pages_are_not_shown_under_another_name(send):
    status, _, answer = send("GET", "/", None, {"Host": "rebound.example:8000"})
    assert status == 421
    assert "127.0.0.1" in answer["error"]


def test_own_pages_may_ask(send, port):
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        headers = {"Host": host, "Origin": f"http://{host}"}
        headers |= {"Sec-Fetch-Site": "same-origin", **JSON}
        assert send("POST", "/api/predict", DRAWN, headers)[0] == 200


def test_a_large_body_is_refused(send):
    status, _, answer = send("POST", "/api/predict", b" " * (messages.MAX_BODY + 1))
    assert status == 413
    assert str(messages.MAX_BODY) in answer["error"]


def test_a_large_body_in_chunks_is_refused(send):
    chunks = iter([b" " * 1024] * (messages.MAX_BODY // 1024 + 1))
    status, _, answer = send("POST", "/api/predict", chunks)
    assert status == 413
    assert answer.keys() == {"error"}


@pytest.mark.parametrize(
    "start",
    [
        b"POST /api/predict HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /api/predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_broken_http_does_not_stop_the_server(port, predict, start):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(start)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 2")
    if answer:
        assert b"Content-Security-Policy: default-src 'none'" in answer
        assert b"X-Content-Type-Options: nosniff" in answer
        assert b"Server:" not in answer
    assert predict(DRAWINGS[1])["digit"] == 1


def test_idle_connections_do_not_block_the_others(port, predict):
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        for connection in idle:
            connection.sendall(b"POST /api/predict HTTP/1.1\r\nContent-Le")
        assert predict(DRAWINGS[1])["digit"] == 1
    finally:
        for connection in idle:
            connection.close()


def test_it_listens_on_this_computer_only(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this computer has no other address")
        address = probe.getsockname()[0]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((address, port), timeout=5).close()


def test_a_failure_of_the_network_is_not_shown_to_the_sender(caplog):
    from drawing_pad.server import Served, create_app

    class Broken:
        def predict_proba(self, X):
            raise RuntimeError("secret")

    client = create_app(Served(Broken(), digits.stand_in("test"), 0), 80).test_client()
    address = "http://localhost:80"
    headers = {"Host": "localhost:80"}
    response = client.post(
        "/api/predict", base_url=address, headers=headers, json={"strokes": [[[0, 0]]]}
    )
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "secret" in caplog.text  # the console has it


# --- The pages, in a browser ---------------------------------------------------------

PROGRAMS = {name: shutil.which(name) for name in ("chromium", "chromedriver")}


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium in a window of a desktop computer."""
    webdriver = pytest.importorskip("selenium.webdriver")
    missing = [name for name, path in PROGRAMS.items() if path is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = PROGRAMS["chromium"]
    # As root, Chromium runs only without its sandbox; it sees nothing but our pages.
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(PROGRAMS["chromedriver"])
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, port):
    """Page object; fails where the browser's console has an error at the end."""
    yield Page(browser, f"http://127.0.0.1:{port}")
    assert browser.get_log("browser") == []


class Page:
    def __init__(self, browser, address):
        self.browser, self.address = browser, address

    def open(self, path, width=1000, height=760, phone=False):
        size = {"width": width, "height": height, "mobile": phone}
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1}
        )
        self.browser.get(self.address + path)
        self.wait("return document.querySelector('#model').textContent !== ''")

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def wait(self, script, expected=True):
        deadline = time.monotonic() + 10
        while (found := self.js(script)) != expected:
            assert time.monotonic() < deadline, f"{script} gives {found!r}"
            time.sleep(0.02)

    def text(self, name):
        return self.js(f"return document.getElementById('{name}').textContent")

    def click(self, selector):
        self.browser.find_element("css selector", selector).click()

    def press(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keyboard", "actions": actions})

    def draw(self, drawing, kind="mouse"):
        """Draw strokes on the pad with mouse or finger."""
        left, top, side = self.js(
            "const box = document.querySelector('#pad').getBoundingClientRect();"
            "return [box.left, box.top, box.width]"
        )
        actions = []
        for stroke in drawing:
            moves = [
                {
                    "type": "pointerMove",
                    "duration": 4,
                    "x": round(left + x * side),
                    "y": round(top + y * side),
                }
                for x, y in stroke
            ]
            down, up = (
                {"type": f"pointer{way}", "button": 0} for way in ("Down", "Up")
            )
            actions += [moves[0], down, *moves[1:], up]
        parameters = {"pointerType": kind}
        self.perform(
            {
                "type": "pointer",
                "id": kind,
                "parameters": parameters,
                "actions": actions,
            }
        )

    def perform(self, source):
        self.browser.execute("actions", {"actions": [source]})

    def shares(self):
        """Heights of the ten bars."""
        return self.js(
            "return [...document.querySelectorAll('#bars .fill')]"
            ".map((bar) => Number(bar.style.getPropertyValue('--share')))"
        )


@pytest.mark.parametrize("digit", DRAWINGS)
def test_drawn_digits_are_named(page, digit):
    page.open("/")
    page.draw(DRAWINGS[digit])
    page.wait("return document.querySelector('#digit').textContent", str(digit))
    page.wait(
        f"return document.querySelector('#answer').textContent.includes('a {digit} (')"
        f" || document.querySelector('#answer').textContent.startsWith('A {digit} (')"
    )
    assert np.argmax(page.shares()) == digit
    assert sum(page.shares()) == pytest.approx(1, abs=0.001)


def test_the_probabilities_move_while_the_stroke_grows(page):
    page.open("/")
    page.js(
        "window.seen = new Set();"
        "new MutationObserver(() => window.seen.add("
        "  [...document.querySelectorAll('#bars .fill')]"
        "  .map((bar) => bar.style.getPropertyValue('--share')).join()"
        ")).observe(document.querySelector('#bars'), {subtree: true, attributes: true})"
    )
    slow = [[point for point in DRAWINGS[3][0] for _ in range(3)]]
    page.draw(slow)
    assert page.js("return window.seen.size") >= 5
    page.click("#clear")
    page.draw(DRAWINGS[4][:1])
    page.wait("return document.querySelector('#digit').textContent", "1")
    page.draw(DRAWINGS[4][1:])
    page.wait("return document.querySelector('#digit').textContent", "4")


def test_undo_and_clear_with_buttons_and_keys(page):
    page.open("/")
    empty = "return document.querySelector('#digit').textContent === '–'"
    page.wait("return document.querySelector('#clear').disabled")
    page.draw(DRAWINGS[4])
    page.wait(empty, False)
    page.wait("return document.querySelector('#digit').textContent", "4")
    page.click("#undo")
    page.wait("return document.querySelector('#digit').textContent", "1")
    page.click("#undo")
    page.wait(empty)
    assert page.shares() == [0] * 10
    page.wait(
        "return document.querySelector('#answer').textContent", "Nothing drawn yet."
    )
    page.draw(DRAWINGS[1])
    page.wait(empty, False)
    page.press("\ue00c")  # Escape
    page.wait(empty)
    assert page.js("return document.querySelector('#undo').disabled")


def test_drawing_with_the_keyboard(page):
    page.open("/")
    page.js("document.querySelector('#pad').focus()")
    up, down = "\ue013", "\ue015"
    page.press(*[up] * 9, " ", *[down] * 18, " ")
    page.wait("return document.querySelector('#digit').textContent", "1")


def test_drawing_with_a_finger_on_a_phone(page):
    page.open("/", 375, 740, phone=True)
    page.draw(DRAWINGS[7], "touch")
    page.wait("return document.querySelector('#digit').textContent", "7")
    wider = "return document.documentElement.scrollWidth > window.innerWidth"
    assert not page.js(wider)
    # The bars can be seen while the finger draws.
    bottom = "return document.querySelector('#bars').getBoundingClientRect().bottom"
    assert page.js(bottom) < 740
    assert page.js("return window.scrollY") == 0


PLACES_OF_SHARES = """
    return [...document.querySelectorAll("#bars .share")].map(share => {
      const range = document.createRange();
      range.selectNodeContents(share);
      const place = range.getBoundingClientRect();
      return [share.textContent, place.left, place.right, place.height];
    });
"""


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_percentages_are_beside_one_another(page, width):
    page.open("/", width, 760, phone=width < 500)
    page.draw(DRAWINGS[7], "touch" if width < 500 else "mouse")
    page.wait("return document.querySelector('#digit').textContent", "7")
    places = page.js(PLACES_OF_SHARES)
    assert [text.endswith("%") for text, *_ in places] == [True] * 10
    assert all(0 <= left < right <= width for _, left, right, _ in places)
    assert all(8 < height < 40 for *_, height in places)
    if width < 500:
        ends = [end for _, left, right, _ in places for end in (left, right)]
        assert ends == sorted(ends)


def test_the_page_says_that_the_network_is_a_stand_in(page):
    page.open("/")
    assert "stand-in for MNIST" in page.js(
        "return document.querySelector('#notice').innerText"
    )
    assert "360 test images" in page.text("model")


def test_every_control_has_a_name(page):
    for path in ("/", "/quiz"):
        page.open(path)
        assert page.js("return document.documentElement.lang") == "en"
        for control in page.browser.find_elements(
            "css selector", "button, input, a, canvas:not([aria-hidden])"
        ):
            if control.is_displayed():
                assert control.accessible_name


# Has the network be wrong in four of ten answers.
WRONG_NETWORK = """
const ask = window.fetch;
let number = 0;
window.fetch = async (...request) => {
  const answer = await (await ask(...request)).json();
  if ("network_right" in answer) answer.network_right = number++ % 3 > 0;
  return new Response(JSON.stringify(answer));
};
"""


def test_the_quiz_counts_both_scores(page):
    page.open("/quiz", 375, 740, phone=True)
    page.js(WRONG_NETWORK)
    page.click("#begin")
    right = []
    for number in range(1, 11):
        page.wait(
            "return document.querySelector('#progress').textContent",
            f"Image {number} of 10",
        )
        if number % 2:
            page.press("1")
        else:
            page.click("#digits button:nth-child(2)")
        page.wait("return document.querySelector('#next').hidden", False)
        right.append(page.text("verdict").startswith("It is a 1."))
        assert page.text("person") == str(sum(right))
        if number < 10:
            page.click("#next")
    assert page.text("network") == "6"
    page.press("\ue007")  # Enter, on "Result"
    page.wait("return document.querySelector('#end').hidden", False)
    assert page.text("person-end") == f"{sum(right)} of 10"
    assert page.text("network-end") == "6 of 10"
    expected = {-1: "The network wins.", 0: "A draw.", 1: "You win."}
    assert page.text("winner") == expected[np.sign(sum(right) - 6)]
    assert page.js("return document.querySelectorAll('#missed li').length") >= 10 - sum(
        right
    )
    page.click("#again")
    assert page.js("return !document.querySelector('#start').hidden")


def test_a_server_that_has_ended_is_told(browser, environment, trained):
    with running(["--model", trained[0]], environment["serving"]) as (number, _):
        page = Page(browser, f"http://127.0.0.1:{number}")
        page.open("/")
    page.draw(DRAWINGS[1])
    page.wait(
        "return document.querySelector('#answer').textContent.includes('still running')"
    )
    browser.get_log("browser")  # the browser has told of the refused connection
