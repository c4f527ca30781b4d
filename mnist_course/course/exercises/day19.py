"""Day 19: a schedule step by step, going on after a power cut."""

import math

import numpy as np

from .engine import Exercise, NotYet, call
from .suspects import Case, judge, number

# --- 19.1 ------------------------------------------------------------------------------------


def rate_at(step, steps, peak, warmup):
    import math

    rising = warmup * steps
    if step < rising:
        return peak * step / rising
    share = (step - rising) / (steps - rising)
    return peak * (1 + math.cos(math.pi * share)) / 2


_STEPS = [
    Case(f"rate_at({step}, {steps}, {peak}, {warmup})", (step, steps, peak, warmup))
    for step, steps, peak, warmup in (
        *((0, 100, 0.01, 0.25), (10, 100, 0.01, 0.25), (25, 100, 0.01, 0.25)),
        *((40, 100, 0.01, 0.25), (62.5, 100, 0.01, 0.25), (100, 100, 0.01, 0.25)),
        *((7, 40, 2.0, 0.5), (33, 40, 2.0, 0.5), (300, 1000, 0.5, 0.1), (30, 1000, 0.5, 0.1)),
    )
]


def _check_rate_at(answer):
    judge(answer, rate_at, _STEPS, slips=_RATE_SLIPS, form=number, within=1e-5)


def _with_parts(rise, fall):
    def rate(step, steps, peak, warmup):
        rising = warmup * steps
        if step < rising:
            return peak * rise(step / rising)
        return peak * fall(step, rising, steps)

    return rate


def _up(share):
    return share


def _down(step, rising, steps):
    return (1 + math.cos(math.pi * (step - rising) / (steps - rising))) / 2


_RATE_SLIPS = (
    (
        _with_parts(_up, lambda step, rising, steps: (1 + math.cos(math.pi * step / steps)) / 2),
        "the fall begins at the peak: count its steps from the end of the rise",
    ),
    (
        _with_parts(
            _up,
            lambda step, rising, steps: (1 + math.cos(math.pi * (step - rising) / steps)) / 2,
        ),
        "the fall has only the rest of the steps: it must end at 0",
    ),
    (
        _with_parts(_up, lambda step, rising, steps: 1 - (step - rising) / (steps - rising)),
        "the fall is half a cosine, not a straight line",
    ),
    (
        _with_parts(lambda share: (1 - math.cos(math.pi * share)) / 2, _down),
        "the rise is a straight line",
    ),
    (
        _with_parts(
            _up, lambda step, rising, steps: math.cos(math.pi * (step - rising) / (steps - rising))
        ),
        "a cosine goes from 1 to -1: (1 + cosine) / 2 goes from 1 to 0",
    ),
    (
        _with_parts(
            _up,
            lambda step, rising, steps: (
                (1 + math.cos(2 * math.pi * (step - rising) / (steps - rising))) / 2
            ),
        ),
        "half a cosine: pi at the end, not 2 pi",
    ),
    (
        _with_parts(
            _up,
            lambda step, rising, steps: (
                (1 + math.cos(math.pi / 2 * (step - rising) / (steps - rising))) / 2
            ),
        ),
        "half a cosine: pi at the end, not half of it",
    ),
    (_with_parts(lambda share: 1, _down), "the rise is missing"),
    (_with_parts(_up, lambda step, rising, steps: 1), "the fall is missing"),
    (
        lambda step, steps, peak, warmup: peak * step / steps,
        "the peak comes after the warm-up, not at the end",
    ),
    (
        _with_parts(_up, lambda step, rising, steps: 1 - _down(step, rising, steps)),
        "half a cosine falls when it is added: (1 + cosine) / 2",
    ),
    (
        lambda step, steps, peak, warmup: rate_at(step, steps, peak, warmup / steps),
        "the warm-up is a share of the steps: it ends at warmup * steps",
    ),
    (
        _with_parts(
            _up,
            lambda step, rising, steps: (
                (1 + math.cos(180 * (step - rising) / (steps - rising))) / 2
            ),
        ),
        "math.cos takes radians: half a turn is math.pi, not 180",
    ),
)


def _by_numpy(step, steps, peak, warmup):
    begin = warmup * steps
    falling = 0.5 * peak * (1 + np.cos(np.pi * (step - begin) / (steps - begin)))
    return np.where(step < begin, peak * step / begin, falling)[()]


def _by_squared_cosine(step, steps, peak, warmup):
    share = step / steps
    if share <= warmup:
        return np.float32(peak * share / warmup)
    return np.float32(peak * math.cos(math.pi / 2 * (share - warmup) / (1 - warmup)) ** 2)


def _by_keras(step, steps, peak, warmup):
    from ...training import one_cycle

    schedule = one_cycle(peak, steps, warmup=warmup, start=0.0)
    return float(schedule(step))


def _by_interpolation(step, steps, peak, warmup):
    if step <= warmup * steps:
        return np.interp(step, [0, warmup * steps], [0, peak])
    return peak / 2 + peak / 2 * np.cos(np.pi * (step / steps - warmup) / (1 - warmup))


# --- 19.2 ------------------------------------------------------------------------------------


def go_on(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    while epoch < epochs:
        for batch in batches(epoch):
            state = step(state, batch)
        epoch += 1
        save((epoch, state))
    return state


class _PowerCut(Exception):
    pass


class _Machine:
    """A machine with a disk; its power goes when so many steps are done."""

    def __init__(self, start):
        self.start, self.disk, self.steps, self.power, self.saves = start, None, [], math.inf, []

    def step(self, state, batch):
        if len(self.steps) >= self.power:
            raise _PowerCut
        if len(self.steps) > 500:
            raise NotYet("your training does not end: does the number of epochs done grow?")
        self.steps.append(batch)
        return (3 * state + batch) % 1009

    def batches(self, epoch):
        return [(7 * epoch + k + self.start) % 11 for k in range(3 + epoch % 2)]

    def load(self):
        return self.disk

    def save(self, *saved):
        if len(saved) != 1:
            raise NotYet(
                f"save takes one thing, the pair (epochs done, state), and got {len(saved)}: "
                "save((epoch, state)), with two brackets"
            )
        self.disk = saved[0]
        self.saves.append(self.disk)

    def run(self, answer, epochs, shown, power=math.inf):
        self.power, self.steps = power, []
        given = (self.start, self.step, self.batches, epochs, self.load, self.save)
        try:
            return call(answer, *given, shown=shown)
        except (_PowerCut, NotYet):
            if power is math.inf:
                raise
            return None


def _truth(start, epochs):
    machine = _Machine(start)
    end = go_on(start, machine.step, machine.batches, epochs, machine.load, machine.save)
    return end, machine.saves, machine.steps


def _check_go_on(answer):
    for start, epochs, power in ((5, 4, 8), (12, 5, 9), (3, 3, 2)):
        end, saves, steps = _truth(start, epochs)
        machine = _Machine(start)
        shown = f"go_on({start}, ..., {epochs} epochs)"
        found = machine.run(answer, epochs, f"{shown}, undisturbed")
        _judge_run(found, end, machine, saves, steps, f"{shown}, undisturbed")
        again = machine.run(answer, epochs, f"{shown}, finished already")
        if machine.steps:
            raise NotYet(f"{shown}, called again when it had finished: it trained once more")
        if again != end:
            raise NotYet(f"{shown}, called again when it had finished: expected {end}, got {again}")
        _judge_crash(answer, start, epochs, power, shown)


def _judge_run(found, end, machine, saves, steps, shown):
    if machine.steps != steps:
        raise NotYet(f"{shown}: expected steps with batches {steps}, yours are {machine.steps}")
    if found != end:
        raise NotYet(f"{shown}: expected the state {end} at the end, got {found!r:.60}")
    tuples = [tuple(saved) if isinstance(saved, tuple | list) else saved for saved in machine.saves]
    if tuples != saves:
        raise NotYet(
            f"{shown}: after every epoch, save((epochs done, state)): expected {saves}, yours are "
            f"{machine.saves}"
        )


def _judge_crash(answer, start, epochs, power, shown):
    end, saves, steps = _truth(start, epochs)
    machine = _Machine(start)
    machine.run(answer, epochs, shown, power=power)
    done = machine.disk[0] if isinstance(machine.disk, tuple | list) else 0
    found = machine.run(answer, epochs, f"{shown}, after a power cut")
    lost = sum(len(machine.batches(epoch)) for epoch in range(done))
    if machine.steps != steps[lost:]:
        raise NotYet(
            f"{shown}, power cut after {power} steps, {done} epochs saved: expected to go on with "
            f"batches {steps[lost:]}, yours are {machine.steps}"
        )
    if found != end:
        raise NotYet(
            f"{shown}, power cut after {power} steps: expected the state {end} as if nothing had "
            f"happened, got {found!r:.60}"
        )


def _from_the_beginning(start, step, batches, epochs, load, save):
    state = start
    for epoch in range(epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch + 1, state))
    return state


def _epoch_again(start, step, batches, epochs, load, save):
    first, state = load() or (0, start)
    for epoch in range(first, epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch, state))
    return state


def _epoch_skipped(start, step, batches, epochs, load, save):
    saved = load()
    first, state = (saved[0] + 1, saved[1]) if saved else (0, start)
    for epoch in range(first, epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch + 1, state))
    return state


def _so_many_more(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    for _ in range(epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        epoch += 1
        save((epoch, state))
    return state


def _order_from_zero(start, step, batches, epochs, load, save):
    done, state = load() or (0, start)
    for epoch in range(epochs - done):
        for batch in batches(epoch):
            state = step(state, batch)
        save((done + epoch + 1, state))
    return state


def _saved_at_the_end(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    while epoch < epochs:
        for batch in batches(epoch):
            state = step(state, batch)
        epoch += 1
    save((epoch, state))
    return state


def _saved_after_each_step(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    while epoch < epochs:
        for batch in batches(epoch):
            state = step(state, batch)
            save((epoch, state))
        epoch += 1
        save((epoch, state))
    return state


def _state_forgotten(start, step, batches, epochs, load, save):
    epoch, _ = load() or (0, start)
    state = start
    while epoch < epochs:
        for batch in batches(epoch):
            state = step(state, batch)
        epoch += 1
        save((epoch, state))
    return state


def _one_epoch_a_call(start, step, batches, epochs, load, save):
    done, state = load() or (0, start)
    for epoch in range(done, epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch + 1, state))
        return state
    return state


def _saves_a_torn_epoch(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    try:
        while epoch < epochs:
            for batch in batches(epoch):
                state = step(state, batch)
            epoch += 1
            save((epoch, state))
    except Exception:
        save((epoch, state))
        raise
    return state


def _one_epoch_too_many(start, step, batches, epochs, load, save):
    return go_on(start, step, batches, epochs + 1, load, save)


def _epoch_not_counted(start, step, batches, epochs, load, save):
    epoch, state = load() or (0, start)
    while epoch < epochs:
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch, state))
    return state


def _saved_as_two(start, step, batches, epochs, load, save):
    return go_on(start, step, batches, epochs, load, lambda pair: save(*pair))


def _none_not_expected(start, step, batches, epochs, load, save):
    done, state = load()
    return go_on(start, step, batches, epochs, lambda: (done, state), save)


def _returns_nothing(start, step, batches, epochs, load, save):
    go_on(start, step, batches, epochs, load, save)


def _by_for(start, step, batches, epochs, load, save):
    saved = load()
    done, state = (0, start) if saved is None else saved
    for epoch in range(done, epochs):
        for batch in batches(epoch):
            state = step(state, batch)
        save((epoch + 1, state))
    return state


def _by_reduce(start, step, batches, epochs, load, save):
    from functools import reduce

    done, state = load() or [0, start]
    for epoch in range(done, epochs):
        state = reduce(step, batches(epoch), state)
        save([epoch + 1, state])
    return state


def _loads_every_time(start, step, batches, epochs, load, save):
    while True:
        done, state = load() or (0, start)
        if done >= epochs:
            return state
        for batch in batches(done):
            state = step(state, batch)
        save((done + 1, state))


def _by_recursion(start, step, batches, epochs, load, save):
    done, state = load() or (0, start)
    if done == epochs:
        return state
    for batch in batches(done):
        state = step(state, batch)
    save((done + 1, state))
    return _by_recursion(start, step, batches, epochs, load, save)


EXERCISES = (
    Exercise(
        id="19.1",
        title="a schedule, step by step",
        solution=rate_at,
        reason="Two curves that meet at the peak: a straight line for the first `warmup * steps` "
        "steps, then half a cosine over the rest, counted from the peak. (1 + cos) / 2 goes from "
        "1 to 0 while the angle goes from 0 to pi.",
        check=_check_rate_at,
        hints=(
            "rising = warmup * steps is where the rise ends. Which case is this step?",
            "The share of the fall that is done: (step - rising) / (steps - rising).",
            "peak * (1 + math.cos(math.pi * share)) / 2 falls from peak to 0.",
        ),
        wrong=tuple((slip, words.split(":")[0]) for slip, words in _RATE_SLIPS),
        right=(_by_numpy, _by_squared_cosine, _by_keras, _by_interpolation),
    ),
    Exercise(
        id="19.2",
        title="go on after a power cut",
        solution=go_on,
        reason="What was saved is the number of *finished* epochs and the state after them. "
        "Whoever goes on with just that number of epochs, and asks for that epoch's batches, "
        "repeats what the power cut took and nothing else.",
        check=_check_go_on,
        hints=(
            "load() is (epochs done, state), or None at the very beginning.",
            "Begin with epoch = the number of finished epochs: they are counted from 0, so this "
            "is the next one.",
            "After the inner loop: one more epoch is done; save((epoch, state)) at once.",
        ),
        wrong=(
            (_from_the_beginning, "it trained once more"),
            (_epoch_again, "save((epochs done, state))"),
            (_epoch_skipped, "expected to go on with"),
            (_so_many_more, "it trained once more"),
            (_order_from_zero, "expected to go on with"),
            (_saved_at_the_end, "after every epoch"),
            (_saved_after_each_step, "after every epoch"),
            (_state_forgotten, "called again when it had finished: expected"),
            (_one_epoch_a_call, "expected steps with batches"),
            (_saves_a_torn_epoch, "as if nothing had happened"),
            (_one_epoch_too_many, "expected steps with batches"),
            (_epoch_not_counted, "not yet: your training does not end"),
            (_saved_as_two, "not yet: save takes one thing, the pair (epochs done, state)"),
            (_none_not_expected, "cannot unpack non-iterable NoneType"),
            (_returns_nothing, "return"),
        ),
        right=(_by_for, _by_reduce, _loads_every_time, _by_recursion),
    ),
)
