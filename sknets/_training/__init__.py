"""The training engine: all training of all estimators goes through `loop.train`.

``loop`` runs the epochs. One epoch is run by ``tensorflow/trainer`` (features and
pixels, in a program that ``tensorflow/program`` compiles and keeps), by
``text_trainer`` (counts of tokens), or by ``dense_trainer`` (dense networks that NumPy
has trained before a program would be compiled). Keras models of one's own go through
``keras_training``. TensorFlow is imported with ``tensorflow``, once a fit needs it.
"""
