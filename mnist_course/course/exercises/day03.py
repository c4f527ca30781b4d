"""Day 3: ask a table, label a bar chart, look behind two means."""

import re
from contextlib import contextmanager
from warnings import catch_warnings, simplefilter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.text import Text

from .engine import Exercise, NotYet, as_numbers, call, require

# The 5s have the highest mean, the 3s the largest sum, the 8s the highest median, a 7 the most
# ink of all, the 1 the lowest mean; places in the table are no digits.
LABELS = np.array([7, 3, 5, 3, 8, 3, 7, 5, 3, 3, 8, 8, 1])
INK = np.array([30.0, 11.0, 18.0, 10.0, 4.0, 12.0, 2.0, 19.0, 10.0, 9.0, 21.0, 21.0, 6.0])


def _facts(shift: int) -> pd.DataFrame:
    labels = (LABELS + shift) % 10
    return pd.DataFrame({"label": labels, "ink": INK, "width": 20 - INK // 2})


# --- 3.1 -------------------------------------------------------------------------------------


def most_ink(facts):
    return facts.groupby("label")["ink"].mean().idxmax()


def _check_most_ink(answer):
    for shift in (0, 4):
        facts = _facts(shift)
        found = call(answer, facts, shown="most_ink of a table of thirteen images")
        _require_one_digit(found)
        ink = facts.groupby("label")["ink"]
        means, expected = ink.mean(), ink.mean().idxmax()
        mistakes = (
            (ink.sum().idxmax(), "has the most ink in total, but only because it is the most "
             "frequent: compare means"),
            (facts.loc[facts["ink"].idxmax(), "label"], "has the single image with the most ink; "
             "the question is about the mean of all its images"),
            (ink.median().idxmax(), "has the highest median; the question is about the mean"),
            (means.idxmin(), "has the least ink on average, not the most"),
            (means.max(), "is the highest mean, in percent: which digit has it?"),
            (means.argmax(), "is a place in the list of means, counted from 0: which digit "
             "stands there?"),
        )  # fmt: skip
        for value, words in mistakes:
            require(found == expected or found != value, f"{found} {words}")
        table = means.round(1).to_dict()
        require(found == expected, f"the means are {table}, so the digit is not {found}")


def _require_one_digit(found):
    is_text = isinstance(found, str)
    require(not is_text, f"a number is asked for, yours is the text {found!r}")
    kind, size = type(found).__name__, np.size(found)
    require(
        size != 1 or not isinstance(found, pd.Series),
        "one digit is asked for, yours is a Series of one value: one pair of brackets around "
        "ink gives a Series, two give a table",
    )
    require(np.shape(found) == (), f"one digit is asked for, yours is a {kind} of {size} values")


def _most_in_total(facts):
    return facts.groupby("label")["ink"].sum().idxmax()


def _single_image(facts):
    return facts.sort_values("ink")["label"].iloc[-1]


def _highest_mean(facts):
    return facts.groupby("label")["ink"].mean().max()


def _whole_series(facts):
    return facts.groupby("label")["ink"].mean()


def _two_brackets(facts):
    return facts.groupby("label")[["ink"]].mean().idxmax()


def _place_not_label(facts):
    return facts.groupby("label")["ink"].mean().argmax()


def _least_ink(facts):
    return facts.groupby("label")["ink"].mean().sort_values().index[0]


def _highest_median(facts):
    return facts.groupby("label")["ink"].median().idxmax()


def _digit_as_text(facts):
    return str(most_ink(facts))


def _most_ink_in_a_loop(facts):
    best, digit = -1.0, None
    for label in set(facts["label"].tolist()):
        mean = sum(facts["ink"][facts["label"] == label]) / (facts["label"] == label).sum()
        if mean > best:
            best, digit = mean, label
    return digit


def _most_ink_sorted(facts):
    return facts.groupby("label").mean().sort_values("ink").index[-1]


def _most_ink_by_pivot(facts):
    return float(facts.pivot_table(index="label", values="ink")["ink"].idxmax())


def _most_ink_in_numpy(facts):
    labels, ink = facts["label"].to_numpy(), facts["ink"].to_numpy()
    digits = np.unique(labels)
    return digits[np.argmax([ink[labels == digit].mean() for digit in digits])]


def _always_zero(facts):
    return 0


# --- 3.2 -------------------------------------------------------------------------------------


def bar_chart(values):
    fig, ax = plt.subplots()
    ax.bar(values.index.astype(str), values)
    ax.set(title="A bar for each entry", xlabel="group", ylabel="mean ink (%)")
    return ax


def _check_bar_chart(answer):
    by_digit = pd.Series([12.5, 4.0, 9.0], index=[2, 5, 7])
    by_name = pd.Series([3.0, 8.0, 5.0, 6.5], index=["thin", "bold", "round", "flat"])
    for values in (by_digit, by_name):
        with _own_figures():
            shown = f"bar_chart of {values.to_dict()}"
            _check_axes(call(answer, values, shown=shown), values)


def _check_axes(ax, values: pd.Series) -> None:
    require(
        isinstance(ax, Axes),
        f"the Axes is asked for (`return ax`), you returned a {type(ax).__name__}",
    )
    require(
        isinstance(ax.title, Text),
        "`ax.title = ...` overwrites a part of the Axes; `ax.set(title=...)` writes a title",
    )
    bars = [c for c in ax.containers if isinstance(c, BarContainer)]
    require(bool(bars), "there are no bars in the Axes: `ax.bar(names, heights)` draws them")
    upright = all(c.orientation == "vertical" for c in bars)
    require(upright, "the bars lie down: use `ax.bar`, not `ax.barh`")
    _check_that_they_stand_on_zero(ax, [bar for c in bars for bar in c])
    heights = _heights_by_name(ax, [bar for c in bars for bar in c])
    names = [str(name) for name in values.index]
    require(
        set(heights) == set(names),
        f"bars should stand at {', '.join(names)}, yours stand at {', '.join(heights)}",
    )
    for name, value in zip(names, values, strict=True):
        require(
            np.isclose(heights[name], value),
            f"the bar for {name} should be {value:g} high, yours is {heights[name]:g}",
        )
    titles = [ax.get_title(loc=place) for place in ("left", "center", "right")]
    titles.append(ax.figure.get_suptitle())
    for what, texts in (
        ("title", titles),
        ("label on the x axis", [ax.get_xlabel()]),
        ("label on the y axis", [ax.get_ylabel()]),
    ):
        require(any(text.strip() for text in texts), f"the chart has no {what}")


def _check_that_they_stand_on_zero(ax: Axes, bars: list) -> None:
    floating = [bar.get_y() for bar in bars if not np.isclose(bar.get_y(), 0)]
    require(not floating, f"each bar stands on 0, yours begin at {floating[:1]}: leave bottom away")
    low = min(ax.get_ylim())
    require(
        low <= 0,
        f"your y axis begins at {low:g}, and cuts the bars: the eye compares lengths, so let it "
        "begin at 0",
    )
    high, tallest = max(ax.get_ylim()), max((bar.get_height() for bar in bars), default=0)
    require(
        high >= tallest,
        f"your y axis ends at {high:g}, and cuts the bar of {tallest:g}: let it end above it",
    )


def _heights_by_name(ax: Axes, bars: list) -> dict[str, float]:
    """Height of each bar, by the tick label under it; without a tick, by its place."""
    ax.figure.canvas.draw()  # tick labels are written when the figure is
    texts = [label.get_text() for label in ax.get_xticklabels()]
    ticks = dict(zip(np.round(ax.get_xticks(), 6), texts, strict=True))
    bars = [bar for bar in bars if np.isfinite(bar.get_height())]
    centres = [round(bar.get_x() + bar.get_width() / 2, 6) for bar in bars]
    edges = [round(bar.get_x(), 6) for bar in bars]  # where bars are drawn from their left edge
    if not any(map(ticks.get, centres)) and all(map(ticks.get, edges)):
        centres = edges
    names = [ticks.get(centre) or f"{centre:g}" for centre in centres]
    return {_plain(n): bar.get_height() for n, bar in zip(names, bars, strict=True)}


def _plain(name: str) -> str:
    """``"2.0"`` on an axis of numbers is the entry 2."""
    try:
        return f"{float(name):g}"
    except ValueError:
        return name


@contextmanager
def _own_figures():
    """A fresh figure to draw on, and none left over for the notebook to show."""
    before = set(plt.get_fignums())
    plt.figure()
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _chart(names, heights, *, title="Ink", xlabel="digit", ylabel="mean ink (%)"):
    fig, ax = plt.subplots()
    ax.bar(names, heights)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return ax


def _chart_without_labels(values):
    return _chart(values.index, values, xlabel="", ylabel="")


def _chart_without_title(values):
    return _chart(values.index, values, title="")


def _chart_returns_bars(values):
    return _chart(values.index, values).containers[0]


def _chart_returns_figure(values):
    return _chart(values.index, values).figure


def _chart_at_places(values):
    return _chart(range(len(values)), values)


def _chart_of_sorted_values(values):
    return _chart(values.index.astype(str), sorted(values))


def _chart_lying(values):
    fig, ax = plt.subplots()
    ax.barh(values.index.astype(str), values)
    return ax


def _chart_with_a_cut_axis(values):
    ax = _chart(values.index.astype(str), values)
    ax.set_ylim(values.min() - 1, values.max())
    return ax


def _chart_with_a_low_top(values):
    ax = _chart(values.index.astype(str), values)
    ax.set_ylim(0, 5)
    return ax


def _chart_floating(values):
    fig, ax = plt.subplots()
    ax.bar(values.index.astype(str), values, bottom=5)
    ax.set(title="Ink", xlabel="digit", ylabel="ink (%)", ylim=(0, 30))
    return ax


def _chart_title_overwritten(values):
    ax = _chart(values.index.astype(str), values, title="")
    ax.title = "Ink"
    return ax


def _chart_from_the_left_edge(values):
    fig, ax = plt.subplots()
    ax.bar(range(len(values)), values.to_numpy(), align="edge")
    ax.set_xticks(range(len(values)), list(map(str, values.index)))
    ax.set(title="Ink", xlabel="digit", ylabel="ink (%)")
    return ax


def _chart_by_pandas(values):
    ax = values.plot.bar(rot=0)
    ax.set_title("Ink", loc="left")
    ax.set(xlabel="digit", ylabel="ink (%)")
    return ax


def _chart_by_seaborn(values):
    import seaborn as sns

    ax = sns.barplot(x=[str(name) for name in values.index], y=values.to_numpy())
    ax.set(xlabel="digit", ylabel="ink (%)")
    ax.figure.suptitle("Ink")
    return ax


def _chart_of_points(values):
    fig, ax = plt.subplots()
    ax.plot(values.index, values, "o")
    return ax


# --- 3.3 -------------------------------------------------------------------------------------


def share_of_wins(facts, a, b):
    ink_a = facts.loc[facts["label"] == a, "ink"].to_numpy()
    ink_b = facts.loc[facts["label"] == b, "ink"].to_numpy()
    return (ink_a[:, None] > ink_b).mean()


def _check_share_of_wins(answer):
    labels = [4, 8, 4, 8, 1, 4, 8, 4, 8, 8]
    ink = [9.0, 8.0, 12.0, 11.0, 99.0, 9.0, 7.0, 30.0, 12.0, 50.0]  # one draw, at 12
    facts = pd.DataFrame({"label": labels, "ink": ink})
    other = facts.assign(ink=np.roll(ink, 3))
    for table, a, b in ((facts, 4, 8), (facts, 8, 4), (facts, 4, 1), (other, 4, 8)):
        _check_wins(answer, table, a, b)


def _call_with_table(answer, facts: pd.DataFrame, a: int, b: int, *, shown: str):
    """Call, and say in plain words why pandas refuses to let every pair of rows meet."""
    try:
        with catch_warnings():
            simplefilter("ignore", RuntimeWarning)  # the mean of no pairs is nan: said below
            return call(answer, facts, a, b, shown=shown)
    except NotYet as problem:
        if not re.search("identically-labeled|Multi-dimensional", str(problem)):
            raise
        raise NotYet(
            "pandas matches rows by their index and cannot let every pair meet: take "
            "`.to_numpy()` of both first, then compare"
        ) from None


def _check_wins(answer, facts: pd.DataFrame, a: int, b: int) -> None:
    ink_a, ink_b = (facts.loc[facts["label"] == digit, "ink"].to_numpy() for digit in (a, b))
    shown = f"share_of_wins(facts, {a}, {b})"
    found = _call_with_table(answer, facts, a, b, shown=shown)
    require(np.shape(found) == (), f"one number is asked for, yours is {found!r}")
    try:
        found = float(as_numbers(found))
    except (TypeError, ValueError):
        raise NotYet(f"one number is asked for, yours is {found!r}") from None
    require(
        not np.isnan(found),
        f"{shown} is nan: no image was found. Are the digits taken from a and b?",
    )
    duels = ink_a[:, None] > ink_b
    wins, expected = int(duels.sum()), duels.mean()
    mistakes = (
        (wins, f"that is the number of pairs won; a share is divided by all {duels.size} pairs"),
        (100 * expected, "that is in percent; the share asked for is between 0 and 1"),
        (float(ink_a.mean() > ink_b.mean()), "that compares the two means, and one comparison "
         "is all or nothing; compare every image with every image"),
        ((ink_a > ink_b.mean()).mean(), f"that compares with the mean of the {b}s; compare with "
         f"each {b}"),
        ((ink_a[:, None] >= ink_b).mean(), "you counted draws too; a win is more ink, not as "
         "much"),
        ((expected + (ink_a[:, None] >= ink_b).mean()) / 2, "a draw counts as half a win here; "
         "the question is how often a has more ink"),
        (wins / len(ink_a), f"divide by all {duels.size} pairs, not by the images of one digit"),
        ((ink_a[:, None] < ink_b).mean(), f"that is how often the {b} wins"),
    )  # fmt: skip
    right = abs(found - expected) <= 0.01  # random duels, if many, are an answer as well
    for value, words in mistakes:
        require(right or abs(found - value) > 1e-6, f"{shown} is {found:g}: {words}")
    require(
        right,
        f"ink {ink_a.tolist()} against {ink_b.tolist()} wins {wins} of {duels.size} pairs, so "
        f"{expected:g} is expected, yours is {found:g}",
    )


def _compares_means(facts, a, b):
    means = facts.groupby("label")["ink"].mean()
    return float(means[a] > means[b])


def _against_the_mean(facts, a, b):
    means = facts.groupby("label")["ink"].mean()
    return (facts.loc[facts["label"] == a, "ink"] > means[b]).mean()


def _number_of_wins(facts, a, b):
    ink_a, ink_b = (facts["ink"][facts["label"] == digit] for digit in (a, b))
    return sum(one > other for one in ink_a for other in ink_b)


def _counts_draws(facts, a, b):
    return 1 - share_of_wins(facts, b, a)


def _draws_as_half(facts, a, b):
    return (share_of_wins(facts, a, b) + 1 - share_of_wins(facts, b, a)) / 2


def _swapped(facts, a, b):
    return share_of_wins(facts, b, a)


def _in_percent(facts, a, b):
    return 100 * share_of_wins(facts, a, b)


def _row_by_row(facts, a, b):
    ink_a = facts.loc[facts["label"] == a, "ink"]
    ink_b = facts.loc[facts["label"] == b, "ink"]
    return (ink_a > ink_b).mean()


def _series_as_column(facts, a, b):
    ink_a = facts.loc[facts["label"] == a, "ink"]
    return (ink_a[:, None] > facts.loc[facts["label"] == b, "ink"]).mean()


def _wins_in_two_loops(facts, a, b):
    duels = [
        one > other
        for one in facts["ink"][facts["label"] == a]
        for other in facts["ink"][facts["label"] == b]
    ]
    return duels.count(True) / len(duels)


def _wins_by_sorting(facts, a, b):
    ink_a, ink_b = (facts.query(f"label == {digit}")["ink"].to_numpy() for digit in (a, b))
    below = np.searchsorted(np.sort(ink_b), ink_a, side="left")
    return np.float32(below.mean() / len(ink_b))


def _wins_by_merge(facts, a, b):
    pairs = facts.query("label == @a").merge(facts.query("label == @b"), how="cross")
    return (pairs["ink_x"] > pairs["ink_y"]).mean()


def _always_zeros_and_eights(facts, a, b):
    return share_of_wins(facts, 0, 8)


def _always_half(facts, a, b):
    return 0.5


EXERCISES = (
    Exercise(
        id="3.1",
        title="find the digit with the most ink",
        solution=most_ink,
        reason='groupby("label") makes one pile for each digit, ["ink"].mean() one number for '
        "each pile, named by its digit; idxmax returns the name at which the largest stands. "
        "A sum would favour digits that occur often, and max a single image.",
        check=_check_most_ink,
        hints=(
            'For six digits the lesson computed `small.groupby("label")["ink"].mean()`. What do '
            "you get for the whole table?",
            "That is a Series: its index holds the digits, its values the means. You want the "
            "index at which the value is largest.",
            "`means.idxmax()` gives it.",
        ),
        wrong=(
            (_most_in_total, "3 has the most ink in total"),
            (_single_image, "7 has the single image with the most ink"),
            (_highest_mean, "18.5 is the highest mean"),
            (_whole_series, "one digit is asked for"),
            (_two_brackets, "two give a table"),
            (_place_not_label, "2 is a place in the list"),
            (_least_ink, "1 has the least ink"),
            (_highest_median, "8 has the highest median"),
            (_always_zero, "so the digit is not 0"),
            (_digit_as_text, "yours is the text"),
        ),
        right=(_most_ink_in_a_loop, _most_ink_sorted, _most_ink_by_pivot, _most_ink_in_numpy),
    ),
    Exercise(
        id="3.2",
        title="draw a labelled bar chart",
        solution=bar_chart,
        reason="ax.bar takes names and heights. As text, each name of the index gets a bar and a "
        "tick of its own. The title says what to see, the axis labels name what is measured and "
        "its unit; returning the Axes lets the caller add to the chart.",
        check=_check_bar_chart,
        hints=(
            "Start with `fig, ax = plt.subplots()`, end with `return ax`.",
            "A Series has two parts: `values.index` (the names) and the values themselves. "
            "`ax.bar` wants them in this order.",
            "`ax.set(title=..., xlabel=..., ylabel=...)` writes all three texts.",
        ),
        wrong=(
            (_chart_without_labels, "no label on the x axis"),
            (_chart_without_title, "no title"),
            (_chart_returns_bars, "you returned a BarContainer"),
            (_chart_returns_figure, "you returned a Figure"),
            (_chart_at_places, "bars should stand at 2, 5, 7"),
            (_chart_of_sorted_values, "the bar for 2 should be 12.5 high, yours is 4"),
            (_chart_lying, "the bars lie down"),
            (_chart_of_points, "no bars"),
            (_chart_with_a_cut_axis, "let it begin at 0"),
            (_chart_with_a_low_top, "your y axis ends at 5"),
            (_chart_floating, "each bar stands on 0"),
            (_chart_title_overwritten, "overwrites a part of the Axes"),
        ),
        right=(_chart_from_the_left_edge, _chart_by_pandas, _chart_by_seaborn),
    ),
    Exercise(
        id="3.3",
        title="how often one digit has more ink than another",
        solution=share_of_wins,
        reason="ink_a[:, None] is a column, ink_b a row: compared, they broadcast to a table "
        "with every pair (Day 2). True counts as 1, so the mean of that table is the share of "
        "pairs won. Two loops and a counter give the same, only slower.",
        check=_check_share_of_wins,
        hints=(
            "First get the ink of the two digits as arrays: "
            '`facts.loc[facts["label"] == a, "ink"].to_numpy()`.',
            "Every image of a meets every image of b. Two loops can do it; so can Day 2's "
            "broadcasting, a column against a row: `ink_a[:, None] > ink_b`.",
            "That table holds True for each pair won. What is its mean?",
        ),
        wrong=(
            (_compares_means, "compares the two means"),
            (_against_the_mean, "compares with the mean of the 8s"),
            (_number_of_wins, "the number of pairs won"),
            (_counts_draws, "you counted draws too"),
            (_draws_as_half, "as half a win"),
            (_swapped, "how often the 8 wins"),
            (_in_percent, "in percent"),
            (_row_by_row, "take `.to_numpy()` of both first"),
            (_series_as_column, "take `.to_numpy()` of both first"),
            (_always_zeros_and_eights, "no image was found"),
            (_always_half, "wins 11 of 20 pairs"),
        ),
        right=(_wins_in_two_loops, _wins_by_sorting, _wins_by_merge),
    ),
)
