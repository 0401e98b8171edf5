"""Where files of sknets.save may be: regular files, named in any way."""

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

import sknets
from sknets import ImageReshaper

posix = pytest.mark.skipif(os.name != "posix", reason="files of POSIX")
NOBODY = 65534


def save(path):
    sknets.save(ImageReshaper(), path)


@pytest.mark.parametrize("form", [str, os.fsencode, Path], ids=["str", "bytes", "path"])
def test_names_of_files(form, tmp_path):
    path = form(os.fspath(tmp_path / "näme"))
    sknets.save(ImageReshaper((2, 2)), path)
    assert sknets.load(path).image_shape == (2, 2)


@pytest.mark.parametrize("other", [3, None, ["a"]])
@pytest.mark.parametrize("act", [sknets.load, save])
def test_what_is_no_name(act, other):
    with pytest.raises(TypeError, match=f"path must be .* type {type(other).__name__}"):
        act(other)


@pytest.mark.parametrize("act", [sknets.load, save])
def test_folder(act, tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder.* add the name of a file"):
        act(tmp_path)


@posix
@pytest.mark.parametrize("act", [sknets.load, save])
def test_pipe(act, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is not a regular file but a pipe.*pipe'"):
        act(tmp_path / "pipe")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
@pytest.mark.parametrize("act", [sknets.load, save])
def test_device(act, device):
    with pytest.raises(OSError, match=f"is not a regular file.*{device}"):
        act(device)


@posix
@pytest.mark.parametrize("act", [sknets.load, save])
def test_link_to_itself(act, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="link leads back to itself.*link'"):
        act(link)
    assert link.is_symlink()


def test_absent_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file.*absent'"):
        sknets.load(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match=r"cannot write in .*far'.*net'"):
        sknets.save(ImageReshaper(), tmp_path / "far" / "net")


def test_sparse_file_of_a_terabyte_takes_no_memory(tmp_path):
    path = tmp_path / "net"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match="no file that sknets.save wrote"):
        sknets.load(path)


@contextlib.contextmanager
def unprivileged():
    """As a user whom permissions bind, which root is not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that everybody may write in; those of pytest are for one user."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


@posix
def test_read_only_file_stays(open_folder):
    path = open_folder / "net"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with (
        unprivileged(),
        pytest.raises(PermissionError, match="the file is read-only; make it .*net'"),
    ):
        sknets.save(ImageReshaper(), path)
    assert path.read_bytes() == b"old"
    assert os.listdir(open_folder) == ["net"]


@posix
def test_read_only_folder(open_folder):
    open_folder.chmod(0o555)
    with (
        unprivileged(),
        pytest.raises(PermissionError, match="cannot write in .*denied.*net'"),
    ):
        sknets.save(ImageReshaper(), open_folder / "net")
    assert os.listdir(open_folder) == []


@posix
def test_file_that_may_not_be_read(open_folder):
    path = open_folder / "net"
    sknets.save(ImageReshaper(), path)
    path.chmod(0)
    with unprivileged(), pytest.raises(PermissionError, match="denied.*net'"):
        sknets.load(path)
