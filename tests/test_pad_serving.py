"""The server in front of the drawing pad, with slow clients and broken requests."""

import contextlib
import socket
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "robustness"))

import pad_requests
from drawing_pad import serving
from drawing_pad.server import HEADERS


@pytest.fixture
def port():
    with pad_requests.server() as port:
        yield port


def answer_to(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(4096):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: odd\r\n\r\n", 501),
        (b"GET  / / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_answers_of_the_server_itself_have_all_headers(port, request_line, status):
    head, _, body = answer_to(port, request_line).partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    assert first.split()[1] == str(status)
    found = dict(line.split(": ", 1) for line in lines)
    capitalized = {"-".join(map(str.capitalize, k.split("-"))) for k in HEADERS}
    assert capitalized <= found.keys()
    assert "Server" not in found
    assert "Traceback" not in body


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:  # reset
        return False


def test_the_connection_that_waited_longest_makes_room(port, monkeypatch):
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 5)
    connections = []
    for _ in range(8):
        connections.append(socket.create_connection(("127.0.0.1", port), timeout=10))
        # One answer later the server has taken the connection.
        assert pad_requests.ask(port)[0] == 200
        for connection in connections:
            if is_open(connection):
                connection.setblocking(True)
                with contextlib.suppress(OSError):  # closed in between
                    connection.sendall(b"x")  # a byte now and then does not help
    deadline = time.monotonic() + 10
    still = [True] * len(connections)
    while sum(still) > 5 and time.monotonic() < deadline:
        still = [is_open(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert 1 <= sum(still) <= 5
    assert still == sorted(still)


def test_slow_clients_do_not_shut_out_others():
    found = pad_requests.answers(10, 120)
    assert [status for status, _ in found] == [200] * 10
