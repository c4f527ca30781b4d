"""Day 1: a digit as text, a sentence with a count in it, labels counted with a dictionary."""

import itertools
import random
import re
from collections import Counter

import numpy as np

from .engine import Exercise, NotYet, call, require

SIDE = 28
LABELS = [7, 2, 1, 0, 4, 1, 4, 9, 1]  # three 1s, two 4s, no 3


def _image(seed: int) -> list[list[int]]:
    """Random pixels, with both sides of the border between ink and paper in every row."""
    chance = random.Random(seed)
    middle = [[chance.choice((0, 60, 200, 255)) for _ in range(SIDE - 2)] for _ in range(SIDE)]
    return [[127, *row, 128] for row in middle]


# --- 1.1 -------------------------------------------------------------------------------------


def as_line(row):  # as in the lesson
    line = ""
    for pixel in row:
        if pixel > 127:
            line += "#"
        else:
            line += "."
    return line


def as_text(image):
    text = ""
    for row in image:
        text = text + as_line(row) + "\n"
    return text


def _check_as_text(answer):
    for seed in (1, 2):
        image = _image(seed)
        array = np.array(image, dtype=np.uint8)  # as x_test[1]: it knows .tolist() too
        text = _call_with_rows(answer, array)
        require(text != "", "an empty text came back: do you add each row to it?")
        require(
            not isinstance(text, list | tuple),
            'a list came back: glue its lines into one text, with "\\n" between them',
        )
        require(isinstance(text, str), f"one text is expected, yours is {text!r:.60}")
        _check_lines(text, image)


def _call_with_rows(answer, image):
    try:
        return call(answer, image, shown="as_text(image)")
    except NotYet as problem:
        if "ambiguous" in str(problem):  # an array of 28 pixels compared with one number
            raise NotYet(
                "a whole row is compared with 127. An image is 28 rows of 28 pixels: loop over "
                "the rows, and give each row to as_line"
            ) from problem
        if "ufunc 'add'" in str(problem):  # a text and an array, or one of its pixels
            raise NotYet(
                "a number or a row of numbers is glued to a text: as_line(row) makes a text of "
                "a row"
            ) from problem
        if '(not "function")' in str(problem):
            raise NotYet(
                "a function is glued to a text: call it with a row, as_line(row), and glue what "
                "comes back"
            ) from problem
        raise


def _check_lines(text, image):
    expected = as_text(image).split()
    lines = text.strip("\n").split("\n")
    require("/n" not in text, 'the sign for a new line is "\\n", with a backslash, not "/n"')
    others = sorted(set(text) - set("#.\n"))
    require(not others, f"only # and . and new lines are expected, yours has {others[:1]} too")
    require(
        text.replace("\n", "") != "".join(expected) or len(lines) != 1,
        f'all {len(text)} characters stand in one line: end each row with "\\n"',
    )
    require(
        lines != expected[:1],
        "only the first row came back: is your `return` indented, inside the loop?",
    )
    require(
        lines != expected[-1:],
        "only the last row came back: add each row to the text, do not replace it",
    )
    require(
        lines != list("".join(expected)),
        "each line has a single character: add the new line after the row, not inside its loop",
    )
    require(
        lines != expected[::-1],
        "the rows stand in reverse order: add each new line behind the text, not before it",
    )
    require(
        [line for line in lines if line] != expected or len(lines) == SIDE,
        'there are empty lines between the rows: one "\\n" after each row is enough',
    )
    require(
        len(lines) == SIDE and all(len(line) == SIDE for line in lines),
        f"28 lines of 28 characters are expected, yours has {len(lines)} lines, "
        f"the first of {len(lines[0])} characters",
    )
    _check_characters(lines, expected, image)


def _check_characters(lines, expected, image):
    turned = ["".join(column) for column in zip(*lines, strict=True)]
    require(turned != expected, "rows and columns are swapped: a row becomes one line of text")
    swapped = "".join(lines).translate(str.maketrans("#.", ".#"))
    require(swapped != "".join(expected), "ink and paper are swapped: # stands for ink")
    for row, values in enumerate(image):
        for column, pixel in enumerate(values):
            right, yours = expected[row][column], lines[row][column]
            require(
                yours == right,
                f"row {row}, column {column}: the pixel is {pixel}, so {right} is expected "
                f"(# only above 127), yours is {yours}",
            )


def _text_never_begun(image):
    for row in image:
        text = text + as_line(row) + "\n"  # noqa: F821
    return text


def _text_by_join(image):
    return "\n".join("".join("#" if pixel > 127 else "." for pixel in row) for row in image)


def _text_by_places(image):
    text = ""
    for row in range(28):
        for column in range(28):
            text += ".#"[int(image[row][column] >= 128)]
        text += "\n"
    return text


def _text_in_numpy(image):
    signs = np.where(np.asarray(image) > 127, "#", ".")
    return "\n".join(map("".join, signs)) + "\n"


def _as_lines(image):
    return as_text(image).split()


def _without_new_lines(image):
    return as_text(image).replace("\n", "")


def _with_slash(image):
    return as_text(image).replace("\n", "/n")


def _first_row_only(image):
    for row in image:
        return as_text([row])


def _last_row_only(image):
    for row in image:
        text = as_text([row])
    return text


def _one_pixel_a_line(image):
    return "\n".join(as_text(image).replace("\n", ""))


def _inverted(image):
    return as_text(image).translate(str.maketrans("#.", ".#"))


def _transposed(image):
    return as_text(zip(*image, strict=True))


def _upwards(image):
    return as_text(image[::-1])


def _with_empty_lines(image):
    return as_text(image).replace("\n", "\n\n")


def _rows_as_they_are(image):
    text = ""
    for row in image:
        text = text + row + "\n"
    return text


def _as_line_without_brackets(image):
    text = ""
    for _ in image:
        text = text + as_line + "\n"
    return text


def _from_127(image):
    return as_text([[int(pixel) + 1 for pixel in row] for row in image])


def _any_ink(image):
    return as_text([[255 * (pixel > 0) for pixel in row] for row in image])


def _with_spaces(image):
    return as_text(image).replace(".", " ")


# --- 1.2 -------------------------------------------------------------------------------------


def score(answers, truths):
    right = 0
    for answer, truth in zip(answers, truths, strict=True):
        if answer == truth:
            right = right + 1
    return f"{right} of {len(answers)} right"


def _check_score(answer):
    cases = (
        ([7, 2, 1, 0, 4, 9], [7, 2, 1, 6, 4, 5]),
        ([3, 5, 8, 8, 1], [3, 5, 3, 3, 7]),
        ([4], [9]),
        ([4, 4, 4], [4, 4, 4]),
        ([6, 0, 2, 5, 9], [0, 6, 2, 5, 1]),
        ([3, 5, 2], [9, 5, 2]),
    )
    sentences = []
    for answers, truths in cases:
        shown = f"score({answers}, {truths})"
        found = call(answer, answers, truths, shown=shown)
        require(
            isinstance(found, str),
            f"{shown} should return a sentence, yours is {found!r}: put it into an f-string",
        )
        require(
            "{" not in found,
            f'the braces are still there, yours is "{found}": write f before the first quote',
        )
        sentences.append(_plain(found))
    whole = {
        tuple(map(_plain, itertools.starmap(slip, cases)))
        for slip in (_compares_whole_lists, _compares_whole_lists_in_the_loop)
    }
    require(
        tuple(sentences) not in whole,
        "the two whole lists are compared (`answers == truths`); compare one answer with one "
        "truth, pair by pair: `answer == truth` inside the loop",
    )
    single = {tuple(f"{int(a[i] == t[i])} of {len(a)} right" for a, t in cases) for i in (0, -1)}
    require(
        tuple(sentences) not in single,
        f'score{cases[0]} should return "{score(*cases[0])}", yours is "{sentences[0]}", which '
        "counts a single pair: `right = 0` stands before the loop and `return` after it, "
        "not inside",
    )
    for found, (answers, truths) in zip(sentences, cases, strict=True):
        shown = f"score({answers}, {truths})"
        _check_sentence(found, score(answers, truths), answers, truths, shown)


def _compares_whole_lists(answers, truths):
    return f"{int(answers == truths)} of {len(answers)} right"


def _compares_whole_lists_in_the_loop(answers, truths):
    right = 0
    for _ in answers:
        if answers == truths:
            right = right + 1
    return f"{right} of {len(answers)} right"


def _check_sentence(found, expected, answers, truths, shown):
    total, right = len(answers), int(expected.split()[0])
    require(
        found == expected or found != f"{total - right} of {total} right",
        f"{shown}: {total - right} are wrong, {right} right; count where the two are equal",
    )
    require(
        found == expected or not re.match(rf"{right} of {total}\b", found),
        f'{shown}: the numbers are right, the words are not: "{expected}" is expected, yours is '
        f'"{found}"',
    )
    require(
        found == expected or not found.startswith(f"{right} of "),
        f'{shown} should return "{expected}", yours is "{found}": how many answers are there?',
    )
    anywhere = sum(one in truths for one in answers)
    require(
        found == expected or found != f"{anywhere} of {total} right",
        f'{shown} should return "{expected}", yours is "{found}": an answer is right when it '
        "equals the truth at the same place, not somewhere in the list",
    )
    require(found == expected, f'{shown} should return "{expected}", yours is "{found}"')


def _plain(sentence: str) -> str:
    """Spaces, capitals and a full stop make no difference."""
    return " ".join(sentence.split()).rstrip(".").lower()


def _score_with_zip_and_sum(answers, truths):
    hits = sum(a == t for a, t in zip(answers, truths, strict=True))
    return str(hits) + " of " + str(len(truths)) + " right"


def _score_by_index(answers, truths):
    right = 0
    for i in range(len(answers)):
        right += answers[i] == truths[i]
    return "%d of %d right." % (right, len(answers))  # noqa: UP031


def _score_in_numpy(answers, truths):
    return f"{np.equal(answers, truths).sum()} of {np.size(answers)} right"


def _count_right(answers, truths):
    return int(score(answers, truths).split()[0])


def _score_without_f(answers, truths):
    return "{right} of {len(answers)} right"


def _counts_the_wrong_ones(answers, truths):
    return f"{len(answers) - _count_right(answers, truths)} of {len(answers)} right"


def _always_of_100(answers, truths):
    return f"{_count_right(answers, truths)} of 100 right"


def _returns_inside_the_loop(answers, truths):
    return f"{int(answers[0] == truths[0])} of {len(answers)} right"


def _starts_again_inside_the_loop(answers, truths):
    return f"{int(answers[-1] == truths[-1])} of {len(answers)} right"


def _glues_number_to_text(answers, truths):
    return _count_right(answers, truths) + " of " + len(answers) + " right"


def _somewhere_in_the_list(answers, truths):
    return f"{sum(answer in truths for answer in answers)} of {len(answers)} right"


def _in_both_sets(answers, truths):
    return f"{len(set(answers) & set(truths))} of {len(answers)} right"


def _other_words(answers, truths):
    return score(answers, truths).replace("right", "are right")


def _all_right(answers, truths):
    return f"{len(answers)} of {len(answers)} right"


# --- 1.3 -------------------------------------------------------------------------------------


def count_labels(labels):
    counts = {}
    for label in labels:
        if label in counts:
            counts[label] = counts[label] + 1
        else:
            counts[label] = 1
    return counts


def _check_count_labels(answer):
    for labels in (LABELS, [8, 8, 3, 8, 6]):
        shown = f"count_labels({labels})"
        counts = _call_with_hint(answer, labels, shown)
        require(
            isinstance(counts, dict),
            f"a dictionary such as {{7: 1, 2: 1}} is expected, yours is {counts!r}",
        )
        text = [key for key in counts if isinstance(key, str)]
        require(
            not text,
            f"the keys should be numbers like 7, yours are text like {text[:1]}: no quotes needed",
        )
        _check_counts({k: v for k, v in counts.items() if v != 0}, labels, shown)


def _call_with_hint(answer, labels, shown):
    try:
        return call(answer, list(labels), shown=shown)
    except NotYet as problem:
        if "KeyError" in str(problem):
            raise NotYet(
                f"{problem}. The dictionary has no entry for that label yet: ask "
                "`if label in counts` before you add to it"
            ) from problem
        raise


def _check_counts(counts, labels, shown):
    expected = count_labels(labels)
    one_more = {label: n + 1 for label, n in expected.items()}
    require(
        counts == expected or counts != one_more,
        f"{shown}: each count is one too high. The first time, the count is 1 and is not raised "
        "again: is there an `else`?",
    )
    require(
        counts == expected or counts != dict.fromkeys(expected, 1),
        f"{shown}: every count is 1, but there are {max(expected.values())} of the "
        "commonest label. Add 1 to the count that is there instead of replacing it",
    )
    require(
        counts == expected or counts != {label: n - 1 for label, n in expected.items() if n > 1},
        f"{shown}: each count is one too low. What should it be after the first time?",
    )
    require(
        counts == expected or counts != count_labels(labels[:1]),
        f"{shown}: only the first label was counted: is your `return` indented, inside the loop?",
    )
    require(
        counts != {},
        f"{shown} should return {expected}, yours is empty: the first time a label comes, it is "
        "not in the dictionary yet. What does your function do then?",
    )
    require(
        counts == expected or counts != count_labels(labels[-1:]),
        f"{shown}: only the last label is left: `counts = {{}}` stands before the loop, not inside",
    )
    more = [key for key, count in counts.items() if count > expected.get(key, 0)]
    require(
        not more or expected.keys() - counts.keys(),
        f"{shown} should return {expected}, yours is {counts}, with more than was there: does "
        "your function begin with an empty dictionary, `counts = {}`, of its own?",
    )
    require(counts == expected, f"{shown} should return {expected}, yours is {counts}")


def _replaces_the_count(labels):
    counts = {}
    for label in labels:
        counts[label] = 1
    return counts


def _starts_with_zero(labels):
    return {label: count - 1 for label, count in count_labels(labels).items()}


def _always_adds_one(labels):
    counts = {}
    for label in labels:
        if label not in counts:
            counts[label] = 1
        counts[label] = counts[label] + 1
    return counts


def _counts_with_get(labels):
    counts = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return counts


def _counts_of_collections(labels):
    return Counter(labels)


def _counts_by_comprehension(labels):
    return {digit: labels.count(digit) for digit in range(10)}


def _counts_in_numpy(labels):
    found, counts = np.unique(labels, return_counts=True)
    return dict(zip(found, counts, strict=True))


def _adds_to_nothing(labels):
    counts = {}
    for label in labels:
        counts[label] = counts[label] + 1
    return counts


def _counts_the_first_only(labels):
    return count_labels(labels[:1])


def _never_begins(labels):
    counts = {}
    for label in labels:
        if label in counts:
            counts[label] = counts[label] + 1
    return counts


def _begins_inside_the_loop(labels):
    for label in labels:
        counts = {}
        counts[label] = counts.get(label, 0) + 1
    return counts


def _ten_counts(labels):
    return [labels.count(digit) for digit in range(10)]


def _begins_with_the_tally(labels):
    return count_labels([7, 2, *labels])


def _keys_as_text(labels):
    return {str(label): count for label, count in count_labels(labels).items()}


def _how_many_labels(labels):
    return len(labels)


def _places_instead(labels):
    return dict(enumerate(labels))


EXERCISES = (
    Exercise(
        id="1.1",
        title="a digit as text",
        solution=as_text,
        reason="as_line, from the lesson, makes the line of one row; it is added to the text made "
        "so far, with a new line at its end. `return` is not indented under the loop, so it "
        "waits until every row is done.",
        check=_check_as_text,
        hints=(
            'Begin with an empty text, `text = ""`, and loop over the rows of the image.',
            'In the loop, add the line of this row and a new line: `+ as_line(row) + "\\n"`.',
            'Four lines: `text = ""`, `for row in image:`, indented under it '
            '`text = text + as_line(row) + "\\n"`, and, not under it, `return text`.',
        ),
        wrong=(
            (_as_lines, "a list came back"),
            (lambda image: as_line(image), "a whole row is compared"),
            (_without_new_lines, "stand in one line"),
            (_with_slash, "with a backslash"),
            (_first_row_only, "only the first row"),
            (_last_row_only, "only the last row"),
            (_one_pixel_a_line, "a single character"),
            (lambda image: "", "an empty text"),
            (_inverted, "ink and paper are swapped"),
            (_transposed, "rows and columns are swapped"),
            (_upwards, "in reverse order"),
            (_with_empty_lines, "empty lines between the rows"),
            (_rows_as_they_are, "as_line(row) makes a text of a row"),
            (_as_line_without_brackets, "call it with a row"),
            (_from_127, "the pixel is 127, so . is expected"),
            (_any_ink, "the pixel is 127, so . is expected"),
            (_with_spaces, "only # and ."),
            (_text_never_begun, "A name needs its first value before the loop"),
        ),
        right=(_text_by_join, _text_by_places, _text_in_numpy),
    ),
    Exercise(
        id="1.2",
        title="say how many are right",
        solution=score,
        reason="The counter starts at 0 before the loop, grows by 1 for each pair that is equal, "
        "and is read after the loop. In an f-string, what stands in braces is worked out: "
        "{len(answers)} becomes the number of answers.",
        check=_check_score,
        hints=(
            "The loop above counts the wrong answers of a hundred images. Here both lists are "
            "there already, and you count the right ones: `==` asks whether two values are equal.",
            "`right = 0` before the loop, `right = right + 1` inside the `if`, `return` after "
            "the loop.",
            'The last line is `return f"{right} of {len(answers)} right"`.',
        ),
        wrong=(
            (_count_right, "put it into an f-string"),
            (_score_without_f, "write f before the first quote"),
            (_counts_the_wrong_ones, "count where the two are equal"),
            (_always_of_100, "how many answers are there"),
            (_returns_inside_the_loop, "not inside"),
            (_starts_again_inside_the_loop, "counts a single pair"),
            (_glues_number_to_text, "stopped with TypeError"),
            (_somewhere_in_the_list, "at the same place"),
            (_in_both_sets, 'should return "3 of 3 right", yours is "1 of 3 right"'),
            (_other_words, "the words are not"),
            (_compares_whole_lists, "compare one answer with one truth"),
            (_compares_whole_lists_in_the_loop, "compare one answer with one truth"),
            (_all_right, 'should return "4 of 6 right", yours is "6 of 6 right"'),
        ),
        right=(_score_with_zip_and_sum, _score_by_index, _score_in_numpy),
    ),
    Exercise(
        id="1.3",
        title="count labels with a dictionary",
        solution=count_labels,
        reason="The first time a label comes, it gets an entry with the count 1; every further "
        "time, its count grows by 1. `in` asks whether there is an entry.",
        check=_check_count_labels,
        hints=(
            "Begin with an empty dictionary, `counts = {}`, and loop over the labels.",
            "For each label: `if label in counts`, add 1 to its count, as for the 7 above; "
            "`else`, it is new and its count is 1.",
            "Under the `if`: `counts[label] = counts[label] + 1`. Under the `else`: "
            "`counts[label] = 1`. After the loop: `return counts`.",
        ),
        wrong=(
            (_always_adds_one, "one too high"),
            (_replaces_the_count, "every count is 1"),
            (_starts_with_zero, "one too low"),
            (_adds_to_nothing, "has no entry for that label yet"),
            (_counts_the_first_only, "only the first label"),
            (_never_begins, "yours is empty"),
            (_begins_inside_the_loop, "only the last label is left"),
            (_begins_with_the_tally, "begin with an empty dictionary"),
            (_ten_counts, "a dictionary such as"),
            (_keys_as_text, "the keys should be numbers"),
            (_how_many_labels, "a dictionary such as"),
            (_places_instead, "should return"),
        ),
        right=(
            *(_counts_with_get, _counts_of_collections, _counts_by_comprehension),
            _counts_in_numpy,
        ),
    ),
)
