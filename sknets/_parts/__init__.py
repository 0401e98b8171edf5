"""Rows in parts, which `fit` reads one after the other, again in each epoch."""

from .base import Part, Parts
from .kinds import as_parts

__all__ = ["Part", "Parts", "as_parts"]
