"""To ONNX, and to scikeras and from it with labels.

scikeras is imported within functions alone: importing it changes how Keras models are
pickled, for the whole process.
"""

from ._from_scikeras import from_scikeras
from ._onnx import to_onnx, token_weights
from ._to_scikeras import to_scikeras, token_numbers

__all__ = [
    "from_scikeras",
    "to_onnx",
    "to_scikeras",
    "token_numbers",
    "token_weights",
]
