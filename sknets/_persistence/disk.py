"""Regular files: read in one piece, and replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from typing import Any

# A pipe would otherwise wait for somebody to write into it.
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def path_of(path: Any) -> str:
    """Return the name of a file as a string.

    Raises
    ------
    TypeError
        If `path` is no name, such as an open file.
    """
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(
            "path must be the name of a file, as str, bytes or path-like object; got "
            f"an object of type {type(path).__name__}."
        ) from None


def open_regular(path: str) -> Any:
    """Open a file to read it; pipes, devices and folders are errors.

    They have no size that could be compared with what is read from them, and may never
    end.
    """
    try:
        descriptor = os.open(path, _READ_FLAGS)
    except OSError as error:
        raise _explained(error, path) from None
    try:
        _require_regular(os.fstat(descriptor).st_mode, path)
        return os.fdopen(descriptor, "rb")
    except OSError:
        os.close(descriptor)
        raise


def write_in_place(path: str, data: bytes) -> None:
    """Replace the file at `path` by one with `data`, or leave it as it is."""
    path = _target(path)
    folder = os.path.dirname(path)
    # Not tempfile: its files are readable by the owner alone, and so would this be.
    temporary = os.path.join(folder, f".sknets-{secrets.token_hex(8)}.tmp")
    try:
        file = open(temporary, "xb")  # noqa: SIM115
    except OSError as error:
        raise _explained(error, path, f"cannot write in {folder!r}: ") from None
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise
    _flush_folder(folder)


def _target(path: str) -> str:
    """What `path` leads to, if a file may be put there."""
    target = os.path.realpath(path)
    if os.path.islink(target):  # otherwise it has been followed
        raise OSError(errno.ELOOP, "the link leads back to itself", path)
    if os.path.exists(target):
        _require_regular(os.stat(target).st_mode, path)
        # Its folder alone decides whether it could be replaced.
        effective = os.access in os.supports_effective_ids
        if not os.access(target, os.W_OK, effective_ids=effective):
            raise PermissionError(
                errno.EACCES,
                "the file is read-only; make it writable or take another name",
                path,
            )
    return target


def _require_regular(mode: int, path: str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(
            errno.EISDIR, "is a folder, not a file; add the name of a file", path
        )
    if not stat.S_ISREG(mode):
        raise OSError(
            errno.EINVAL, "is not a regular file but a pipe, device or socket", path
        )


def _explained(error: OSError, path: str, before: str = "") -> OSError:
    """The same error about the path that was given, in words that say what is wrong."""
    words = {errno.ELOOP: "the link leads back to itself"}
    said = words.get(error.errno or 0, error.strerror)
    return type(error)(error.errno, f"{before}{said}", path)


def _flush_folder(folder: str) -> None:
    """Make the new name last through a power failure, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
