"""Day 15: a filter for edges, the size of a map, blame for a shared weight."""

import numpy as np

from .engine import Exercise, NotYet, require, require_shape
from .suspects import Case, judge, number

# --- 15.1 ------------------------------------------------------------------------------------

vertical_edge = [[-1 / 3, 0, 1 / 3], [-1 / 3, 0, 1 / 3], [-1 / 3, 0, 1 / 3]]

_COLUMNS = {  # what lies in the three columns of the window, and the answer that is asked for
    "paper on the left, ink in the middle and on the right": ((0, 1, 1), 1),
    "paper on the left and in the middle, ink on the right": ((0, 0, 1), 1),
    "ink on the left, paper in the middle and on the right": ((1, 0, 0), -1),
    "ink on the left and in the middle, paper on the right": ((1, 1, 0), -1),
    "plain paper": ((0, 0, 0), 0),
    "plain ink": ((1, 1, 1), 0),
}
_ROWS = {
    "paper above, ink below": (0, 1, 1),
    "ink in the lowest row only": (0, 0, 1),
    "ink above, paper below": (1, 0, 0),
}
_WINDOWS = [(name, np.tile(row, (3, 1)), wanted) for name, (row, wanted) in _COLUMNS.items()]
_WINDOWS += [(name, np.tile(row, (3, 1)).T, 0) for name, row in _ROWS.items()]


def _check_vertical_edge(answer):
    if isinstance(answer, str) or callable(answer):
        raise NotYet("a filter is three rows of three numbers, such as [[1, 2, 3], [...], [...]]")
    require_shape(answer, (3, 3), what="the filter, three rows of three weights,")
    weights = np.asarray(answer, float)
    found = np.array([(window * weights).sum() for _, window, _ in _WINDOWS])
    wanted = np.array([wanted for _, _, wanted in _WINDOWS], float)
    if np.allclose(found, wanted, atol=1e-3):
        return
    times = found[0]
    if times > 0 and np.allclose(found, times * wanted, atol=1e-3):
        raise NotYet(f"the right answers, all times {times:.3g}: divide each weight by that")
    if times < 0 and np.allclose(found, times * wanted, atol=1e-3):
        raise NotYet("the sides are exchanged: ink on the right should give 1, not a minus")
    turned = np.array([(window.T * weights).sum() for _, window, _ in _WINDOWS])
    across = turned[0] and np.allclose(turned, turned[0] * wanted, atol=1e-3)
    require(not across, "that filter finds edges that run from left to right: turn it")
    worst = np.flatnonzero(~np.isclose(found, wanted, atol=1e-3))[0]
    raise NotYet(
        f"with {_WINDOWS[worst][0]}, the answer should be {wanted[worst]:g}, yours is "
        f"{found[worst]:.3g}"
    )


_SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
_PREWITT = np.array([[-1, 0, 1]] * 3)

# --- 15.2 ------------------------------------------------------------------------------------


def output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) // stride + 1


_SIZES = [
    Case(f"output_size(size={s}, kernel_size={k}, stride={t}, padding={p})", (s, k, t, p))
    for s, k, t, p in (
        *((7, 3, 1, 0), (7, 3, 2, 0), (28, 3, 1, 0), (28, 3, 1, 1), (28, 5, 2, 0)),
        *((28, 5, 2, 2), (10, 3, 3, 0), (28, 2, 2, 0), (11, 4, 3, 1), (3, 3, 1, 0)),
        (8, 3, 3, 0),
    )
]


def _check_output_size(answer):
    judge(answer, output_size, _SIZES, slips=_SIZE_SLIPS, form=number, within=1e-9)


def _rounded_up(size, kernel_size, stride, padding):
    return -((kernel_size - size - 2 * padding) // stride) + 1


def _rounded(size, kernel_size, stride, padding):
    return round((size + 2 * padding - kernel_size) / stride + 1)


def _one_side(size, kernel_size, stride, padding):
    return (size + padding - kernel_size) // stride + 1


def _without_one(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) // stride


def _no_padding(size, kernel_size, stride, padding):
    return (size - kernel_size) // stride + 1


def _no_stride(size, kernel_size, stride, padding):
    return size + 2 * padding - kernel_size + 1


def _fractions(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) / stride + 1


def _one_inside(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size + 1) // stride


def _like_same(size, kernel_size, stride, padding):
    return -(-size // stride)


_SIZE_SLIPS = (
    (_rounded_up, "a last place that does not fit inside is left out: round down"),
    (_rounded, "a last place that does not fit inside is left out: round down, do not round"),
    (_one_side, "padding lies on both ends of a side"),
    (_without_one, "the first place counts too: steps are one fewer than places"),
    (_no_padding, "padding makes the side longer"),
    (_no_stride, "the stride leaves out places"),
    (_fractions, "places are whole: the last one fits, or it does not"),
    (_one_inside, "the + 1 belongs behind the division: it counts the first place"),
    (_like_same, "that is the size for padding='same'; here the padding is given"),
)


def _count_places(size, kernel_size, stride, padding):
    return len(range(-padding, size + padding - kernel_size + 1, stride))


def _by_floor(size, kernel_size, stride, padding):
    return np.floor((size - kernel_size + 2 * padding) / stride) + 1


def _by_keras(size, kernel_size, stride, padding):
    from keras import layers

    layer = layers.Conv1D(1, kernel_size, strides=stride)
    return layer.compute_output_shape((None, size + 2 * padding, 1))[1]


# --- 15.3 ------------------------------------------------------------------------------------


def filter_slopes(image, blame):
    height = image.shape[0] - blame.shape[0] + 1
    width = image.shape[1] - blame.shape[1] + 1
    slopes = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            under = image[row : row + blame.shape[0], column : column + blame.shape[1]]
            slopes[row, column] = (under * blame).sum()
    return slopes


def _by_nudging(image, blame):
    """What ``check`` compares with: move each weight by 1 and see what the sums cost."""
    shape = np.subtract(image.shape, blame.shape) + 1
    slopes = np.zeros(shape)
    for place in np.ndindex(*shape):
        nudged = np.zeros(shape)
        nudged[place] = 1
        slopes[place] = (_slide(image, nudged) * blame).sum()
    return slopes


def _slide(image, weights):
    rows, columns = np.subtract(image.shape, weights.shape) + 1
    height, width = weights.shape
    return np.array(
        [
            [(image[r : r + height, c : c + width] * weights).sum() for c in range(columns)]
            for r in range(rows)
        ]
    )


def _case(seed, rows, columns, size):
    rng = np.random.default_rng(seed)
    image = rng.uniform(0, 1, (rows, columns)).round(2)
    blame = rng.normal(0, 1, (rows - size + 1, columns - size + 1)).round(2)
    places = " × ".join(map(str, blame.shape))
    return Case(f"an image of {rows} × {columns}, blame for {places} places", (image, blame))


_PICTURES = (_case(1, 4, 4, 3), _case(2, 6, 6, 2), _case(3, 7, 5, 3), _case(4, 9, 9, 5))


def _check_filter_slopes(answer):
    judge(answer, _by_nudging, _PICTURES, slips=_SLOPE_SLIPS, form=_array, within=1e-4)


def _array(found, case):
    image, blame = case.arguments
    shape = tuple(int(n) for n in np.subtract(image.shape, blame.shape) + 1)
    require_shape(found, shape, what=f"{case.shown}: the slopes, one for each weight,")
    return np.asarray(found, float)


def _flipped(image, blame):
    return filter_slopes(image, blame[::-1, ::-1])


def _backwards(image, blame):
    return filter_slopes(image, blame)[::-1, ::-1]


def _mean_of_places(image, blame):
    return filter_slopes(image, blame) / blame.size


def _blame_alone(image, blame):
    return 0 * filter_slopes(image, blame) + blame.sum()


def _uphill(image, blame):
    return -filter_slopes(image, blame)


def _transposed(image, blame):
    return filter_slopes(image, blame).T


def _pixels_alone(image, blame):
    return filter_slopes(image, np.ones_like(blame))


def _first_place_only(image, blame):
    height, width = np.subtract(image.shape, blame.shape) + 1
    return image[:height, :width] * blame[0, 0]


def _the_last_place(image, blame):
    height, width = np.subtract(image.shape, blame.shape) + 1
    return image[-height:, -width:] * blame[-1, -1]


def _map_of_blame(image, blame):
    return image[: blame.shape[0], : blame.shape[1]] * blame


_SLOPE_SLIPS = (
    (_flipped, "blame was turned by half a turn: each place's blame meets its own window"),
    (_backwards, "the slopes stand in reverse order: the first belongs to the upper left weight"),
    (_mean_of_places, "paths to the loss are added, not averaged"),
    (_blame_alone, "each blame counts times the pixel that lies under the weight there"),
    (_uphill, "every sign is turned"),
    (_transposed, "rows and columns are exchanged"),
    (_pixels_alone, "each pixel counts times the blame of its place"),
    (_the_last_place, "every place adds to the slopes; yours keep what the last one said"),
    (_first_place_only, "the weight takes part at every place, not only at the first"),
)


def _by_windows(image, blame):
    windows = np.lib.stride_tricks.sliding_window_view(image, blame.shape)
    return np.einsum("abrc,rc->ab", windows, blame)


def _by_scipy(image, blame):
    from scipy.signal import correlate2d

    return correlate2d(image, blame, mode="valid")


def _adding_windows(image, blame):
    height, width = np.subtract(image.shape, blame.shape) + 1
    slopes = np.zeros((height, width), np.float32)
    for row, column in np.ndindex(*blame.shape):
        slopes += blame[row, column] * image[row : row + height, column : column + width]
    return slopes


def _as_lists(image, blame):
    return filter_slopes(image, blame).tolist()


def _slid_over_the_image(image, blame):
    return _slide(image, blame)


EXERCISES = (
    Exercise(
        id="15.1",
        title="a filter for vertical edges",
        solution=vertical_edge,
        reason="The left column counts against and the right one for; the middle does not matter, "
        "so its weights are 0. On plain ink the two sides cancel, and on an edge from left to "
        "right each row cancels on its own. Three weights of 1/3 make a whole edge give 1. "
        "Sobel's filter, with a heavier middle row over 4, is right too.",
        check=_check_vertical_edge,
        hints=(
            "Draw the window (0, 0, 1): only the right column has ink. What must its three "
            "weights add up to, if the answer is 1?",
            "Now (0, 1, 1) shall give 1 as well: what do the weights of the middle column add up "
            "to? And plain ink, (1, 1, 1), gives 0: what is left for the left column?",
            "For edges from left to right each row must add up to 0. The first row could be "
            "-1/3, 0, 1/3.",
        ),
        wrong=(
            (_PREWITT.tolist(), "all times 3"),
            (_SOBEL, "all times 4"),
            (-_PREWITT / 3, "the sides are exchanged"),
            (_PREWITT.T / 3, "edges that run from left to right"),
            ([[-1 / 3, 1 / 3, 0]] * 3, "paper on the left and in the middle, ink on the right"),
            ([[0, 0, 1 / 3]] * 3, "ink on the left, paper in the middle"),
            (np.ones((3, 3)) / 9, "the answer should be 1"),
            ([[-1, 0, 1]], "three rows of three weights"),
            ("vertical", "three rows of three numbers"),
            (np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]) / 2, "paper above, ink below"),
        ),
        right=(
            (_SOBEL / 4).astype(np.float32),
            np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]]),
            [[-0.333, 0, 0.333], [-0.333, 0, 0.333], [-0.334, 0, 0.334]],
        ),
    ),
    Exercise(
        id="15.2",
        title="how large a map is",
        solution=output_size,
        reason="With its padding the side has size + 2 * padding pixels. The window's first "
        "pixel can be on all but the last kernel_size - 1 of them; counted from 0, its last "
        "place is size + 2 * padding - kernel_size. Steps of stride fit in there so many times, "
        "rounded down, and the first place comes on top.",
        check=_check_output_size,
        hints=(
            "How long is the side when zeros are laid on both of its ends?",
            "Where does the last window begin, counted from 0? With 7 pixels and a window of 3: "
            "at 4.",
            "Divide that last beginning by the stride with //, which rounds down, and add the "
            "first place.",
        ),
        wrong=tuple((slip, words.split(":")[0]) for slip, words in _SIZE_SLIPS),
        right=(_count_places, _by_floor, _by_keras),
    ),
    Exercise(
        id="15.3",
        title="blame for a shared weight",
        solution=filter_slopes,
        reason="The weight in row r and column c meets, at the place (i, j) of the map, the pixel "
        "(r + i, c + j). So all pixels that it meets form a part of the image as large as the "
        "map, beginning at (r, c). Multiply it with the blame, place by place, and add: that is "
        "the blame slid over the image, a convolution again.",
        check=_check_filter_slopes,
        hints=(
            "Which pixels does the upper left weight meet while the filter slides? Which does "
            "its right neighbour meet?",
            "They form a window as large as the map: for the weight (r, c) it begins at row r "
            "and column c.",
            "There are image.shape[0] - blame.shape[0] + 1 rows of weights. For each weight: "
            "(window * blame).sum().",
        ),
        wrong=(
            *((slip, words.split(":")[0]) for slip, words in _SLOPE_SLIPS),
            (_map_of_blame, "one for each weight"),
        ),
        right=(_by_windows, _by_scipy, _adding_windows, _as_lists, _slid_over_the_image),
    ),
)
