"""Rows in parts, which `fit` reads one after the other, again in each epoch."""

from .base import Part, Parts, Prepare
from .kinds import as_parts

__all__ = ["Part", "Parts", "Prepare", "as_parts"]
