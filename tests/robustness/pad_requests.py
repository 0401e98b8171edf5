"""Ask the drawing pad while many slow clients hold connections beside.

    python tests/robustness/pad_requests.py

Starts the server of `examples/drawing_pad` with a network that knows nothing, opens
connections that never send a whole request (half of them silent, half sending a byte
now and then), opens them again when they are closed, and sends requests beside them.
Prints how many were answered, and how long the slowest took.
"""

import contextlib
import functools
import http.client
import json
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

from drawing_pad.digits import Digits
from drawing_pad.server import Served, create_app
from drawing_pad.serving import make_server

N_REQUESTS, N_SLOW = 300, 120


class Undecided:
    """A network for which all digits are alike."""

    def predict_proba(self, X):
        return np.full((len(X), 10), 0.1)


@contextlib.contextmanager
def server():
    """Port of a server in a thread of this process."""
    images, labels = np.zeros((60, 28, 28), np.uint8), np.arange(60) % 10
    served = Served(Undecided(), Digits(images, labels, "nothing"), 0.1)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        made = make_server(create_app(served, port), opened)
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        try:
            yield port
        finally:
            # In the thread of the server, which ends without any connection.
            close_all = functools.partial(made.asyncore.close_all, made._map)
            made.trigger.pull_trigger(close_all)
            thread.join(10)
            made.task_dispatcher.shutdown()


@contextlib.contextmanager
def slow_clients(port, n_clients):
    """Keep so many connections open in which a request never ends."""
    over = threading.Event()

    def hold(trickles):
        while not over.is_set():
            with contextlib.suppress(OSError):
                client = socket.create_connection(("127.0.0.1", port), timeout=1)
                with client:
                    client.sendall(b"POST /api/predict HTTP/1.1\r\nHost: ")
                    while not over.wait(0.2):
                        if trickles:
                            client.sendall(b"x")
                        client.setblocking(False)
                        with contextlib.suppress(BlockingIOError):
                            if not client.recv(1):
                                break
                        client.setblocking(True)

    threads = [
        threading.Thread(target=hold, args=(number % 2,), daemon=True)
        for number in range(n_clients)
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(10)


def ask(port, n_points=60):
    """Send a drawing; return the status and the seconds that it took."""
    rng = np.random.default_rng(0)
    body = json.dumps({"strokes": [rng.random((n_points, 2)).round(4).tolist()]})
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            "POST", "/api/predict", body, {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        response.read()
        return response.status, time.perf_counter() - start
    except OSError as error:
        return type(error).__name__, time.perf_counter() - start
    finally:
        connection.close()


def answers(n_requests, n_slow):
    """Status and seconds of each request."""
    with server() as port, slow_clients(port, n_slow):
        return [ask(port) for _ in range(n_requests)]


def main():
    names = ("requests", "answered", "median", "most")
    print(f"{'slow clients':>12}", *(f"{name:>9}" for name in names))
    n_failed = 0
    for n_slow in (0, N_SLOW):
        found = answers(N_REQUESTS, n_slow)
        seconds = [taken for _, taken in found]
        n_answered = sum(status == 200 for status, _ in found)
        n_failed += len(found) - n_answered
        print(
            f"{n_slow:>12}{len(found):>10}{n_answered:>10}"
            f"{1000 * np.median(seconds):>7.0f} ms{1000 * max(seconds):>7.0f} ms"
        )
    sys.exit(bool(n_failed))


if __name__ == "__main__":
    main()
