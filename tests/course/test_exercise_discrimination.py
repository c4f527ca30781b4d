"""Checks discriminate: a solution with one small mistake in it does not pass.

Each reference solution is changed in one place: a constant by a fifth, a comparison turned, plus
for minus, a median for a mean, one input ignored. ``check`` must say not yet to every one.
"""

import ast
import copy
import inspect
import textwrap

import numpy as np
import pytest

from mnist_course.course.exercises import check, engine
from mnist_course.course.lessons import available_days

EXERCISES = [
    exercise
    for day in available_days()
    for exercise in engine.day_exercises(f"{day}.0").values()
    if inspect.isfunction(exercise.solution)
]
TURNED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add}

# Changes that no answer can be blamed for, as they change no result that is asked for.
_LOSS, _LOW = "history['val_loss'][-1]", "1.1 * min(history['val_loss'])"
EQUIVALENT = {
    "10.1: gap > 0 is gap >= 0": "a gap of 0 is unclear already",
    "10.2: last < 0.95 * before is last <= 0.95 * before": "a tie of two measured losses",
    f"10.2: {_LOSS} > {_LOW} is {_LOSS} >= {_LOW}": "a tie of two measured losses",
    "10.3: 0 is 1_0": "the first loss is lower than infinity and sets the count to 0",
    "11.1: z > 0 is z >= 0": "at 0 ReLU has no slope: either is allowed",
    "13.1: 0 is 1": "one unit always fits",
    "13.3: table['error'] <= bar is table['error'] < bar": "a tie of two measured errors",
    "14.2: rng.random(np.shape(values)) >= rate is rng.random(np.shape(values)) > rate": (
        "a tie has probability 0"
    ),
    "18.1: 0 is 1_1": "an empty image behind the last one, which is never used",
    "19.1: step < rising is step <= rising": "the two curves meet at the peak",
    "17.2: heat[place] < heat[best] is heat[place] <= heat[best]": "a tie of two measured values",
    "29.3: abs(sum(shares) - 1) <= 0.001 is abs(sum(shares) - 1) < 0.001": (
        "a sum that is exactly 0.001 off, which no float is"
    ),
}


def changes(node: ast.AST):
    """Each small mistake at one place of the tree: what it is called, and the node with it."""
    new = copy.deepcopy(node)
    match new:
        case ast.Constant(value=bool() | None | str() | bytes()):
            return
        case ast.Constant(value=int() | float() as value):
            new.value = value + max(1, round(value / 5)) if isinstance(value, int) else value * 1.2
            yield f"{value} is {new.value:g}", new
        case ast.Compare(ops=[op]) if type(op) in TURNED:
            new.ops = [TURNED[type(op)]()]
            yield f"{ast.unparse(node)} is {ast.unparse(new)}", new
        case ast.BinOp(op=op) if type(op) in SWAPPED:
            new.op = SWAPPED[type(op)]()
            yield f"{ast.unparse(node)} is {ast.unparse(new)}", new


class _Replace(ast.NodeTransformer):
    def __init__(self, place: int, new: ast.AST):
        self.place, self.new, self.count = place, new, -1

    def generic_visit(self, node):
        self.count += 1
        return self.new if self.count == self.place else super().generic_visit(node)


def mistakes(exercise: engine.Exercise):
    """Every mistaken version of a solution, as text, by what is wrong with it."""
    source = textwrap.dedent(inspect.getsource(exercise.solution))
    tree = ast.parse(source)
    places = list(_walk(tree))
    for place, node in enumerate(places):
        for name, new in changes(node):
            yield name, ast.unparse(_Replace(place, new).visit(copy.deepcopy(tree)))
    if ".mean(" in source or "np.mean(" in source:
        median = source.replace("np.mean(", "np.median(").replace(".mean(", ".median(")
        yield "mean is median", median


def _walk(node):
    """Depth first, in the order in which a NodeTransformer visits."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def made(exercise: engine.Exercise, source: str):
    """The function that this text defines, in the world of the day's module."""
    world = dict(exercise.solution.__globals__)
    exec(source, world)
    return world[exercise.solution.__name__]


CASES = [
    pytest.param(exercise, source, id=f"{exercise.id}: {name}")
    for exercise in EXERCISES
    for name, source in mistakes(exercise)
]


@pytest.mark.parametrize(("exercise", "source"), CASES)
def test_a_small_mistake_does_not_pass(exercise, source, capsys, request):
    case = request.node.callspec.id
    with np.errstate(all="ignore"):
        check(exercise.id, made(exercise, source))
    passed = capsys.readouterr().out.startswith("✓")
    if case in EQUIVALENT:
        pytest.skip(EQUIVALENT[case])
    assert not passed


UNUSED = {
    "16.2: both_right is ignored": "only the other two counts can tell who is better",
    "16.2: both_wrong is ignored": "only the other two counts can tell who is better",
}
INPUTS = [
    pytest.param(exercise, place, id=f"{exercise.id}: {name} is ignored")
    for exercise in EXERCISES
    for place, name in enumerate(inspect.signature(exercise.solution).parameters)
]


def ignoring(exercise: engine.Exercise, place: int):
    """The solution, but one of its inputs always has the value that it had in the first call."""
    first = []

    def mutant(*arguments):
        first.append(_copy(arguments[place]))
        changed = (*arguments[:place], _copy(first[0]), *arguments[place + 1 :])
        return exercise.solution(*changed)

    return mutant


def _copy(value):
    return value if callable(value) else copy.deepcopy(value)  # models and functions stay


@pytest.mark.parametrize(("exercise", "place"), INPUTS)
def test_no_input_can_be_ignored(exercise, place, capsys, request):
    if reason := UNUSED.get(request.node.callspec.id):
        pytest.skip(reason)
    with np.errstate(all="ignore"):
        check(exercise.id, ignoring(exercise, place))
    assert not capsys.readouterr().out.startswith("✓")
