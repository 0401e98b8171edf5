"""The training engine: all training of all estimators goes through `loop.train`.

``loop`` runs epochs; ``arrays`` and ``tokens`` run one epoch on features and on token
counts; ``program`` compiles and keeps the programs that they call. Importing any of
them imports TensorFlow, so the estimators do it inside `fit`; ``optimizers`` and
``schedule`` alone are light.
"""
