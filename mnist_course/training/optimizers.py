"""Muon for convolutions."""

import math

import keras


@keras.saving.register_keras_serializable(package="mnist_course")
class ConvMuon(keras.optimizers.Muon):
    """Muon for the kernels of convolutions, AdamW for all else.

    Muon makes each step of a weight matrix orthogonal, so that no direction in it is learned
    much faster than another. Keras's own leaves convolutions to AdamW, for their kernels have
    four axes; here a kernel of shape (height, width, channels, filters) counts as a matrix of
    height x width x channels rows and ``filters`` columns. The first convolution (one channel)
    and depthwise ones (one filter per channel) have no such matrix and stay with AdamW, as do
    dense layers, biases and batch normalisation.

    Takes what ``keras.optimizers.Muon`` takes. Its learning rate fits AdamW too, for the steps
    are scaled to AdamW's size.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the
    scale is of Liu et al., "Muon is scalable for LLM training", 2025.
    """

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        return len(variable.shape) != 4 or min(variable.shape[-2:]) == 1

    def _muon_update_step(self, gradient, variable, lr, m) -> None:
        shape = variable.shape
        matrix = (math.prod(shape[:-1]), shape[-1])
        self.assign(m, gradient + self.momentum * m)
        step = gradient + self.momentum * m if self.nesterov else m
        step = self.zeropower_via_newtonschulz5(keras.ops.reshape(step, matrix), self.ns_steps)
        self.assign_sub(variable, keras.ops.reshape(self.lr_adjust(lr * step), shape))
