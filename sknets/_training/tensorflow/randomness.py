"""Random numbers inside a compiled program, cheap on a CPU.

TensorFlow's stateless generator is scalar code on a CPU: with it, an epoch of a
compiled dense network takes 17 times as long. A counter-based integer hash is a few
vector instructions a value instead, and costs about 15 % of the epoch. Each number is
``hash(key of the step and layer, position)``: no state, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# Golden-ratio increment of a Weyl sequence; see Steele, Lea and Flood, "Fast
# splittable pseudorandom number generators", 2014.
WEYL = 0x9E3779B9


def _u32(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)


def mix(x: tf.Tensor) -> tf.Tensor:
    """Mix the bits of 32-bit integers.

    The constants are those of the hash function prospector's search for low bias
    (Wellons, "Prospecting for hash functions", 2018): every input bit changes each
    output bit with a probability within 0.2 % of one half.
    """
    shift, xor = tf.bitwise.right_shift, tf.bitwise.bitwise_xor
    x = xor(x, shift(x, _u32(16))) * _u32(0x21F0AAAD)
    x = xor(x, shift(x, _u32(15))) * _u32(0xD35A2D97)
    return xor(x, shift(x, _u32(15)))


def key_of_stream(key: tf.Tensor, stream: int) -> tf.Tensor:
    """Key of one use within a step, such as a layer, from the uint32 of the step."""
    return mix(key + _u32((stream + 1) * WEYL & 0xFFFFFFFF))


def _bits(own_key: tf.Tensor, shape: Any) -> tf.Tensor:
    """Uniform 32-bit integers of a shape, which may be a tensor."""
    count = tf.reduce_prod(shape)
    position = tf.reshape(tf.cast(tf.range(count), tf.uint32), shape)
    return mix(position * _u32(WEYL) + own_key)


def _uniform(own_key: tf.Tensor, shape: Any) -> tf.Tensor:
    bits = tf.bitwise.right_shift(_bits(own_key, shape), _u32(8))
    return tf.cast(bits, tf.float32) * 2.0**-24


def random_uniform(key: tf.Tensor, stream: int, shape: Any) -> tf.Tensor:
    """Uniform float32 in [0, 1), of 24 bits, which a float32 holds exactly."""
    return _uniform(key_of_stream(key, stream), shape)


def factors_at(shape: Any, rate: tf.Tensor, own_key: tf.Tensor) -> tf.Tensor:
    """Zeros with probability `rate`, and else ``1 / (1 - rate)``.

    The first values of a longer vector are those of a shorter one.
    """
    return tf.where(_uniform(own_key, shape) >= rate, 1.0 / (1.0 - rate), 0.0)


def dropout_factors(shape: Any, rate: tf.Tensor, key: tf.Tensor, stream: int) -> Any:
    """Factors of dropout for values of a shape; `stream` tells the layers apart."""
    return factors_at(shape, rate, key_of_stream(key, stream))


def dropout(
    x: Any,
    rate: tf.Tensor,
    key: tf.Tensor,
    stream: int,
    factors: Callable[..., Any] = dropout_factors,
) -> Any:
    """Inverted dropout; `factors` may be a compiled `dropout_factors`."""
    return x * factors(tuple(x.shape), rate, key, stream)
