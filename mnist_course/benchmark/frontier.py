"""The frontier: error against parameters or multiplications, ours beside the published."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from ..plots._canvas import BLUE, TEXT, axes_of_size

GREY = "#767676"
PRICES = {  # what a network may cost: words for the axis, and how far it goes
    "parameters": ("parameters (of all networks together)", (400, 4e7)),
    "multiplications": ("multiplications for one digit (of all networks together)", (4e4, 2e9)),
}
DOUBTFUL_LABELS = 0.0015  # 15 of the 10,000 test labels lack a majority of annotators
SIDES = (  # points from the marker, and which side of the text is there
    (9, 0, "left", "center"),
    (-9, 0, "right", "center"),
    (0, 9, "center", "bottom"),
    (0, -9, "center", "top"),
    (7, 7, "left", "bottom"),
    (7, -7, "left", "top"),
    (-7, 7, "right", "bottom"),
    (-7, -7, "right", "top"),
)


class Published(NamedTuple):
    """A figure others have published.

    Attributes:
        name: whose it is.
        parameters: of all networks together.
        accuracy: on the 10,000 test digits, 0 to 1.
        seconds: of training in words, where known, with the machine.
        best_of: chosen among runs by the test digits, so it flatters; else a mean of repeats
            or a single run.
        multiplications: for one digit, of all networks together, as ``models.multiplications``
            counts them; None where the layers are not known.
    """

    name: str
    parameters: int
    accuracy: float
    seconds: str = ""
    best_of: bool = False
    multiplications: int | None = None


PUBLISHED = (
    Published("Deotte, one network", 327_242, 0.99641, multiplications=15_162_752),
    Published(
        "Deotte, 15 networks", 15 * 327_242, 0.99745, "4 h, K80", multiplications=15 * 15_162_752
    ),
    Published("An et al., 3 networks", 4_544_332, 0.9987, best_of=True),
    Published("Efficient-CapsNet", 161_000, 0.9984, best_of=True),
    Published("Keras's example", 34_826, 0.9922, "225 s", multiplications=2_440_960),
    Published("train_mnist_fast", 215_194, 0.9904, "0.76 s, laptop GPU"),
    Published("notebook", 3_762, 0.9952, best_of=True),
    Published("notebook", 1_936, 0.9910, best_of=True),
    Published("notebook, best of 700", 697, 0.9903, best_of=True),
)


def plot_frontier(
    shipped: Mapping[str, Mapping],
    *,
    against: str = "parameters",
    stairs: bool = False,
    published: Sequence[Published] = PUBLISHED,
    ax: Axes | None = None,
) -> Axes:
    """Draw test error against a price, both on log axes, each point with training seconds.

    Args:
        shipped: the manifest: for each model ``parameters``, ``training_seconds`` and
            ``test_accuracy`` with ``mean``, ``sd`` and ``values``; and ``multiplications``, if
            they are the price.
        against: ``"parameters"`` or ``"multiplications"``; published figures whose price is not
            known are left out.
        stairs: draw the frontier itself, through the networks that no other one beats in both
            numbers; those chosen by the test digits do not count.
        published: figures of others.
        ax: draw here; None makes a new figure.

    Returns:
        The Axes; the error is in percent, the bars are one standard deviation over seeds.

    Raises:
        ValueError: there is no such price.
    """
    if against not in PRICES:
        raise ValueError(f"against must be one of {', '.join(PRICES)}, got {against!r}")
    ax = axes_of_size(ax, 9, 5.6)
    others = [figure for figure in published if getattr(figure, against) is not None]
    labels = [_draw_shipped(ax, name, entry, against) for name, entry in shipped.items()]
    labels += [_draw_published(ax, figure, getattr(figure, against)) for figure in others]
    corners = []
    if stairs:
        flattered = [False] * len(shipped) + [figure.best_of for figure in others]
        points = zip(labels, flattered, strict=True)
        corners = _draw_stairs(ax, [label[:2] for label, best in points if not best])
    _finish(ax, against, highest=max(error for _, error, *_ in labels))
    _place_labels(ax, labels, corners)
    return ax


def _draw_shipped(ax: Axes, name: str, entry: Mapping, against: str) -> tuple:
    accuracy = entry["test_accuracy"]
    x, error = entry[against], 100 * (1 - accuracy["mean"])
    ax.errorbar(x, error, 100 * (accuracy["sd"] or 0), fmt="o", ms=9, color=BLUE, capsize=3)
    text = f"{name} {100 - error:.2f} %\n{entry['training_seconds']:.0f} s"
    return x, error, text, {"color": BLUE, "fontweight": "bold", "fontsize": 9}


def _draw_published(ax: Axes, figure: Published, x: int) -> tuple:
    error = 100 * (1 - figure.accuracy)
    marker = "v" if figure.best_of else "o"
    ax.plot(x, error, marker, ms=7, mfc="none", mec=GREY, mew=1.4, linestyle="none", zorder=4)
    text = f"{figure.name}\n{figure.seconds}".strip()
    return x, error, text, {"color": "#555555", "fontsize": 8.5}


def _draw_stairs(ax: Axes, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A line down from one unbeaten network to the next, as prices rise; its corners."""
    steps = []
    for price, error in sorted(points):
        if not steps or error < steps[-1][1]:
            steps.append((price, error))
    style = {"color": BLUE, "linestyle": "-", "lw": 1.2, "zorder": 1, "label": "frontier"}
    ax.step(*zip(*steps, strict=True), where="post", **style)
    below = [(x, above) for (x, _), (_, above) in zip(steps[1:], steps, strict=False)]
    return [steps[0], *(corner for pair in zip(below, steps[1:], strict=True) for corner in pair)]


def _finish(ax: Axes, against: str, *, highest: float) -> None:
    """Scales, words and a legend of the markers."""
    words, limits = PRICES[against]
    ax.set(xscale="log", yscale="log", xlim=limits, ylim=(0.07, 1.4 * highest))
    errors = [error for error in (0.1, 0.2, 0.3, 0.5, 1, 2, 5) if error < 1.4 * highest]
    ax.set_yticks(errors, [f"{error:g}" for error in errors])
    ax.set_yticks([], minor=True)
    ax.set(xlabel=words, ylabel="test error (%)")
    price = "size" if against == "parameters" else "work"
    ax.set_title(
        f"Error, {price} and training time on MNIST: lower and further left is better", loc="left"
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#E4E4E4", linewidth=0.7)
    ax.set_axisbelow(True)
    hollow = {"mfc": "none", "mec": GREY, "mew": 1.4, "linestyle": "none"}
    ax.plot([], [], "o", ms=9, color=BLUE, label="this course: mean and sd of seeds, 2 CPU cores")
    ax.plot([], [], "o", ms=7, **hollow, label="published")
    if against == "parameters":
        label = "published, chosen by the test digits"
        ax.plot([], [], "v", ms=7, **hollow, label=label)
    ax.legend(loc="lower left", frameon=False, fontsize=8.5, labelcolor=TEXT)


def _place_labels(ax: Axes, labels: Sequence[tuple], corners: Sequence[tuple] = ()) -> None:
    """Write each label on the first side of its point where it covers nothing else.

    ``corners`` are those of a line that is to be kept free as well.
    """
    figure = ax.figure
    figure.draw_without_rendering()  # the layout must stand before places are compared
    taken = [_around(ax.transData.transform((x, error))) for x, error, _, _ in labels]
    taken += [item.get_window_extent() for item in (ax.get_legend(), _draw_doubt(ax))]
    ends = [ax.transData.transform(corner) for corner in corners]
    taken += [_along(a, b) for a, b in pairwise(ends)]
    for x, error, text, style in labels:
        note = ax.annotate(text, (x, error), (0, 0), textcoords="offset points", **style)
        note.set_in_layout(False)
        boxes = [_try(note, side) for side in SIDES]
        covered = [_overlap(box, taken, ax.bbox) for box in boxes]
        best = covered.index(min(covered))
        taken.append(_try(note, SIDES[best]))


def _draw_doubt(ax: Axes) -> Annotation:
    """The line below which answers are right by labels that people would not give."""
    error = 100 * DOUBTFUL_LABELS
    ax.axhline(error, color=GREY, linestyle=":", linewidth=1)
    place = {"xytext": (0, 3), "textcoords": "offset points", "ha": "right", "va": "bottom"}
    text = f"{error:.2f} %: labels in doubt"
    return ax.annotate(text, (ax.get_xlim()[1], error), color=GREY, fontsize=8.5, **place)


def _try(note: Annotation, side: tuple) -> Bbox:
    x, y, across, up = side
    note.set(position=(x, y), horizontalalignment=across, verticalalignment=up)
    return note.get_window_extent()


def _overlap(box: Bbox, taken: Sequence[Bbox], inside: Bbox) -> float:
    """Covered area, square pixels; what would stick out of the picture counts too."""
    outside = box.width * box.height - _area(Bbox.intersection(box, inside))
    return outside + sum(_area(Bbox.intersection(box, other)) for other in taken)


def _area(box: Bbox | None) -> float:
    return 0.0 if box is None else box.width * box.height


def _around(point: tuple[float, float]) -> Bbox:
    """The place of a marker."""
    return Bbox([point, point]).padded(7)


def _along(a: Sequence[float], b: Sequence[float]) -> Bbox:
    """The place of a line, upright or level."""
    line = Bbox([a, b])
    return Bbox.from_extents(line.xmin, line.ymin, line.xmax, line.ymax).padded(2)
