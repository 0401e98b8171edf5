"""The training engine: all training of all estimators goes through `loop.train`.

``loop`` runs the epochs. One epoch is run by ``arrays`` (features and pixels, in a
program that ``program`` compiles and keeps), by ``tokens`` (counts of tokens), or by
``small`` (dense networks that numpy has trained before a program would be compiled).
TensorFlow is imported with ``arrays`` and ``tokens``, once a fit needs them.
"""
