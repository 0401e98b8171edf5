"""The version of sknets, which stored estimators carry."""

__version__ = "0.1.0"
