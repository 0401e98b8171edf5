"""The files of the data sets: where they are looked for, and how they are read.

A file that is damaged, or is another one of the same name, raises a ValueError that
says so; nothing of it is used. Pickled content is never loaded.
"""

from __future__ import annotations

import gzip
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Images = tuple[np.ndarray, np.ndarray]
Reviews = tuple[list[str], list[int]]


# --- Where ---------------------------------------------------------------------------


def folders(data_home: Any) -> Iterator[Path]:
    """Folders to look in, the caller's first."""
    given = data_home or os.environ.get("SKNETS_DATA")
    if given:
        folder = Path(given).expanduser()
        if not folder.is_dir():
            name = "data_home" if data_home else "The environment variable SKNETS_DATA"
            raise FileNotFoundError(f"{name} must be a folder, got {str(given)!r}.")
        yield folder
    yield keras_cache()


def keras_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


def find(name: str, data_home: Any) -> Path | None:
    paths = [folder / name for folder in folders(data_home)]
    return next((path for path in paths if path.exists()), None)


@dataclass(frozen=True)
class Source:
    """How to come by a data set: what the error says where it is nowhere.

    `cache` and `download` end the sentences about Keras' cache and about a download.
    """

    loader: str
    files: str
    cache: str
    download: str

    def missing(self, data_home: Any, reason: object) -> FileNotFoundError:
        """Error that names the three ways to give the data set."""
        looked = ", ".join(map(str, folders(data_home)))
        return FileNotFoundError(
            f"{self.loader} found no {self.files} in {looked}. There are three ways to "
            f"give it: (1) a folder that holds it, as {self.loader}(data_home=...) or "
            "in the environment variable SKNETS_DATA; (2) Keras' download cache "
            f"{keras_cache()}, {self.cache}; (3) a download {self.download} ({reason})."
        )

    def fetch(self, download: Callable[[], Any], data_home: Any, allowed: bool) -> Any:
        """Return what `download` does; raise the error if not `allowed` or it fails."""
        if not allowed:
            raise self.missing(data_home, "not tried, as download_if_missing=False")
        try:
            return download()
        except Exception as error:  # Keras raises a bare Exception without a network
            raise self.missing(data_home, f"it failed: {error}") from error


def damaged(path: Path, what: object) -> ValueError:
    return ValueError(
        f"{path} is damaged or no file of this data set: {what}. Replace it, or delete "
        "it so that another copy is used."
    )


# --- Reading -------------------------------------------------------------------------

# What the modules for compressed files raise where the content makes no sense.
_NO_ARCHIVE = (EOFError, OSError, RuntimeError, zlib.error)


def read_images(path: Path, images_key: str, labels_key: str) -> Images:
    """Images of shape (n, height, width), uint8, and labels of shape (n,)."""
    # Opened here, since NumPy leaves a file open that it cannot make sense of.
    with path.open("rb") as opened:
        try:
            with np.load(opened, allow_pickle=False) as file:
                images, labels = file[images_key], file[labels_key]
        except KeyError as error:
            raise damaged(path, error.args[0]) from error
        except (*_NO_ARCHIVE, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise damaged(path, error) from error
    if images.dtype != np.uint8 or images.ndim != 3 or not images.size:
        raise damaged(
            path,
            f"{images_key} must be uint8 of shape (n, height, width), got "
            f"{images.dtype} of shape {images.shape}",
        )
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise damaged(
            path,
            f"{labels_key} must be {len(images)} whole numbers, got {labels.dtype} of "
            f"shape {labels.shape}",
        )
    return images, labels


def read_lines(path: Path, part: str) -> Reviews:
    """Lines with a label, a tab and a text."""
    texts, labels = [], []
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                label, tab, text = line.rstrip("\n").partition("\t")
                if label not in ("0", "1") or not tab:
                    raise damaged(
                        path, f"line {number} does not start with 0 or 1 and a tab"
                    )
                labels.append(int(label))
                texts.append(text)
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise damaged(path, error) from error
    return texts, labels


def read_folder(path: Path, part: str) -> Reviews:
    """Files ``train/neg/0_3.txt`` and the like, in the order of their numbers."""
    texts, labels = [], []
    for label, name in enumerate(("neg", "pos")):
        files = [
            (int(found[1]), file)
            for file in (path / part / name).glob("*.txt")
            if (found := re.match(r"(\d+)_", file.name))
        ]
        for _, file in sorted(files):
            try:
                texts.append(file.read_bytes().decode("utf-8"))
            except UnicodeDecodeError as error:
                raise damaged(file, error) from error
            labels.append(label)
    return texts, labels


def read_archive(path: Path, part: str) -> Reviews:
    """The files of `read_folder`, without writing them to disk."""
    with path.open("rb") as opened:
        try:
            with gzip.open(opened) as stream:
                rows = _archived_reviews(stream, part)
                # The checksum of the whole is at its end; without it, a bad header
                # would pass for the end of the archive.
                while stream.read(2**20):
                    pass
        except (*_NO_ARCHIVE, tarfile.TarError, UnicodeDecodeError, KeyError) as error:
            # KeyError: a link to what is not there.
            raise damaged(path, error) from error
    return [text for *_, text in rows], [label for label, *_ in rows]


def _archived_reviews(stream: Any, part: str) -> list[tuple[int, int, str]]:
    """Label, number and text of each review of a part, sorted."""
    name = re.compile(rf"aclImdb/{part}/(neg|pos)/(\d+)_\d+\.txt")
    rows = []
    with tarfile.open(fileobj=stream) as archive:
        for member in archive:
            found = name.fullmatch(member.name)
            file = archive.extractfile(member) if found else None
            if found and file:
                text = file.read().decode("utf-8")
                rows.append((int(found[1] == "pos"), int(found[2]), text))
    return sorted(rows)
