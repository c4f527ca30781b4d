"""What training is fed with when Keras's own shuffling is not enough."""

from collections.abc import Callable

import keras
import numpy as np

Augment = Callable[..., np.ndarray]


class AugmentedDigits(keras.utils.PyDataset):
    """Batches in a new order, with new variations of every image, in each epoch.

    Order and variations follow from seed and epoch alone, whatever happened before.
    """

    def __init__(self, x, y, *, batch_size: int, augment: Augment | None, seed: int):
        super().__init__()
        self.x, self.y, self.batch_size = x, np.asarray(y), batch_size
        self.augment, self.seed = augment, seed
        self.begin_epoch(0)

    def __len__(self) -> int:
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images, labels = self.x[rows], self.y[rows]
        if self.augment is not None:
            images = self.augment(images, seed=(self.seed, self.epoch, index))
        return images, labels

    def begin_epoch(self, epoch: int) -> None:
        """Shuffle as for this epoch, counted from 0."""
        self.epoch = epoch
        self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.x))

    def on_epoch_end(self) -> None:
        """Go on to the next epoch; Keras calls this."""
        self.begin_epoch(self.epoch + 1)
