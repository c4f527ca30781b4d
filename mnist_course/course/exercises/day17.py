"""Day 17: cover a digit square by square, a fair control, neighbours in feature space."""

import numpy as np

from ...scratch import softmax
from .engine import Exercise, NotYet
from .suspects import Case, judge

# --- 17.1 ------------------------------------------------------------------------------------


def occlusion(answer, image, digit, size):
    before = answer(image[None])[0, digit]
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    losses = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            covered = image.copy()
            covered[row : row + size, column : column + size] = 0
            losses[row, column] = before - answer(covered[None])[0, digit]
    return losses


def _stand_in(seed):
    """A stand-in for a network: ten classes, each likes other pixels of a small image."""

    def answer(images):
        images = np.asarray(images, float)
        if images.ndim != 3 or images.shape[1:] not in ((5, 6), (4, 4)):
            raise ValueError(
                f"answer() takes images of shape (n, height, width), it got {images.shape}; one "
                "image becomes a batch with image[None]"
            )
        likes = 0.4 * np.random.default_rng(seed).normal(size=(10, *images.shape[1:]))
        scores = np.einsum("nyx,cyx->nc", images, likes)
        return softmax(scores).astype(np.float32)

    return answer


def _an_image(height, width, seed):
    return np.random.default_rng(seed).uniform(0.2, 1, size=(height, width)).astype(np.float32)


_COVERS = [
    Case(
        f"occlusion(answer, an image of {height} × {width}, {digit}, {size})",
        (_stand_in(seed % 2), _an_image(height, width, seed), digit, size),
    )
    for seed, (height, width, digit, size) in enumerate(
        [(5, 6, 0, 2), (5, 6, 1, 3), (5, 6, 2, 2), (4, 4, 1, 1), (4, 4, 2, 4), (5, 6, 0, 1)]
    )
]


def _as_map(found, case):
    _, image, _, size = case.arguments
    shape = image.shape[0] - size + 1, image.shape[1] - size + 1
    if np.shape(found) != shape:
        raise NotYet(
            f"{case.shown}: a square of {size} fits at {shape[0]} rows and {shape[1]} columns, "
            f"so the shape is {shape}; yours has shape {np.shape(found)}"
        )
    return found


def _check_occlusion(answer):
    judge(answer, occlusion, _COVERS, slips=_COVER_SLIPS, form=_as_map, within=1e-4)


def _each_square(answer, image, digit, size, *, fill=0.0, keep=False, change=None):
    """Losses with one mistake: another cover, a cover that stays, another number."""
    before = answer(image[None])[0]
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    losses = np.zeros((rows, columns))
    image = image.copy()
    for row, column in np.ndindex(rows, columns):
        covered = image if keep else image.copy()
        covered[row : row + size, column : column + size] = fill
        losses[row, column] = change(before, answer(covered[None])[0], digit)
    return losses


def _loss(before, after, digit):
    return before[digit] - after[digit]


def _slip(words, *, change=_loss, **options):
    def slip(answer, image, digit, size):
        return _each_square(answer, image, digit, size, change=change, **options)

    return slip, words


_COVER_SLIPS = (
    _slip("the cover is background, 0, not grey", fill=0.5),
    _slip("the cover is background, 0: that one is ink", fill=1.0),
    _slip("start each cover from a fresh copy of the image", keep=True),
    _slip("the loss is before minus after", change=lambda b, a, d: a[d] - b[d]),
    _slip("that is the probability after covering, not the loss", change=lambda b, a, d: a[d]),
    _slip("the probability of `digit`, not the largest", change=lambda b, a, d: b.max() - a.max()),
    _slip(
        "watch the class `digit`, not the class that wins",
        change=lambda b, a, d: b[b.argmax()] - a[b.argmax()],
    ),
    _slip("a difference, not a share of it", change=lambda b, a, d: (b[d] - a[d]) / b[d]),
    _slip(
        "a loss below 0 (covering helps) is a finding too",
        change=lambda b, a, d: max(0, b[d] - a[d]),
    ),
    _slip(
        "the sign counts: a loss below 0 means that covering helps",
        change=lambda b, a, d: abs(b[d] - a[d]),
    ),
    (
        lambda answer, image, digit, size: _other_part(answer, image, digit, size, inside=False),
        "cover the square, and leave the rest as it is",
    ),
    (
        lambda answer, image, digit, size: _other_part(answer, image, digit, size, side=size - 1),
        "the cover has `size` rows and columns",
    ),
)


def _other_part(answer, image, digit, size, *, inside=True, side=None):
    """Losses when a smaller square is covered, or everything but the square."""
    before, losses = answer(image[None])[0, digit], occlusion(answer, image, digit, size)
    side = size if side is None else side
    for row, column in np.ndindex(losses.shape):
        square = np.zeros(image.shape, bool)
        square[row : row + side, column : column + side] = True
        covered = np.where(square == inside, 0, image)
        losses[row, column] = before - answer(covered[None])[0, digit]
    return losses


def _too_few_places(answer, image, digit, size):
    return occlusion(answer, image, digit, size)[:-1, :-1]


def _all_at_once(answer, image, digit, size):
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    covered = np.repeat(image[None], rows * columns, axis=0)
    for k, (row, column) in enumerate(np.ndindex(rows, columns)):
        covered[k, row : row + size, column : column + size] = 0
    after = answer(covered)[:, digit].reshape(rows, columns)
    return answer(image[None])[0, digit] - after


def _by_multiplication(answer, image, digit, size):
    keep = np.ones((1, *image.shape))
    losses = []
    for row in range(image.shape[0] - size + 1):
        losses.append([])
        for column in range(image.shape[1] - size + 1):
            mask = keep.copy()
            mask[:, row : row + size, column : column + size] = 0
            both = answer(np.concatenate([image[None], image[None] * mask]))
            losses[-1].append(float(both[0, digit]) - float(both[1, digit]))
    return losses


def _put_back(answer, image, digit, size):
    before, image = answer(image[None])[0][digit], np.array(image)
    losses = np.empty((len(image) - size + 1, len(image[0]) - size + 1), np.float32)
    for row, column in np.ndindex(losses.shape):
        part = np.s_[row : row + size, column : column + size]
        kept = image[part].copy()
        image[part] = 0
        losses[row, column] = before - answer(image[None])[0][digit]
        image[part] = kept
    return losses


# --- 17.2 ------------------------------------------------------------------------------------


def fair_control(heat, ink):
    hot = np.unravel_index(heat.argmax(), heat.shape)
    best = None
    for place in np.ndindex(heat.shape):
        equal = abs(ink[place] - ink[hot]) <= ink[hot] / 5
        apart = max(abs(place[0] - hot[0]), abs(place[1] - hot[1])) >= 2
        if equal and apart and (best is None or heat[place] < heat[best]):
            best = place
    return best


def _maps(seed):
    """A digit's heat and ink: some places empty, the hottest inked."""
    rng = np.random.default_rng(seed)
    heat = rng.normal(size=(6, 6)).round(4)
    ink = (rng.uniform(10, 30, size=(6, 6)) * (rng.random((6, 6)) < 0.6)).round(1)
    hot = np.unravel_index(heat.argmax(), (6, 6))
    ink[hot] = rng.uniform(14, 26)
    ink[(hot[0] + 3) % 6, hot[1]] = ink[hot]  # so that there is a fair place
    return heat, ink


def _by_hand(ink_there, *, near=None):
    """Few places, so that one rule decides: the hottest is at (2, 2), with ink 20."""
    heat, ink = np.zeros((6, 6)), np.zeros((6, 6))
    heat[2, 2], ink[2, 2] = 5, 20
    for k, (place, value) in enumerate(ink_there.items()):
        heat[place], ink[place] = -1 - k, value
    if near:
        heat[near], ink[near] = -9, 20
    return heat, ink


def _on_the_edge():
    """The hottest is in the first row, with a cold place of equal ink beside it."""
    heat, ink = np.zeros((6, 6)), np.zeros((6, 6))
    for place, warmth, amount in (((0, 3), 5, 20), ((0, 2), -9, 20), ((4, 1), -1, 19)):
        heat[place], ink[place] = warmth, amount
    return heat, ink


_MAPS = [
    *(Case(f"image {seed}", _maps(seed)) for seed in range(24)),
    Case("ink 16 and 15 beside ink 20", _by_hand({(0, 0): 16, (5, 5): 15})),
    Case("ink 24 and 25 beside ink 20", _by_hand({(0, 4): 24, (5, 0): 25})),
    Case("ink 23.9 and 16.4", _by_hand({(5, 5): 23.9, (0, 0): 16.4})),
    Case("a neighbour of equal ink", _by_hand({(2, 4): 21}, near=(3, 3))),
    Case("the hottest in the first row", _on_the_edge()),
    Case("two places away in one direction only", _by_hand({(4, 2): 19, (2, 0): 18})),
]


def _place(found, case):
    whole = same_kind = not isinstance(found, str) and np.shape(found) == (2,)
    if whole:
        same_kind = np.asarray(found).dtype.kind in "iuf" and np.all(np.mod(found, 1) == 0)
    if not whole or not same_kind or not (np.min(found) >= 0 and np.max(found) <= 5):
        raise NotYet(
            f"{case.shown}: a place (row, column), each from 0 to 5, is asked for, yours is "
            f"{found!r:.80}"
        )
    return f"({int(found[0])}, {int(found[1])})"


def _check_fair_control(answer):
    judge(answer, fair_control, _MAPS, slips=_CONTROL_SLIPS, form=_place)


def _choose(
    heat,
    ink,
    *,
    equal=lambda ink, there: np.abs(ink - there) <= there / 5,
    distance=2,
    measure=np.maximum,
    score=None,
):
    """The rule with its parts exchangeable."""
    hot = np.unravel_index(heat.argmax(), heat.shape)
    row, column = np.indices(heat.shape)
    apart = measure(abs(row - hot[0]), abs(column - hot[1])) >= distance
    fair = equal(ink, ink[hot]) & apart
    values = np.where(fair, heat if score is None else score(heat, ink, hot), np.inf)
    return tuple(int(k) for k in np.unravel_index(values.argmin(), heat.shape))


def _control_slip(words, **options):
    return lambda heat, ink: _choose(heat, ink, **options), words


def _empty_slice_at_the_edge(heat, ink):
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    fair = np.abs(ink - ink[row, column]) <= ink[row, column] / 5
    fair[row - 1 : row + 2, column - 1 : column + 2] = False
    return np.unravel_index(np.where(fair, heat, np.inf).argmin(), heat.shape)


_CONTROL_SLIPS = (
    (
        _empty_slice_at_the_edge,
        "that place overlaps with the hottest; in the first row or column, row - 1 is -1, and a "
        "slice that begins there is empty",
    ),
    _control_slip(
        "the control needs as much ink as the hottest: an empty corner costs nothing",
        equal=lambda ink, there: ink >= 0,
    ),
    _control_slip("any ink is not enough: as much as the hottest", equal=lambda ink, t: ink > 0),
    _control_slip(
        "a little ink too much is allowed as well as a little too few",
        equal=lambda ink, t: (ink <= t) & (ink >= 0.8 * t),
    ),
    _control_slip(
        "too much ink is as unfair as too little", equal=lambda ink, there: ink >= 0.8 * there
    ),
    _control_slip(
        "a fifth of the hottest place's ink, not of the other's",
        equal=lambda ink, there: np.abs(ink - there) <= ink / 5,
    ),
    _control_slip("that place overlaps with the hottest", distance=1),
    _control_slip(
        "two places away in rows or in columns: one of them is enough", measure=np.minimum
    ),
    _control_slip(
        "two places away in rows or in columns, not the two added up", measure=np.add, distance=2
    ),
    _control_slip(
        "the coldest of the fair places, not the one nearest in ink",
        score=lambda heat, ink, hot: np.abs(ink - ink[hot]),
    ),
    _control_slip(
        "the coldest of the fair places, not the hottest", score=lambda heat, ink, hot: -heat
    ),
)


def _as_a_number(heat, ink):
    row, column = fair_control(heat, ink)
    return 6 * row + column


def _sorted_by_heat(heat, ink):
    order = np.argsort(heat, axis=None)
    top, left = divmod(int(order[-1]), 6)
    for k in order:
        r, c = divmod(int(k), 6)
        near = abs(r - top) < 2 and abs(c - left) < 2
        if not near and 0.8 * ink[top, left] <= ink[r, c] <= 1.2 * ink[top, left] + 1e-9:
            return [r, c]


def _by_comprehension(heat, ink):
    (top, left), places = np.argwhere(heat == heat.max())[0], np.argwhere(heat == heat)
    there = ink[top, left]
    fair = [
        (heat[r, c], r, c)
        for r, c in places
        if abs(ink[r, c] - there) <= 0.2 * there + 1e-9 and (abs(r - top) > 1 or abs(c - left) > 1)
    ]
    return np.array(min(fair)[1:])


# --- 17.3 ------------------------------------------------------------------------------------


def neighbours(features, i, k):
    distances = np.sqrt(((features - features[i]) ** 2).sum(axis=1))
    distances[i] = np.inf
    return np.argsort(distances)[:k]


def _cloud(n, values, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, values)) * rng.uniform(0.5, 3, size=(n, 1)) + 2


_CLOUDS = [
    Case(
        f"neighbours(features of shape ({n}, {values}), {i}, {k})",
        (_cloud(n, values, seed), i, k),
    )
    for seed, (n, values, i, k) in enumerate(
        [(12, 3, 0, 3), (12, 5, 7, 1), (20, 8, 19, 5), (9, 2, 4, 7), (30, 64, 11, 4), (30, 6, 3, 6)]
    )
]


def _rows(found, case):
    features, _, k = case.arguments
    if isinstance(found, str) or np.shape(found) != (k,):
        raise NotYet(
            f"{case.shown}: {k} numbers of rows are asked for, yours is {found!r:.60}"
            if np.ndim(found) == 0
            else f"{case.shown}: {k} numbers are asked for, yours has shape {np.shape(found)}"
        )
    return found


def _check_neighbours(answer):
    judge(answer, neighbours, _CLOUDS, slips=_NEIGHBOUR_SLIPS, form=_rows)


def _distance(features, i):
    return np.sqrt(((features - features[i]) ** 2).sum(axis=1))


def _without(order, i):
    return order[order != i]


_NEIGHBOUR_SLIPS = (
    (
        lambda features, i, k: np.argsort(_distance(features, i))[:k],
        "a digit is not its own neighbour",
    ),
    (
        lambda features, i, k: np.argsort(-_distance(features, i))[:k],
        "the nearest are those with the *smallest* distance",
    ),
    (
        lambda features, i, k: np.sort(neighbours(features, i, k)),
        "the nearest first, not in the order of their numbers",
    ),
    (
        lambda features, i, k: neighbours(features, i, k)[::-1],
        "the nearest first, not last",
    ),
    (
        lambda features, i, k: _without(np.argsort(-(features @ features[i])), i)[:k],
        "a product is not a distance: it prefers long rows",
    ),
    (
        lambda features, i, k: _without(np.argsort(np.abs(features - features[i]).sum(axis=1)), i)[
            :k
        ],
        "squares are summed up, not absolute differences",
    ),
    (
        lambda features, i, k: np.sort(_distance(features, i))[1 : k + 1],
        "the numbers of the rows are asked for, not the distances",
    ),
    (
        lambda features, i, k: np.argsort(_distance(features, i))[2 : k + 2],
        "the nearest of all is left out",
    ),
    (
        lambda features, i, k: _without(
            np.argsort(np.abs((features - features[i]).sum(axis=1))), i
        )[:k],
        "square first, then add up: else plus and minus cancel",
    ),
)


def _by_sklearn(features, i, k):
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=k + 1).fit(features)
    return found.kneighbors(features[i : i + 1], return_distance=False)[0, 1:]


def _by_sorted(features, i, k):
    others = [row for row in range(len(features)) if row != i]
    return sorted(others, key=lambda row: float(((features[row] - features[i]) ** 2).sum()))[:k]


def _by_float32(features, i, k):
    near = np.asarray(features, np.float32)
    order = np.linalg.norm(near - near[i], axis=1).argsort()
    return tuple(row for row in order.tolist() if row != i)[:k]


EXERCISES = (
    Exercise(
        id="17.1",
        title="a map of what covering costs",
        solution=occlusion,
        reason="Nothing inside the network is needed: only its answers, with and without the "
        "square. Each cover starts from a fresh copy, else the squares pile up. A loss below 0 "
        "means that the square spoke against the digit.",
        check=_check_occlusion,
        hints=(
            "One question with the whole image, then one for every position of the square.",
            "covered = image.copy(), then covered[row : row + size, column : column + size] = 0.",
            "answer wants a batch: answer(covered[None])[0, digit] is one probability.",
        ),
        wrong=(*tuple(_COVER_SLIPS), (_too_few_places, "so the shape is (4, 5)")),
        right=(_all_at_once, _by_multiplication, _put_back),
    ),
    Exercise(
        id="17.2",
        title="a fair control",
        solution=fair_control,
        reason="Covering much ink costs more than covering little, whatever a map says. So the "
        "opponent gets as much ink as the hottest place, lies apart from it, and is what the map "
        "calls least important. What is left of the difference is due to the map.",
        check=_check_fair_control,
        hints=(
            "Three conditions: equal ink, no overlap, and of what is left the smallest heat.",
            "np.unravel_index(heat.argmax(), heat.shape) is the (row, column) of the hottest.",
            "Equal ink: abs(ink[place] - ink[hot]) <= ink[hot] / 5. No overlap: the larger of the "
            "two distances is at least 2.",
        ),
        wrong=(*tuple(_CONTROL_SLIPS), (_as_a_number, "a place (row, column)")),
        right=(_sorted_by_heat, _by_comprehension, lambda heat, ink: _choose(heat, ink)),
    ),
    Exercise(
        id="17.3",
        title="nearest neighbours in feature space",
        solution=neighbours,
        reason="The difference to row i, squared and summed up per row, orders all rows by their "
        "distance; row i itself, at distance 0, must be left out. (The root changes no order.)",
        check=_check_neighbours,
        hints=(
            "features - features[i] subtracts the one row from all of them.",
            "Square, .sum(axis=1), and np.argsort gives the numbers of the rows, nearest first.",
            "Row i comes first, with distance 0: set its distance to np.inf before sorting.",
        ),
        wrong=tuple(_NEIGHBOUR_SLIPS),
        right=(_by_sklearn, _by_sorted, _by_float32),
    ),
)
