"""The server in front of the application: one that slow clients cannot keep busy.

Waitress reads and writes in one thread and hands whole requests to a few others, so a
slow client costs no thread. It costs a connection, though, and while too many are open,
waitress takes no new ones: a hundred clients that send nothing would shut out all
others until their time is up. Here, the connection that has waited longest for a whole
request makes room for the new one. A client that sends what it has to say is answered
long before it is the one.
"""

from __future__ import annotations

import socket
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from .server import HEADERS

THREADS = 4
MAX_CONNECTIONS = 64
# For a whole request to arrive, however it trickles in, and between two requests.
SECONDS_TO_WAIT = 30


class _ErrorTask(ErrorTask):
    """An answer of waitress' own, to what is no HTTP, with the headers of others."""

    def execute(self) -> None:
        self.response_headers.extend(HEADERS.items())
        super().execute()


class _Channel(HTTPChannel):
    """One connection; `last_activity` is when it last was answered, or was opened."""

    error_task_class = _ErrorTask

    def __init__(self, server: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(server, *args, **kwargs)
        _make_room(server.active_channels.values(), self)

    def handle_read(self) -> None:
        before = self.last_activity
        super().handle_read()
        # A byte now and then is no reason to wait longer.
        self.last_activity = before


def _make_room(channels: Any, newest: _Channel) -> None:
    """Close the connection that waited longest, if there are too many."""
    is_open = [channel for channel in channels if not channel.will_close]
    waiting = [c for c in is_open if not c.requests and c is not newest]
    if len(is_open) > MAX_CONNECTIONS and waiting:
        min(waiting, key=lambda channel: channel.last_activity).will_close = True


def make_server(application: Any, opened: socket.socket) -> Any:
    """Make the server of a WSGI application on a socket that listens; `run` it."""
    server = waitress.create_server(
        application,
        sockets=[opened],
        threads=THREADS,
        ident=None,
        # Beyond what the application answers in JSON; these bound the memory.
        max_request_body_size=4 * 1024 * 1024,
        max_request_header_size=32 * 1024,
        channel_timeout=SECONDS_TO_WAIT,
        cleanup_interval=5,
        # Out of reach: room is made before.
        connection_limit=4 * MAX_CONNECTIONS,
    )
    server.channel_class = _Channel
    return server
