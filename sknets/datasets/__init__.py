"""Loaders for the data sets of the examples, as scikit-learn's loaders return them."""

from ._loaders import load_faces, load_imdb, load_mnist

__all__ = ["load_faces", "load_imdb", "load_mnist"]
