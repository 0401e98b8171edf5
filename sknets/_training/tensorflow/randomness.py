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


def random_bits(key: tf.Tensor, stream: int, shape: Any) -> tf.Tensor:
    """Uniform 32-bit integers of a shape, which may be a tensor.

    `key` is the scalar uint32 of the step; `stream` tells the uses within one step
    apart, such as the layers.
    """
    own_key = mix(key + _u32((stream + 1) * WEYL & 0xFFFFFFFF))
    count = tf.reduce_prod(shape)
    position = tf.reshape(tf.cast(tf.range(count), tf.uint32), shape)
    return mix(position * _u32(WEYL) + own_key)


def random_uniform(key: tf.Tensor, stream: int, shape: Any) -> tf.Tensor:
    """Uniform float32 in [0, 1), of 24 bits, which a float32 holds exactly."""
    bits = random_bits(key, stream, shape)
    return tf.cast(tf.bitwise.right_shift(bits, _u32(8)), tf.float32) * 2.0**-24


def dropout_factors(shape: Any, rate: tf.Tensor, key: tf.Tensor, stream: int) -> Any:
    """Return zeros with probability `rate`, and else ``1 / (1 - rate)``."""
    uniform = random_uniform(key, stream, shape)
    return tf.where(uniform >= rate, 1.0 / (1.0 - rate), 0.0)


def dropout(
    x: Any,
    rate: tf.Tensor,
    key: tf.Tensor,
    stream: int,
    factors: Callable[..., Any] = dropout_factors,
) -> Any:
    """Inverted dropout; `factors` may be a compiled `dropout_factors`."""
    return x * factors(tuple(x.shape), rate, key, stream)
