"""Day 16: what comes out of the blocks, McNemar's test from counts, who minds shuffled pixels."""

import math

from scipy.stats import binom, binomtest

from .engine import Exercise, NotYet
from .suspects import Case, judge, number, sort_letters

# --- 16.1 ------------------------------------------------------------------------------------


def flattened(side, filters):
    for _ in filters:
        side = (side - 2) // 2
    return side * side * filters[-1]


_NETWORKS = [
    Case(f"flattened({side}, {filters})", (side, filters))
    for side, filters in (
        *((28, [32, 64]), (28, [8]), (28, [16, 32, 64])),
        *((32, [10, 20]), (27, [5, 7]), (64, [3, 4, 6])),
    )
]


def _check_flattened(answer):
    judge(answer, flattened, _NETWORKS, slips=_FLAT_SLIPS, form=number, within=1e-9)


def _padded(side, filters):
    for _ in filters:
        side = side // 2
    return side * side * filters[-1]


def _rounded_up(side, filters):
    for _ in filters:
        side = -(-(side - 2) // 2)
    return side * side * filters[-1]


def _three_lost(side, filters):
    for _ in filters:
        side = (side - 3) // 2
    return side * side * filters[-1]


def _all_filters(side, filters):
    return flattened(side, filters) // filters[-1] * math.prod(filters)


def _sum_of_filters(side, filters):
    return flattened(side, filters) // filters[-1] * sum(filters)


def _places_only(side, filters):
    return flattened(side, filters) // filters[-1]


def _one_side(side, filters):
    for _ in filters:
        side = (side - 2) // 2
    return side * filters[-1]


def _no_pooling(side, filters):
    return (side - 2 * len(filters)) ** 2 * filters[-1]


def _first_filters(side, filters):
    return flattened(side, filters) // filters[-1] * filters[0]


def _not_rounded(side, filters):
    for _ in filters:
        side = (side - 2) / 2
    return side * side * filters[-1]


def _pooled_first(side, filters):
    for _ in filters:
        side = side // 2 - 2
    return side * side * filters[-1]


def _always_two_blocks(side, filters):
    return flattened(side, [1, filters[-1]])


_FLAT_SLIPS = (
    (_not_rounded, "pooling leaves out an odd last row: round down"),
    (_pooled_first, "in each block the convolution comes first, then the pooling"),
    (_always_two_blocks, "there is a block for each number in `filters`, not always two"),
    (_padded, "a window of 3 without padding has two places fewer than there are pixels"),
    (_rounded_up, "pooling leaves out an odd last row: round down"),
    (_three_lost, "a window of 3 has side - 2 places"),
    (_all_filters, "each filter looks at all channels: only the last number of filters counts"),
    (_sum_of_filters, "only what the last block gives is flattened"),
    (_places_only, "at each place there is one value per filter"),
    (_one_side, "a map has rows and columns"),
    (_no_pooling, "each block pools too: half the side, rounded down"),
    (_first_filters, "the last block has the last number of filters"),
)


def _by_keras(side, filters):
    from keras import Input, Sequential, layers

    stack = []
    for number_of_filters in filters:
        stack += [layers.Conv2D(number_of_filters, 3), layers.MaxPooling2D(2)]
    return Sequential([Input((side, side, 1)), *stack, layers.Flatten()]).output_shape[1]


def _by_recursion(side, filters):
    rest = (side - 2) // 2
    return _by_recursion(rest, filters[1:]) if len(filters) > 1 else rest**2 * filters[0]


def _as_a_float(side, filters):
    for _ in filters:
        side = math.floor(side / 2 - 1)
    return float(side**2 * filters[-1])


# --- 16.2 ------------------------------------------------------------------------------------


def p_value(both_right, only_a, only_b, both_wrong):
    import math

    n, fewer = only_a + only_b, min(only_a, only_b)
    one_side = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return min(1, 2 * one_side)


_TABLES = [
    Case(f"p_value{counts}", counts)
    for counts in (
        *((5880, 65, 20, 35), (90, 6, 1, 3), (50, 3, 9, 40), (900, 0, 5, 95), (80, 4, 4, 12)),
        *((700, 30, 18, 2), (10, 1, 2, 1)),
    )
]


def _check_p_value(answer):
    judge(answer, p_value, _TABLES, slips=_P_SLIPS, form=number, within=1e-4)


def _one_sided(both_right, only_a, only_b, both_wrong):
    return p_value(both_right, only_a, only_b, both_wrong) / 2 if only_a != only_b else (
        binom.cdf(only_a, only_a + only_b, 0.5)
    )  # fmt: skip


def _all_errors(both_right, only_a, only_b, both_wrong):
    return p_value(0, only_a + both_wrong, only_b + both_wrong, 0)


def _all_digits(both_right, only_a, only_b, both_wrong):
    total = both_right + only_a + only_b + both_wrong
    return min(1, 2 * binom.cdf(min(only_a, only_b), total, 0.5))


def _exactly_so(both_right, only_a, only_b, both_wrong):
    n = only_a + only_b
    return 2 * math.comb(n, min(only_a, only_b)) / 2**n


def _strictly_fewer(both_right, only_a, only_b, both_wrong):
    return min(1, 2 * binom.cdf(min(only_a, only_b) - 1, only_a + only_b, 0.5))


def _not_capped(both_right, only_a, only_b, both_wrong):
    return 2 * binom.cdf(min(only_a, only_b), only_a + only_b, 0.5)


def _only_a(both_right, only_a, only_b, both_wrong):
    return min(1, 2 * binom.cdf(only_a, only_a + only_b, 0.5))


def _chi_square(both_right, only_a, only_b, both_wrong):
    from scipy.stats import chi2

    return chi2.sf((only_a - only_b) ** 2 / (only_a + only_b), 1)


def _complement(both_right, only_a, only_b, both_wrong):
    return 1 - p_value(both_right, only_a, only_b, both_wrong)


def _the_larger(both_right, only_a, only_b, both_wrong):
    return min(1, 2 * binom.cdf(max(only_a, only_b), only_a + only_b, 0.5))


_P_SLIPS = (
    (_the_larger, "as few as the *smaller* count: add up from 0 to that"),
    (_one_sided, "either side may get so few: twice the sum, at most 1"),
    (_all_errors, "digits that both misread tell nothing about who is better"),
    (_all_digits, "only digits that exactly one reads are tosses of the coin"),
    (_exactly_so, "so few, or fewer: add up from 0 to the smaller count"),
    (_strictly_fewer, "the smaller count itself belongs to the sum"),
    (_not_capped, "a probability is at most 1"),
    (_only_a, "the smaller of the two counts, whichever side it is on"),
    (_chi_square, "that is the chi-square approximation: with few digits it is too rough"),
    (_complement, "1 minus the p value: the p value is the probability of so uneven a split"),
)


def _by_scipy(both_right, only_a, only_b, both_wrong):
    return binomtest(only_a, only_a + only_b).pvalue


def _by_doubled_tail(both_right, only_a, only_b, both_wrong):
    tail = binom.sf(max(only_a, only_b) - 1, only_a + only_b, 0.5)
    return min(1.0, 2 * tail)


def _both_tails(both_right, only_a, only_b, both_wrong):
    n, gap = only_a + only_b, abs(only_a - only_b)
    return sum(math.comb(n, k) * 0.5**n for k in range(n + 1) if abs(n - 2 * k) >= gap)


# --- 16.3 ------------------------------------------------------------------------------------

unharmed = {"A", "C", "D", "F"}

_HARMED = {
    "B": "its windows hold pixels that were no neighbours before",
    "E": "it keeps the largest of four pixels, which belonged together before the shuffling only",
}


def _check_unharmed(answer):
    found, missing = sort_letters(answer, unharmed, _HARMED, "is harmed")
    if missing:
        raise NotYet(
            f"{found} right, {len(missing)} missing. Ask of each network: would another "
            "order of the pixels change what it can compute?"
        )


EXERCISES = (
    Exercise(
        id="16.1",
        title="what comes out of the blocks",
        solution=flattened,
        reason="The convolution takes two pixels off the side, the pooling halves the rest and "
        "rounds down, once per block. At each place that is left there is one value for each "
        "filter of the last block; earlier filters are channels, which are added up.",
        check=_check_flattened,
        hints=(
            "Follow the side alone: 28, 26, 13, ... What does one block do to it?",
            "In a loop over filters: side = (side - 2) // 2.",
            "A map has side * side places, and the last block has filters[-1] maps.",
        ),
        wrong=tuple((slip, words.split(":")[0]) for slip, words in _FLAT_SLIPS),
        right=(_by_keras, _by_recursion, _as_a_float),
    ),
    Exercise(
        id="16.2",
        title="McNemar's test from four counts",
        solution=p_value,
        reason="Only digits that exactly one network reads can tell who is better. If both were "
        "equally good, each would fall to A or B like a coin. The sum is the probability of so "
        "few on one given side; either side may be the poor one, so it counts twice. With equal "
        "counts the middle would count twice as well, hence the cap at 1.",
        check=_check_p_value,
        hints=(
            "Two of the four counts are of no use. Which?",
            "n = only_a + only_b tosses. How many of the 2**n results show k heads? Add them up "
            "for k from 0 to the smaller count.",
            "sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n is one side; take twice that, "
            "and at most 1.",
        ),
        wrong=tuple((slip, words.split(":")[0]) for slip, words in _P_SLIPS),
        right=(_by_scipy, _by_doubled_tail, _both_tails),
    ),
    Exercise(
        id="16.3",
        title="who minds shuffled pixels",
        solution=unharmed,
        reason="A network is harmed when it treats neighbours in a special way. Dense layers do "
        "not (A). A window of one pixel has no neighbours (C), and one as large as the image has "
        "all pixels, each with a weight of its own (D). A mean over everything knows no order at "
        "all (F): it reads badly, but no worse. B and E put together what no longer belongs "
        "together.",
        check=_check_unharmed,
        hints=(
            "Four of the six are right.",
            "Imagine the first layer: does it combine some pixels and not others, because of "
            "where they are?",
            "How many places has a window of 28 × 28 on an image of 28 × 28? How many neighbours "
            "are in a window of 1 × 1?",
        ),
        wrong=(
            ({"A"}, "1 right, 3 missing"),
            ({"A", "F"}, "2 right, 2 missing"),
            ({"A", "B"}, "B is harmed"),
            ("ACDEF", "E is harmed"),
            ({"A", "C", "D"}, "3 right, 1 missing"),
            ({"A", "G"}, "from A to F"),
            (4, "a set of letters is asked for"),
        ),
        right=("ACDF", ["a", "c", "d", "f"], "A, C, D and F", ("F", "D", "C", "A")),
    ),
)
