"""Loaders for the data sets of the examples, as scikit-learn's loaders return them.

Each looks for its file in a folder that the caller names, then in Keras' download
cache, and then downloads it through Keras or scikit-learn. Files are read as they are:
nothing is scaled, shuffled or left out. TensorFlow is imported only for a download
through Keras. Addresses and checksums are theirs; pooch would be one more dependency
and need both to be kept here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._sklearn import StrOptions, validate_params
from ._files import (
    Images,
    Reviews,
    Source,
    damaged,
    find,
    folders,
    read_archive,
    read_folder,
    read_images,
    read_lines,
)

__all__ = ["load_faces", "load_imdb", "load_mnist"]

_PARAMETERS = {
    "subset": [StrOptions({"train", "test", "all"})],
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
}


# --- MNIST ---------------------------------------------------------------------------

_MNIST_DESCR = """\
MNIST handwritten digits: 60 000 images to train on and 10 000 to test on, 28 x 28
pixels, 0 (paper) to 255 (ink), in ten classes.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
document recognition", Proceedings of the IEEE 86(11), 1998. Made by Yann LeCun and
Corinna Cortes from data of NIST; CC BY-SA 3.0.
"""
_MNIST = Source(
    "load_mnist",
    "mnist.npz",
    "where keras.datasets.mnist.load_data() puts it",
    "through Keras, with a network",
)


@validate_params(_PARAMETERS, prefer_skip_nested_validation=True)
def load_mnist(
    *, subset="train", data_home=None, download_if_missing=True, return_X_y=False
):
    """Load the MNIST images of handwritten digits (classification).

    The file is ``mnist.npz`` with the keys of ``keras.datasets.mnist``: ``x_train``,
    ``y_train``, ``x_test``, ``y_test``. It is looked for in `data_home`, then in
    Keras' download cache, and then downloaded by Keras into that cache.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images to load; "all" is the training images followed by the test images.
    data_home : str or path-like, default=None
        Folder of the file. None is the environment variable ``SKNETS_DATA``, if set.
    download_if_missing : bool, default=True
        Whether to download what is not found; needs TensorFlow and a network.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the attributes:

        data : ndarray of shape (n_samples, 784), uint8
            The images, flat.
        images : ndarray of shape (n_samples, 28, 28), uint8
            The same pixels, 0 to 255.
        target : ndarray of shape (n_samples,), int64
            The digits.
        target_names : ndarray of shape (10,)
            The classes 0 to 9.
        DESCR : str
            Description and source.

    (data, target) : tuple if ``return_X_y=True``
        The two arrays.

    Raises
    ------
    FileNotFoundError
        If the file is nowhere and could not be downloaded.
    ValueError
        If the file is damaged.

    Examples
    --------
    >>> from sknets.datasets import load_mnist
    >>> X, y = load_mnist(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (60000, 784)
    """
    parts = _parts(subset)
    path = find("mnist.npz", data_home)
    if path is not None:
        found = {part: read_images(path, f"x_{part}", f"y_{part}") for part in parts}
    else:
        found = _MNIST.fetch(_download_mnist, data_home, download_if_missing)
    images = np.concatenate([found[part][0] for part in parts])
    labels = np.concatenate([found[part][1] for part in parts])
    return _image_bunch(images, labels, np.arange(10), _MNIST_DESCR, return_X_y)


def _download_mnist() -> dict[str, Images]:
    from .._tensorflow import keras

    train, test = keras.datasets.mnist.load_data()
    return {"train": train, "test": test}


# --- Faces ---------------------------------------------------------------------------

_FACES_DESCR = {
    "orl": """\
The ORL database of faces: 400 grey images, ten of each of 40 people, 0 to 255.
From a file they are 56 x 46 pixels; from scikit-learn's `fetch_olivetti_faces`, which
has the same photographs, 64 x 64. The training subset is the first five images of
each person.

Credit: AT&T Laboratories Cambridge (Olivetti Research Laboratory). F. Samaria and
A. Harter, "Parameterisation of a stochastic model for human face identification",
IEEE Workshop on Applications of Computer Vision, 1994.
""",
    "yale": """\
The Yale face database: 165 grey images, eleven of each of 15 people, 100 x 80 pixels,
0 to 255. The training subset is the first six images of each person.

P. Belhumeur, J. Hespanha and D. Kriegman, "Eigenfaces vs. Fisherfaces: recognition
using class specific linear projection", IEEE Transactions on Pattern Analysis and
Machine Intelligence 19(7), 1997.
""",
}
# A name of its own, since Sphinx does not read `**` within a decorator.
_FACES_PARAMETERS = {"name": [StrOptions({"orl", "yale"})], **_PARAMETERS}
# Images of each person to train on.
_TRAINING_FACES = {"orl": 5, "yale": 6}
_ORL = Source(
    "load_faces",
    "orl_faces.npz",
    "which may hold it, too",
    "of the same photographs through scikit-learn, with a network",
)
_YALE = Source(
    "load_faces",
    "yale_faces.npz",
    "which may hold it, too",
    "of these faces",
)


@validate_params(_FACES_PARAMETERS, prefer_skip_nested_validation=True)
def load_faces(
    name="orl",
    *,
    subset="all",
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
):
    """Load the ORL or the Yale faces (classification).

    The file is ``orl_faces.npz`` or ``yale_faces.npz`` with the keys ``x`` and ``y``.
    It is looked for in `data_home`, then in Keras' download cache. The ORL faces then
    come from scikit-learn's :func:`~sklearn.datasets.fetch_olivetti_faces`; nothing
    downloads the Yale faces.

    Parameters
    ----------
    name : {"orl", "yale"}, default="orl"
        40 people with 10 images each, or 15 people with 11 images each.
    subset : {"train", "test", "all"}, default="all"
        All images, the first of each person (ORL five, Yale six), or the others.
    data_home : str or path-like, default=None
        Folder of the file. None is the environment variable ``SKNETS_DATA``, if set.
    download_if_missing : bool, default=True
        Whether scikit-learn may download the ORL faces where it does not have them.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the attributes:

        data : ndarray of shape (n_samples, height * width), uint8
            The images, flat.
        images : ndarray of shape (n_samples, height, width), uint8
            The same pixels, 0 to 255: ORL 56 x 46, or 64 x 64 from scikit-learn;
            Yale 100 x 80.
        target : ndarray of shape (n_samples,), int64
            Numbers of the people.
        target_names : ndarray of shape (n_people,)
            "person 0" and so on.
        DESCR : str
            Description and source.

    (data, target) : tuple if ``return_X_y=True``
        The two arrays.

    Raises
    ------
    FileNotFoundError
        If the file is nowhere and could not be downloaded.
    ValueError
        If the file is damaged.

    Examples
    --------
    >>> from sknets.datasets import load_faces
    >>> faces = load_faces("yale", subset="train")  # doctest: +SKIP
    >>> faces.images.shape  # doctest: +SKIP
    (90, 100, 80)
    """
    file = f"{name}_faces.npz"
    path = find(file, data_home)
    if path is not None:
        images, labels = read_images(path, "x", "y")
    elif name == "orl":
        images, labels = _ORL.fetch(
            lambda: _olivetti_faces(download_if_missing), data_home, allowed=True
        )
    else:
        raise _YALE.missing(data_home, "neither Keras nor scikit-learn has them")
    n_people = int(labels.max()) + 1
    if subset != "all":
        for_training = _rank_within_class(labels) < _TRAINING_FACES[name]
        rows = for_training if subset == "train" else ~for_training
        images, labels = images[rows], labels[rows]
    names = np.array([f"person {number}" for number in range(n_people)])
    return _image_bunch(images, labels, names, _FACES_DESCR[name], return_X_y)


def _olivetti_faces(download_if_missing: bool) -> Images:
    from sklearn.datasets import fetch_olivetti_faces

    # Without a download it still finds what it has downloaded before.
    faces = fetch_olivetti_faces(download_if_missing=download_if_missing)
    # They are bytes that scikit-learn has divided by the greatest.
    return np.rint(faces.images * 255).astype(np.uint8), faces.target


def _rank_within_class(labels: np.ndarray) -> np.ndarray:
    """Number of earlier rows with the same label, for each row."""
    same = labels[:, np.newaxis] == labels
    return np.tril(same, -1).sum(axis=1)


# --- IMDB ----------------------------------------------------------------------------

_IMDB_DESCR = """\
IMDB movie reviews: 25 000 raw English texts to train on and 25 000 to test on, half
of them negative (0), half positive (1); the negative ones come first.

A. Maas, R. Daly, P. Pham, D. Huang, A. Ng and C. Potts, "Learning word vectors for
sentiment analysis", ACL 2011. https://ai.stanford.edu/~amaas/data/sentiment/
"""
_IMDB_ARCHIVE = "aclImdb_v1.tar.gz"
_IMDB_URL = f"https://ai.stanford.edu/~amaas/data/sentiment/{_IMDB_ARCHIVE}"
_IMDB_MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
_IMDB = Source(
    "load_imdb",
    f"imdb_train.tsv.xz and imdb_test.tsv.xz, aclImdb or {_IMDB_ARCHIVE}",
    f"where keras.utils.get_file(origin={_IMDB_URL!r}) puts it",
    "through Keras, with a network",
)


@validate_params(_PARAMETERS, prefer_skip_nested_validation=True)
def load_imdb(
    *, subset="train", data_home=None, download_if_missing=True, return_X_y=False
):
    r"""Load the IMDB movie reviews as raw text (classification).

    Looked for in `data_home`, then in Keras' download cache, are: ``imdb_train.tsv.xz``
    and ``imdb_test.tsv.xz`` with a label (0 or 1), a tab and a review on each line;
    the folder ``aclImdb`` of the data set's authors; and their archive
    ``aclImdb_v1.tar.gz``, which Keras then downloads into that cache.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which reviews to load; "all" is those to train on followed by those to test on.
    data_home : str or path-like, default=None
        Folder of the file. None is the environment variable ``SKNETS_DATA``, if set.
    download_if_missing : bool, default=True
        Whether to download what is not found; needs TensorFlow and a network.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the attributes:

        data : list of str, of length n_samples
            The reviews with their ``<br />`` marks.
        target : ndarray of shape (n_samples,), int64
            0 for negative, 1 for positive.
        target_names : list of str
            "negative" and "positive".
        DESCR : str
            Description and source.

    (data, target) : tuple if ``return_X_y=True``
        The list and the array.

    Raises
    ------
    FileNotFoundError
        If the files are nowhere and could not be downloaded.
    ValueError
        If a file is damaged.

    Notes
    -----
    The file ``imdb.npz`` of ``keras.datasets.imdb`` is not read: it holds pickled lists
    of word numbers, from which punctuation and case are gone. What
    ``keras.datasets.imdb.load_data`` returns can be given to
    :class:`~sknets.TextPoolClassifier` as it is.

    Examples
    --------
    >>> from sknets.datasets import load_imdb
    >>> reviews = load_imdb(subset="test")  # doctest: +SKIP
    >>> len(reviews.data), reviews.target_names  # doctest: +SKIP
    (25000, ['negative', 'positive'])
    """
    texts: list[str] = []
    labels: list[int] = []
    for part in _parts(subset):
        path, read = _find_imdb(part, data_home)
        if path is None:
            path = _IMDB.fetch(_download_imdb, data_home, download_if_missing)
        more = read(path, part)
        if set(more[1]) != {0, 1}:
            raise damaged(path, f"it has no {part} reviews of both labels")
        texts += more[0]
        labels += more[1]
    target = np.array(labels, np.int64)
    if return_X_y:
        return texts, target
    return Bunch(
        data=texts,
        target=target,
        target_names=["negative", "positive"],
        DESCR=_IMDB_DESCR,
    )


def _find_imdb(
    part: str, data_home: Any
) -> tuple[Path | None, Callable[[Path, str], Reviews]]:
    """Path of one of the known forms of the data, and the function that reads it."""
    forms: dict[str, Callable[[Path, str], Reviews]] = {
        f"imdb_{part}.tsv.xz": read_lines,
        "aclImdb": read_folder,
        # Where versions of Keras put it when they extract the archive.
        "aclImdb_v1_extracted/aclImdb": read_folder,
        "aclImdb_v1/aclImdb": read_folder,
        _IMDB_ARCHIVE: read_archive,
    }
    for folder in folders(data_home):
        for name, read in forms.items():
            if (folder / name).exists():
                return folder / name, read
    return None, read_archive


def _download_imdb() -> Path:
    from .._tensorflow import keras

    path = keras.utils.get_file(
        _IMDB_ARCHIVE, _IMDB_URL, file_hash=_IMDB_MD5, hash_algorithm="md5"
    )
    return Path(path)


# --- What the loaders share ----------------------------------------------------------


def _parts(subset: str) -> tuple[str, ...]:
    return ("train", "test") if subset == "all" else (subset,)


def _image_bunch(
    images: np.ndarray,
    labels: np.ndarray,
    target_names: np.ndarray,
    descr: str,
    return_X_y: bool,
) -> Any:
    data, target = images.reshape(len(images), -1), labels.astype(np.int64)
    if return_X_y:
        return data, target
    return Bunch(
        data=data, images=images, target=target, target_names=target_names, DESCR=descr
    )
