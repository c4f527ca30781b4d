import numpy as np

from mnist_course.training.batches import AugmentedDigits


def test_augmented_batches_cover_every_digit_once_per_epoch():
    batches = AugmentedDigits(
        np.arange(10), np.arange(10), batch_size=4, augment=lambda x, seed: x, seed=0
    )
    epochs = []
    for _ in range(2):
        epochs.append(np.concatenate([x for x, y in batches if np.array_equal(x, y)]).tolist())
        batches.on_epoch_end()
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1]


def test_every_batch_is_augmented_with_a_seed_of_its_own():
    batches = AugmentedDigits(
        np.zeros(10), np.zeros(10), batch_size=4, augment=lambda x, seed: [seed], seed=5
    )
    seeds = []
    for _ in range(2):
        seeds += [x[0] for x, _ in batches]
        batches.on_epoch_end()
    assert seeds == [(5, epoch, batch) for epoch in range(2) for batch in range(3)]


def test_batches_of_an_epoch_do_not_depend_on_what_came_before():
    def batches():
        data = np.arange(10)
        return AugmentedDigits(data, data, batch_size=4, augment=None, seed=3)

    one, other = batches(), batches()
    one.on_epoch_end()
    one.on_epoch_end()
    other.begin_epoch(2)
    assert [x.tolist() for x, _ in one] == [x.tolist() for x, _ in other]
