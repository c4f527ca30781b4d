"""Day 13: fill a budget of parameters, choose under a cap, and use Occam's razor."""

from itertools import pairwise

import numpy as np
import pandas as pd

from .engine import Exercise, NotYet, call, require

# --- 13.1 ------------------------------------------------------------------------------------


def widest(depth, cap):
    def cost(width):
        pixels, answers = 784 * width + width, 10 * width + 10
        return pixels + (depth - 1) * (width * width + width) + answers

    width = 0
    while cost(width + 1) <= cap:
        width += 1
    return width


def _count(width: int, depth: int) -> int:
    sizes = [784, *[width] * depth, 10]
    return sum(a * b + b for a, b in pairwise(sizes))


def _check_widest(answer):
    for depth, cap in ((2, 101_770), (1, 50_890), (4, 101_770), (3, _count(40, 3) - 1)):
        shown = f"widest({depth}, {cap:_})"
        found = call(answer, depth, cap, shown=shown)
        single = np.shape(found) == () and not isinstance(found, str)
        require(single, f"{shown}: one width is asked for, yours is {found!r}")
        try:
            width = round(float(found))
        except (TypeError, ValueError):
            raise NotYet(f"{shown}: one width is asked for, yours is {found!r}") from None
        require(float(found) == width, f"{shown} is {found}: a width is a whole number of units")
        _name_mistakes(width, depth, cap, shown)


def _name_mistakes(width: int, depth: int, cap: int, shown: str) -> None:
    expected = widest(depth, cap)
    mistakes = (
        (expected + 1, f"just over the cap: {_costs(width, depth)}. Take the last width "
         "that still fits, and count every bias"),
        (_below_the_cap(depth, cap), f"{_costs(expected, depth)}, exactly the cap, and *at most* "
         "means that this still fits"),
        (_all_see_pixels(depth, cap), "only the first hidden layer sees the 784 pixels; the "
         "others see `width` values each"),
        (_one_layer(depth, cap), f"that fits with one hidden layer; here there are {depth}, and "
         "each one after the first has width × width weights more"),
        (_one_too_deep(depth, cap), f"with {_layers(depth)} there are only {depth - 1} of the "
         "width × width blocks between them"),
    )  # fmt: skip
    for mistake, words in mistakes:
        require(not width == mistake != expected, f"{shown} is {width}: {words}")
    require(width <= 2000, f"{shown} is {width:,}: the width is asked for, not the parameters")
    costs = _costs(max(width, 0), depth)
    require(width <= expected, f"{shown} is {width}, but {costs}: more than the cap")
    require(width >= expected, f"{shown} is {width}, and {costs}: a wider one fits as well")


def _costs(width: int, depth: int) -> str:
    where = "each of " * (depth > 1) + _layers(depth)
    return f"{width} units in {where} make {_count(width, depth):,} parameters"


def _layers(depth: int) -> str:
    return "one hidden layer" if depth == 1 else f"{depth} hidden layers"


def _search(fits) -> int:
    return next(width for width in range(3000) if not fits(width + 1))


def _below_the_cap(depth, cap):
    return _search(lambda w: _count(w, depth) < cap)


def _no_biases(depth, cap):
    return _search(lambda w: 784 * w + (depth - 1) * w * w + 10 * w <= cap)


def _all_see_pixels(depth, cap):
    return _search(lambda w: depth * (784 * w + w) + 10 * w + 10 <= cap)


def _one_layer(depth, cap):
    return _search(lambda w: _count(w, 1) <= cap)


def _one_too_deep(depth, cap):
    return _search(lambda w: _count(w, depth + 1) <= cap)


def _first_too_wide(depth, cap):
    return widest(depth, cap) + 1


def _its_parameters(depth, cap):
    return _count(widest(depth, cap), depth)


def _always_50(depth, cap):
    return 50


def _list_of_widths(depth, cap):
    return [widest(depth, cap)] * depth


def _as_text(depth, cap):
    return str(widest(depth, cap))


def _widest_by_formula(depth, cap):
    blocks, linear, fixed = depth - 1, 784 + depth + 10, 10  # blocks w² + linear w + fixed
    if not blocks:
        return (cap - fixed) // linear
    root = np.sqrt(linear**2 + 4 * blocks * (cap - fixed))
    return int((root - linear) / (2 * blocks) + 1e-9)


def _widest_from_above(depth, cap):
    width = cap // 784 + 1
    while _count(width, depth) > cap:
        width -= 1
    return np.int64(width)


def _widest_of_a_table(depth, cap):
    widths = np.arange(1, 2000)
    costs = np.array([_count(int(width), depth) for width in widths])
    return float(widths[costs <= cap].max())


# --- 13.2 ------------------------------------------------------------------------------------


def _runs(rename: str = "") -> pd.DataFrame:
    """Three runs of each, four of "often"; the luckiest, the largest and the best all differ.

    "mixed" is best by its mean, and neither by median, nor lowest run, nor any single seed, nor
    by the sum, which favours who ran more often.
    """
    nets = {
        "wide": (90_000, (0.960, 0.962, 0.961)),
        "lucky": (60_000, (0.930, 0.975, 0.936)),
        "narrow": (5_000, (0.902, 0.904, 0.903)),
        "steady": (50_000, (0.955, 0.957, 0.956)),
        "often": (40_000, (0.940, 0.942, 0.941)),
        "mixed": (65_000, (0.952, 0.970, 0.951)),
        "full": (70_000, (0.951, 0.952, 0.950)),
        "huge": (400_000, (0.980, 0.981, 0.982)),
    }
    rows = [
        (variant + rename, seed, parameters, accuracy)
        for seed in range(3)
        for variant, (parameters, values) in nets.items()
        for accuracy in [values[seed]]
    ]
    rows.append(("often" + rename, 3, 40_000, 0.941))
    return pd.DataFrame(rows, columns=["variant", "seed", "parameters", "val_accuracy"])


def choose_under_cap(runs, cap):
    allowed = runs[runs["parameters"] <= cap]
    return allowed.groupby("variant")["val_accuracy"].mean().idxmax()


def _check_choose(answer):
    for cap in (70_000, 90_000, 5_000, 1_000_000, 60_000):
        runs = _runs(rename=" net" if cap == 60_000 else "")
        found = call(answer, runs, cap, shown=f"choose_under_cap(runs, {cap:_})")
        expected = choose_under_cap(runs, cap)
        names = set(runs["variant"])
        require(
            isinstance(found, str),
            f"the name of a variant is asked for, such as 'wide'; yours is {found!r}",
        )
        require(found in names, f"{found!r} is none of the variants {sorted(names)}")
        size = int(runs.loc[runs["variant"] == found, "parameters"].iloc[0])
        start = f"with a cap of {cap:,} you chose {found!r}"
        require(size <= cap, f"{start}, which has {size:,} parameters: over the cap")
        allowed = runs[runs["parameters"] <= cap]
        strictly = runs[runs["parameters"] < cap]
        means = allowed.groupby("variant")["val_accuracy"].mean()
        sums = allowed.groupby("variant")["val_accuracy"].sum()
        for mistake, words in (
            (_best_run(runs, cap), "it has the best single run, which is luck: compare means"),
            (_largest(runs, cap), "it is the largest that fits, but not the most accurate"),
            (sums.idxmax(), "it has the largest sum, because it ran more often: compare means"),
            (means.idxmin(), "it has the lowest mean accuracy"),
            (
                choose_under_cap(strictly, cap) if len(strictly) else None,
                "a network with exactly as many parameters as the cap still fits",
            ),
        ):
            require(not found == mistake != expected, f"{start}: {words}")
        require(
            found == expected,
            f"{start} with a mean of {means[found]:.4f}; one that fits reaches "
            f"{means[expected]:.4f}",
        )


def _best_run(runs, cap):
    allowed = runs[runs["parameters"] <= cap]
    return allowed.loc[allowed["val_accuracy"].idxmax(), "variant"]


def _largest(runs, cap):
    allowed = runs[runs["parameters"] <= cap]
    return allowed.loc[allowed["parameters"].idxmax(), "variant"]


def _ignores_cap(runs, cap):
    return runs.groupby("variant")["val_accuracy"].mean().idxmax()


def _strictly_below(runs, cap):
    below = runs[runs["parameters"] < cap]
    if len(below) == 0:
        return "narrow"
    return below.groupby("variant")["val_accuracy"].mean().idxmax()


def _worst(runs, cap):
    allowed = runs[runs["parameters"] <= cap]
    return allowed.groupby("variant")["val_accuracy"].mean().idxmin()


def _its_accuracy(runs, cap):
    return runs[runs["parameters"] <= cap].groupby("variant")["val_accuracy"].mean().max()


def _its_row(runs, cap):
    return runs[runs["parameters"] <= cap]["val_accuracy"].idxmax()


def _by(measure):
    """The best under the cap by another measure than the mean."""

    def choose(runs, cap):
        allowed = runs[runs["parameters"] <= cap]
        return allowed.groupby("variant")["val_accuracy"].agg(measure).idxmax()

    return choose


def _mean_minus_sd(values):
    return values.mean() - values.std()


def _choose_in_a_loop(runs, cap):
    scores = {}
    for _, row in runs.iterrows():
        if row["parameters"] <= cap:
            scores.setdefault(row["variant"], []).append(row["val_accuracy"])
    return max(scores, key=lambda name: sum(scores[name]) / len(scores[name]))


def _choose_sorted(runs, cap):
    means = runs.query("parameters <= @cap").groupby("variant", as_index=False).mean()
    return means.sort_values("val_accuracy")["variant"].iloc[-1]


def _choose_by_pivot(runs, cap):
    wide = runs[runs["parameters"].le(cap)].pivot(
        index="seed", columns="variant", values="val_accuracy"
    )
    return np.str_(wide.mean().idxmax())


def _first_seed_only(runs, cap):
    return choose_under_cap(runs[runs["seed"] == 0], cap)


# --- 13.3 ------------------------------------------------------------------------------------


def _summary(shift: int = 0) -> pd.DataFrame:
    """Error and standard error of each, in percent; the bar lies at 3.0 + 0.4."""
    names = ["giant", "large", "medium", "small", "mini"]
    table = pd.DataFrame(
        {
            "parameters": [400_000, 200_000, 80_000, 20_000, 3_000],
            "error": [3.2, 3.0, 3.35, 3.45, 10.0],
            "standard error": [0.1, 0.4, 0.2, 1.2, 0.5],
        },
        index=names,
    )
    return table.iloc[np.roll(np.arange(5), shift)]


def _on_the_bar() -> pd.DataFrame:
    """The same, but the bar lies at 3.0 + 0.25, where "small" lies as well: both are exact."""
    table = _summary()
    table.loc["large", "standard error"] = 0.25
    table.loc["small", "error"] = 3.25
    return table


def occam(table):
    best = table.loc[table["error"].idxmin()]
    bar = best["error"] + best["standard error"]
    return table[table["error"] <= bar]["parameters"].idxmin()


def _call_occam(answer, table: pd.DataFrame):
    """Call, and say in plain words what an empty choice means."""
    try:
        return call(answer, table, shown="occam(table)")
    except NotYet as problem:
        if "empty" not in str(problem):
            raise
        raise NotYet(
            "no network passes your bar, not even the best: the bar is its error *plus* its "
            "standard error"
        ) from None


def _check_occam(answer):
    for table in (_summary(), _summary(3), _summary().drop("medium"), _on_the_bar()):
        found = _call_occam(answer, table)
        require(
            isinstance(found, str),
            f"the name of a network, from the index, is asked for; yours is {found!r}",
        )
        require(found in table.index, f"{found!r} is none of {list(table.index)}")
        expected, best = occam(table), table["error"].idxmin()
        bar = table.loc[best, "error"] + table.loc[best, "standard error"]
        error = table.loc[found, "error"]
        for mistake, words in (
            (_strictly_under_the_bar(table), f"{expected!r} lies exactly on the bar, and *at "
             "most* means that it passes"),
            (best, "that is the best one itself: the bar lies one standard error *above* "
             "its error, and smaller networks pass"),
            (table["parameters"].idxmin(), "it is the smallest of all, but misreads far more "
             "than the best"),
            (_own_error(table), "its own standard error is wide; the bar is set by the best one, "
             "its error plus its standard error"),
            (_first_that_passes(table), f"it passes the bar, but {expected!r} does so with fewer "
             "parameters"),
        ):  # fmt: skip
            require(not found == mistake != expected, f"you chose {found!r}: {words}")
        start = f"you chose {found!r} with an error of {error:.1f} %"
        require(error <= bar, f"{start}; the bar is {bar:.1f} %")
        require(
            found == expected,
            f"{start}; {expected!r} passes the bar of {bar:.1f} % with fewer parameters",
        )


def _occam_in_a_loop(table):
    best = min(range(len(table)), key=lambda i: table["error"].iloc[i])
    bar = table["error"].iloc[best] + table["standard error"].iloc[best]
    smallest = None
    for name, row in table.iterrows():
        passes = row["error"] <= bar
        if passes and (smallest is None or row["parameters"] < table.at[smallest, "parameters"]):
            smallest = name
    return smallest


def _occam_sorted(table):
    ranked = table.sort_values("error")
    bar = ranked[["error", "standard error"]].iloc[0].sum()
    return ranked[ranked["error"].le(bar)].sort_values("parameters").index[0]


def _occam_in_numpy(table):
    error = table["error"].to_numpy()
    bar = error.min() + table["standard error"].to_numpy()[error.argmin()]
    sizes = np.where(error <= bar, table["parameters"], np.inf)
    return np.str_(table.index[sizes.argmin()])


def _the_best(table):
    return table["error"].idxmin()


def _smallest_of_all(table):
    return table["parameters"].idxmin()


def _error_as_accuracy(table):
    best = table.loc[table["error"].idxmax()]
    good = table[table["error"] >= best["error"] - best["standard error"]]
    return good["parameters"].idxmin()


def _own_error(table):
    good = table[table["error"] - table["standard error"] <= table["error"].min()]
    return good["parameters"].idxmin()


def _subtracts(table):
    best = table.loc[table["error"].idxmin()]
    good = table[table["error"] <= best["error"] - best["standard error"]]
    return good["parameters"].idxmin() if len(good) else best.name


def _subtracts_and_fails(table):
    best = table.loc[table["error"].idxmin()]
    good = table[table["error"] <= best["error"] - best["standard error"]]
    return good["parameters"].idxmin()


def _strictly_under_the_bar(table):
    best = table.loc[table["error"].idxmin()]
    return table[table["error"] < best["error"] + best["standard error"]]["parameters"].idxmin()


def _first_that_passes(table):
    best = table.loc[table["error"].idxmin()]
    good = table[table["error"] <= best["error"] + best["standard error"]]
    return good["parameters"].idxmax()


def _last_that_passes(table):
    best = table.loc[table["error"].idxmin()]
    return table[table["error"] <= best["error"] + best["standard error"]].index[-1]


def _with_bar(bar):
    """The smallest network under another bar."""

    def choose(table):
        best = table.loc[table["error"].idxmin()]
        return table[table["error"] <= bar(best)]["parameters"].idxmin()

    return choose


def _its_number(table):
    best = table.loc[table["error"].idxmin()]
    return table[table["error"] <= best["error"] + best["standard error"]]["parameters"].min()


EXERCISES = (
    Exercise(
        id="13.1",
        title="the widest network that fits a budget",
        solution=widest,
        reason="Widen it until the next width would cost too much. `cost` is Day 9's count for "
        "[784, width, ..., width, 10]: 784 × width weights from the pixels, width × width between "
        "two hidden layers (so depth - 1 times), 10 × width to the answers, and a bias for "
        "every unit. In the lesson it is parameters([width] * depth).",
        check=_check_widest,
        hints=(
            "`[width] * depth` is a list of hidden layers, and `parameters` says what it costs.",
            "Start with width 1 and widen it as long as the *next* width still fits: "
            "`while parameters([width + 1] * depth) <= cap:`",
            "Inside the loop `width += 1`; after it `return width`.",
        ),
        right=(_widest_by_formula, _widest_from_above, _widest_of_a_table),
        wrong=(
            (_first_too_wide, "the last width that still fits"),
            (_no_biases, "count every bias"),
            (_below_the_cap, "exactly the cap"),
            (_as_text, "one width is asked for"),
            (_all_see_pixels, "only the first hidden layer sees the 784 pixels"),
            (_one_layer, "that fits with one hidden layer"),
            (_one_too_deep, "blocks between them"),
            (_its_parameters, "not the parameters"),
            (_list_of_widths, "one width is asked for"),
            (_always_50, "a wider one fits as well"),
        ),
    ),
    Exercise(
        id="13.2",
        title="choose a network under a cap",
        solution=choose_under_cap,
        reason="First the rows that are allowed, then one mean per variant, then the name of the "
        "highest. The mean comes before the maximum: the maximum of single runs picks luck.",
        check=_check_choose,
        hints=(
            "First keep the rows that are allowed, with a mask: `runs[runs[...] <= cap]`.",
            'Then `groupby("variant")` and the mean of `val_accuracy`: one number per variant.',
            "`idxmax()` gives the name at which a Series is highest (Day 3).",
        ),
        right=(_choose_in_a_loop, _choose_sorted, _choose_by_pivot),
        wrong=(
            (_best_run, "best single run"),
            (_ignores_cap, "over the cap"),
            (_largest, "the largest that fits"),
            (_strictly_below, "exactly as many parameters as the cap"),
            (_worst, "lowest mean accuracy"),
            (_its_accuracy, "the name of a variant is asked for"),
            (_its_row, "the name of a variant is asked for"),
            (_first_seed_only, "one that fits reaches"),
            (_by("sum"), "it ran more often"),
            (_by("median"), "one that fits reaches"),
            (_by("min"), "one that fits reaches"),
            (_by(_mean_minus_sd), "one that fits reaches"),
        ),
    ),
    Exercise(
        id="13.3",
        title="Occam's razor: the smallest network that is as good",
        solution=occam,
        reason="An error within one standard error of the best can hardly be told from it by these "
        "runs, so the parameters decide. This one-standard-error rule comes from Breiman, "
        "Friedman, Olshen and Stone, 1984.",
        check=_check_occam,
        hints=(
            'The row of the best: `best = table.loc[table["error"].idxmin()]`. The bar is its '
            "error plus its standard error.",
            "Keep the rows whose error is at most the bar.",
            'Of those, the name with the fewest parameters: `good["parameters"].idxmin()`.',
        ),
        right=(_occam_in_a_loop, _occam_sorted, _occam_in_numpy),
        wrong=(
            (_the_best, "one standard error *above*"),
            (_smallest_of_all, "the smallest of all"),
            (_error_as_accuracy, "misreads far more"),
            (_own_error, "its own standard error is wide"),
            (_with_bar(lambda best: best["error"] + 2 * best["standard error"]), "you chose"),
            (_with_bar(lambda best: 1.1 * best["error"]), "you chose"),
            (_with_bar(lambda best: best["error"] + 0.5), "you chose"),
            (_strictly_under_the_bar, "exactly on the bar"),
            (_subtracts, "one standard error *above*"),
            (_subtracts_and_fails, "no network passes your bar"),
            (_last_that_passes, "you chose"),
            (_first_that_passes, "does so with fewer parameters"),
            (_its_number, "the name of a network"),
        ),
    ),
)
