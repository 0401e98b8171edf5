"""What runs in TensorFlow, which is imported quietly before anything here is."""

from ... import _tensorflow as _tensorflow
