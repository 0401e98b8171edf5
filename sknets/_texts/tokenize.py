"""From whatever a user calls texts to a list of documents and to their tokens."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import (
    strip_accents_ascii,
    strip_accents_unicode,
)

from .._containers import refuse_streams

WORD_PATTERN = r"(?u)\b\w\w+\b"

# Patterns whose words are the runs of word characters of at least one or two: no
# regular expression is needed to find them.
_SHORTEST_RUN = {
    WORD_PATTERN: 2,
    r"\b\w\w+\b": 2,
    r"(?u)\b\w+\b": 1,
    r"\b\w+\b": 1,
    r"(?u)\w+": 1,
    r"\w+": 1,
}

_WHITESPACE_RUN = re.compile(r"\s\s+")


def as_texts(X: Any) -> list:
    """Return documents as a list, whatever container they came in.

    Parameters
    ----------
    X : list, ndarray, Series or one-column frame
        Of pandas, polars, pyarrow, xarray and the like; not a generator or a lazy
        collection of Dask. One string per document; or, for text that is numbered
        already, one sequence of integers per document (the shape of
        ``keras.datasets.imdb``), or a two-dimensional integer array.

    Returns
    -------
    documents : list of str, or list of int64 ndarray
        One entry per document.

    Raises
    ------
    TypeError
        If a document is neither a string nor a sequence of integers, or `X` gives its
        documents one by one or on demand only.
    ValueError
        If `X` is one bare string, has no documents, has more than one column, or
        contains missing values.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets._texts.tokenize import as_texts
    >>> as_texts(np.array([["good"], ["bad"]]))
    ['good', 'bad']
    >>> as_texts([[1, 14, 22], [1]])
    [array([ 1, 14, 22]), array([1])]
    """
    documents = _listed(X)
    if not documents:
        raise ValueError(
            "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is "
            "required: expected at least one document."
        )
    types = set(map(type, documents))
    if all(issubclass(kind, str) for kind in types):
        return documents
    if all(issubclass(kind, list | tuple | np.ndarray) for kind in types):
        return [_as_numbers(document, i) for i, document in enumerate(documents)]
    numbered = issubclass(type(documents[0]), list | tuple | np.ndarray)
    expected = (list, tuple, np.ndarray) if numbered else str
    row = next(i for i, doc in enumerate(documents) if not isinstance(doc, expected))
    raise _invalid_document(documents[row], row)


def _listed(X: Any) -> list:
    """Return the documents of any supported container as a list."""
    if isinstance(X, str | bytes | bytearray):
        raise ValueError(
            "Iterable over raw text documents expected, "
            f"{'string' if isinstance(X, str) else 'bytes'} object received: "
            "wrap a single document in a list, [text]."
        )
    refuse_streams(X, "a list of strings")
    if hasattr(X, "columns") and hasattr(X, "shape"):
        X = _single_column(X)
    if isinstance(X, np.ndarray):
        return _listed_array(X)
    for method in ("to_list", "tolist", "to_pylist"):  # pandas, polars, pyarrow
        if hasattr(X, method):
            return list(getattr(X, method)())
    if hasattr(X, "__array__") and not _is_sparse(X):  # xarray, tensors
        return _listed_array(np.asarray(X))
    if not isinstance(X, Iterable) or isinstance(X, Mapping | Set) or _is_sparse(X):
        raise TypeError(
            "Iterable over raw text documents expected, such as a list of strings, "
            f"got {type(X).__name__}." + (_NO_VECTORIZER if _is_sparse(X) else "")
        )
    return list(X)


_NO_VECTORIZER = (
    " N-grams are counted here: leave out the vectorizer before it, and pass its "
    "ngram_range, min_df and the like."
)


def _is_sparse(X: Any) -> bool:
    return hasattr(X, "tocsr")


def _single_column(frame: Any) -> Any:
    """Return the only column of a frame of pandas or polars or a table of pyarrow."""
    if frame.shape[1] != 1:
        raise ValueError(
            "Expected texts in a Series or a frame with one column, got a frame of "
            f"shape {tuple(frame.shape)}: pass the text column alone."
        )
    if hasattr(frame, "iloc"):
        return frame.iloc[:, 0]
    return frame.to_series() if hasattr(frame, "to_series") else frame.column(0)


def _listed_array(X: np.ndarray) -> list:
    if X.ndim == 2 and X.dtype.kind in "iu":
        return list(X)
    if X.ndim == 2 and X.shape[1] == 1 and X.dtype.kind not in "biufc":
        X = X[:, 0]
    if X.ndim != 1:
        raise ValueError(
            "Expected texts in a one-dimensional array or in one column, got an "
            f"array of shape {X.shape} and dtype {X.dtype}."
            + (_NO_VECTORIZER if X.ndim == 2 and X.dtype.kind == "f" else "")
        )
    return X.tolist()


def _as_numbers(document: Any, row: int) -> np.ndarray:
    """Return one document of token numbers as an int64 array."""
    if len(document) == 0:
        return np.empty(0, np.int64)
    numbers = np.asarray(document)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TypeError(
            "Expected every document to be a string or a sequence of integers, got "
            f"{document!r:.60} in row {row}. Text that is split already is passed "
            "as strings together with a tokenizer."
        )
    return numbers.astype(np.int64, copy=False)


def _invalid_document(document: Any, row: int) -> Exception:
    """Return the exception for a document of the wrong type."""
    missing = (
        document is None
        or (isinstance(document, float) and document != document)
        or type(document).__name__ in ("NAType", "NaTType")
    )
    if missing:
        name = "np.nan" if isinstance(document, float) else str(document)
        return ValueError(
            f"{name} is an invalid document, expected unicode string: row {row} is "
            "missing. Drop such rows or fill them with an empty string first."
        )
    if isinstance(document, bytes | bytearray):
        return TypeError(
            f"bytes are an invalid document, expected unicode string: row {row} is "
            f"{bytes(document)!r:.60}. Decode it first, with .decode('utf-8')."
        )
    return TypeError(
        f"{document!r:.60} is an invalid document, expected unicode string: row {row} "
        f"is of type {type(document).__name__}."
    )


def preparation(
    lowercase: bool, strip_accents: Any, preprocessor: Callable | None
) -> Callable[[str], str] | None:
    """What is done to a text before it is split, as ``CountVectorizer`` does it.

    None where nothing is left to do: lower case alone is faster while splitting.
    """
    if preprocessor is not None:
        return _to_string(preprocessor, "preprocessor")
    if strip_accents is None:
        return None
    strip = _STRIP_ACCENTS.get(strip_accents)
    if strip is None:
        strip = _to_string(strip_accents, "function in strip_accents")
    if lowercase:
        return lambda text: strip(text.lower())
    return strip


_STRIP_ACCENTS = {"ascii": strip_accents_ascii, "unicode": strip_accents_unicode}


def shortest_run(token_pattern: str | None, tokenizer: Callable | None) -> int | None:
    r"""Fewest characters of a word, where words are runs of word characters.

    None where they are not, or a pattern is not known to find these.

    Examples
    --------
    >>> from sknets._texts.tokenize import shortest_run
    >>> shortest_run(r"\b\w\w+\b", None)
    2
    """
    if tokenizer is not None or token_pattern is None:
        return None
    return _SHORTEST_RUN.get(token_pattern)


def word_splitter(
    lowercase: bool, token_pattern: str | None, tokenizer: Callable | None
) -> Callable[[str], list[str]]:
    r"""Return a function from a document to its words, as ``CountVectorizer`` has them.

    Parameters
    ----------
    lowercase : bool
        Convert each document to lower case first.
    token_pattern : str or None
        Regular expression of a word, with at most one capturing group.
    tokenizer : callable or None
        Function from a document to its words, in place of `token_pattern`.

    Returns
    -------
    split : callable
        Function from str to list of str.

    Raises
    ------
    ValueError
        If `token_pattern` is no regular expression or has more than one capturing
        group.

    Examples
    --------
    >>> from sknets._texts.tokenize import word_splitter
    >>> word_splitter(True, r"\w+|[!?]", None)("So good!")
    ['so', 'good', '!']
    """
    find = _pattern_finder(token_pattern) if tokenizer is None else _checked(tokenizer)
    if lowercase:
        return lambda text: find(text.lower())
    return find


def _pattern_finder(token_pattern: str | None) -> Callable[[str], list]:
    if token_pattern is None:
        raise ValueError("token_pattern=None needs a tokenizer, got tokenizer=None.")
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(
            f"token_pattern={token_pattern!r} is no regular expression: {error}."
        ) from None
    if pattern.groups > 1:
        raise ValueError(
            "More than 1 capturing group in token pattern. Only a single group "
            "should be captured."
        )
    return pattern.findall


# A function as analyzer comes here, too.
_TOKENIZER = "tokenizer or function in analyzer"


def _checked(tokenizer: Callable) -> Callable[[str], list]:
    """Return the tokenizer with a check that it gives words."""
    split = _blamed(tokenizer, _TOKENIZER)

    def find(text: str) -> list:
        words = split(text)
        # A string would be taken for the list of its characters.
        if isinstance(words, str) or not isinstance(words, Iterable):
            raise TypeError(
                f"The {_TOKENIZER} must return a list of words (str); it gave "
                f"{words!r:.60} for the text {text!r:.60}."
            )
        words = list(words)
        other = next((word for word in words if not isinstance(word, str)), None)
        if other is not None:
            raise TypeError(
                f"The {_TOKENIZER} must return words of type str; it gave "
                f"{other!r:.60} ({type(other).__name__}) among those of the text "
                f"{text!r:.60}."
            )
        return words

    return find


def _to_string(function: Callable[[str], Any], name: str) -> Callable[[str], str]:
    """Return the user's function with a check that it gives a string."""
    change = _blamed(function, name)

    def call(text: str) -> str:
        changed = change(text)
        if not isinstance(changed, str):
            raise TypeError(
                f"The {name} must return a string; it gave {changed!r:.60} for the "
                f"text {text!r:.60}."
            )
        return changed

    return call


def _blamed(function: Callable[[str], Any], name: str) -> Callable[[str], Any]:
    """Return the user's function with errors that say where they come from."""

    def call(text: str) -> Any:
        try:
            return function(text)
        except Exception as error:
            raise ValueError(
                f"The {name} raised {type(error).__name__} for the text "
                f"{text!r:.60}: {error}"
            ) from error

    return call


def character_codes(
    texts: list[str], analyzer: str, lowercase: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the code points of documents as ``CountVectorizer`` sees them.

    Parameters
    ----------
    texts : list of str
        The documents.
    analyzer : {"char", "char_wb"}
        With "char", runs of white space become one space, and each document is
        one segment. With "char_wb" each word is a segment of its own, between
        two spaces.
    lowercase : bool
        Convert to lower case first.

    Returns
    -------
    codes : ndarray of shape (n_characters,), uint32
        Code points of all documents, one after the other.
    segment_lengths : ndarray of shape (n_segments,)
        Number of characters of each segment.
    n_segments : ndarray of shape (n_documents,)
        Number of segments of each document.

    Examples
    --------
    >>> from sknets._texts.tokenize import character_codes
    >>> codes, lengths, counts = character_codes(["an ox"], "char_wb", True)
    >>> "".join(map(chr, codes)), lengths, counts
    (' an  ox ', array([4, 4]), array([2]))
    """
    if lowercase:
        texts = [text.lower() for text in texts]
    if analyzer == "char":
        texts = [_WHITESPACE_RUN.sub(" ", text) for text in texts]
        lengths = np.fromiter(map(len, texts), np.intp, len(texts))
        counts = np.ones(len(texts), np.intp)
    else:
        words = [text.split() for text in texts]
        counts = np.fromiter(map(len, words), np.intp, len(words))
        flat = [word for document in words for word in document]
        lengths = np.fromiter(map(len, flat), np.intp, len(flat)) + 2
        texts = [f" {'  '.join(flat)} "] if flat else []
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, "<u4"), lengths, counts
