"""The benchmark: its statistics, its rows, and what is left of them on the screen and on disk."""

import io
import json
import sys
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers
from rich.console import Console

from mnist_course import benchmark
from mnist_course.benchmark import Row, Step, accuracy, fresh, frontier, plan, report, rows, speed
from mnist_course.benchmark.accuracy import Run, measure_time_to_accuracy
from mnist_course.models import multiplications
from mnist_course.shipping.recipes import RECIPES

MACHINE = {"processor": "abacus", "cores": 2, "memory_gb": 8.0, "gpu": None, "backend": "jax"}
MACHINE |= {"date": "2026-11-21", "versions": {"keras": "3.15.1"}}


@pytest.fixture
def entry():
    accuracy = {"mean": 0.997, "sd": 0.0002, "values": [0.997] * 5}
    return {"parameters": 71_002, "training_seconds": 75.4, "test_accuracy": accuracy}


@pytest.fixture
def row():
    return Row("Latency", "ours", "s", (1e-5, 4e-5, 2e-5), "theirs", (1e-2, 1e-2, 1e-2), "warm")


def text_of(rows) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80).print(benchmark.results_table(rows, MACHINE))
    return stream.getvalue()


# --- rows ----------------------------------------------------------------------------------------


def test_a_ratio_is_of_pairs_and_so_ignores_a_slow_moment():
    row = Row("g", "w", "s", (1.0, 10.0, 1.2), "r", (2.0, 20.0, 2.4))
    assert row.ratio == 0.5
    assert row.spread == (0.5, 0.5)
    assert row.value == 1.2


def test_spread_is_the_quartiles_of_the_ratios():
    row = Row("g", "w", "s", (1.0, 2.0, 3.0, 4.0, 5.0), "r", (1.0,) * 5)
    assert (row.n, row.ratio, row.spread) == (5, 3.0, (2.0, 4.0))


def test_a_row_that_was_not_measured_has_no_numbers():
    row = Row("g", "LiteRT", note="not installed")
    assert (row.n, row.value, row.ratio, row.spread) == (0, None, None, None)


def test_values_without_partners_are_refused():
    with pytest.raises(ValueError, match="as many reference values as values for 'w', got 1 and 2"):
        Row("g", "w", "s", (1.0, 2.0), "r", (1.0,))


def test_functions_are_timed_in_turn():
    order = []
    calls = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    times = benchmark.time_in_turn(calls, n=3, seconds=0)
    assert "".join(order) == "aabb" + "ab" + "ba" + "ab"
    assert {name: len(found) for name, found in times.items()} == {"a": 3, "b": 3}


def test_a_quick_function_is_repeated_and_the_time_of_one_call_returned(monkeypatch):
    class Timer:  # 2 ms a call, whatever is called
        def __init__(self, call):
            self.asked = call

        def timeit(self, number):
            self.asked(number)
            return 0.002 * number

    numbers = []
    monkeypatch.setattr(rows.timeit, "Timer", Timer)
    times = benchmark.time_in_turn({"a": numbers.append}, n=2, seconds=0.02)
    assert numbers == [1, 1, 10, 10]
    assert times == {"a": pytest.approx((0.002, 0.002))}


# --- measurements --------------------------------------------------------------------------------


def test_a_step_takes_the_time_between_the_ends_of_steps(monkeypatch):
    clock, now = speed.StepClock(), iter([10.0, 14.0, 20.0])
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(now))
    for batch in (7, 15, 27):
        clock.on_train_batch_end(batch)
    assert clock.seconds_per_step() == 0.5


def test_epochs_are_measured_in_units_of_the_day_16_network(mnist):
    cnn, softmax = speed.measure_epochs(("cnn", "softmax"), n=2, steps=8, data=mnist)
    assert cnn.ratios == [1, 1]
    assert 0 < softmax.ratio < 1
    assert 0.5 < cnn.value < 300  # seconds of a whole epoch


def test_latency_is_measured_for_every_way_to_ask():
    found = speed.measure_latency(n=1, sizes=(1, 2), seconds=0)
    assert {row.group for row in found} == {
        "Latency, champion, batch 1",
        "Latency, champion, batch 2",
    }
    ways = {row.what for row in found}
    assert ways >= {"model.predict", "model(x)", "ONNX Runtime", "DigitReader", "LiteRT"}
    assert next(row for row in found if row.what == "ONNX Runtime").ratio < 0.5


def test_without_litert_its_row_says_how_to_get_it(monkeypatch):
    def refuse(*_):
        raise ValueError("LiteRT is not installed: pip install it")

    monkeypatch.setattr(speed.FORMATS["litert"].__class__, "module", refuse)
    monkeypatch.setattr(speed, "open_model", lambda file: file.name)
    answers, missing = speed._runtimes(None, speed.MODELS_FOLDER / "champion.onnx")
    assert answers["ONNX Runtime"] == "champion.onnx"
    assert missing == {"LiteRT": "not measured: LiteRT is not installed: pip install it"}


def test_a_new_process_reads_a_digit_and_knows_its_memory():
    found = speed.run_fresh("reader", "champion")
    assert 0 < found["import"] < found["answer"]
    assert 20 < found["memory"] < 500


def test_a_process_that_fails_says_why():
    with pytest.raises(ValueError, match="new process failed: .*no model 'emperor'"):
        speed.run_fresh("reader", "emperor")


def test_a_process_that_dies_without_a_word_leaves_its_status(monkeypatch):
    died = SimpleNamespace(returncode=-9, stderr="")
    monkeypatch.setattr(speed.subprocess, "run", lambda *_, **__: died)
    with pytest.raises(ValueError, match="new process failed: exit status -9"):
        speed.run_fresh("reader", "champion")


def test_start_compares_with_keras_in_turn(monkeypatch):
    asked = []

    def run(kind, _):
        asked.append(kind)
        seconds = {"package": 0.001, "reader": 0.3, "keras": 3.0}[kind]
        return {"import": seconds, "answer": 2 * seconds, "memory": 1000 * seconds}

    monkeypatch.setattr(speed, "run_fresh", run)
    ratios = {(r.group, r.what): r.ratio for r in speed.measure_start(n=2)}
    assert asked == ["package", "reader", "keras", "keras", "reader", "package"]
    assert ratios["Import", "mnist_course"] == pytest.approx(1 / 3000)
    assert ratios["Peak memory by then", "DigitReader"] == pytest.approx(0.1)


def test_the_digit_of_a_new_process_is_read_as_a_one():
    from mnist_course import DigitReader

    assert DigitReader.load().read(fresh.one()).label == 1


def test_the_keras_loader_reads_the_same_arrays_without_a_network(tmp_path, mnist):
    found = speed.keras_loader(speed.MNIST_FILE, tmp_path)()
    assert np.array_equal(found["y_test"], mnist[1][1])
    assert set(found) == {"x_train", "y_train", "x_test", "y_test"}


def test_loading_is_one_row_against_keras():
    (row,) = speed.measure_loading(n=1)
    assert (row.what, row.reference, row.n) == ("load_mnist()", "Keras's loader", 1)


# --- time to an accuracy -------------------------------------------------------------------------


@pytest.fixture
def race(monkeypatch):
    """Trainings without training: a recipe's accuracy grows with its epochs."""
    order = []

    def recipe(name, epochs, seed, data):
        order.append(f"{name} {epochs}")
        return Run(0.98 + 0.0075 * epochs + (seed - 1) * 0.001, 4.0 * epochs)

    def reference(seed, data):
        order.append("cnn")
        return Run(0.9918, 20.0)

    monkeypatch.setattr(accuracy, "run_recipe", recipe)
    monkeypatch.setattr(accuracy, "run_reference", reference)
    return order


def test_the_first_candidate_whose_mean_reaches_a_target_counts(race):
    candidates = [("r", epochs) for epochs in (1, 2, 3, 4)]
    low, high = measure_time_to_accuracy(candidates, targets=(0.995, 0.99), data=())
    assert (low.what, low.value, low.ratio) == ("99.0%", 8.0, 0.4)
    assert (high.what, high.value, high.ratio) == ("99.5%", 8.0, 0.4)
    assert "r in 2 epochs: mean 99.50%, n = 3; cnn, 5 epochs: 99.18%" in high.note
    assert "r 3" not in race


def test_trainings_alternate_with_the_reference(race):
    measure_time_to_accuracy([("r", 2)], seeds=3, data=())
    assert race == ["r 2", "cnn", "cnn", "r 2", "r 2", "cnn"]


def test_a_target_that_nothing_reaches_is_said(race):
    (row,) = measure_time_to_accuracy([("r", 1)], targets=(0.995,), data=())
    assert row.n == 0
    assert row.note.startswith("not reached; r in 1 epoch: mean 98.75%")


def test_the_sprint_races_with_more_and_more_epochs(monkeypatch):
    monkeypatch.setitem(RECIPES, "sprint", RECIPES["champion"]._replace(epochs=2))
    assert accuracy.default_candidates() == [("sprint", 1), ("sprint", 2)]


def test_a_recipe_is_squeezed_into_so_many_epochs(monkeypatch):
    answers = np.eye(10)[[7, 2, 1, 1]]
    model = SimpleNamespace(predict=lambda x, **_: answers)
    asked = []
    monkeypatch.setattr(
        accuracy, "train_recipe", lambda recipe, **_: asked.append(recipe) or (model, None, 9.0)
    )
    test = (np.zeros((4, 28, 28), np.uint8), np.array([7, 2, 1, 0]))
    assert accuracy.run_recipe("champion", 2, 0, (None, test)) == Run(0.75, 9.0)
    assert asked == [RECIPES["champion"]._replace(epochs=2)]


# --- the plan ------------------------------------------------------------------------------------


def test_a_quick_plan_trains_nothing_and_says_so():
    last = plan(quick=True)[-1]
    assert [row.n for row in last.run()] == [0, 0]
    assert "without --quick" in last.run()[0].note


@pytest.mark.parametrize(("quick", "most"), [(True, 120), (False, 1200)])
def test_the_plan_fits_its_time(quick, most):
    assert sum(step.seconds for step in plan(quick=quick)) < most


def test_a_step_that_fails_becomes_a_row_that_says_why():
    step = Step("Latency of tiny", 1, lambda: [][0])
    (row,) = step.run()
    assert (row.group, row.n) == ("Latency of tiny", 0)
    assert row.note == "IndexError: list index out of range"


# --- what is left --------------------------------------------------------------------------------


def test_the_table_shows_value_ratio_spread_and_n(row):
    line = next(line for line in text_of([row]).splitlines() if "ours" in line)
    assert line.split() == ["ours", "20", "µs", "1/500", "±38", "%", "3", "theirs"]


def test_the_table_names_the_machine_and_fits_80_columns(row):
    text = text_of([row, Row("Latency", "LiteRT", note="missing")])
    assert "abacus, cores: 2, 8 GB, jax, 2026-11-21, no GPU" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.4e-5, "s", "24 µs"),
        (0.0314, "s", "31.4 ms"),
        (75.04, "s", "75 s"),
        (1363, "MB", "1,363 MB"),
    ],
)
def test_quantities_have_three_digits_and_a_fitting_unit(value, unit, text):
    assert report._quantity(value, unit) == text


@pytest.mark.parametrize(("ratio", "text"), [(1 / 1234, "1/1,234"), (0.6, "0.6"), (12.34, "12.3")])
def test_small_ratios_are_fractions(ratio, text):
    assert report._ratio(ratio) == text


def test_a_note_of_several_rows_is_said_once(row):
    other = Row("Latency", "LiteRT", note="missing")
    again = Row("Latency", "ours too", note="warm")
    assert benchmark.footnotes([row, again, other]) == ["Latency: warm", "Latency, LiteRT: missing"]


def test_the_machine_is_named():
    machine = benchmark.describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert machine["memory_gb"] > 0.5
    assert machine["versions"]["keras"].startswith("3.")


@pytest.mark.parametrize(
    ("device", "gpu"), [("/device:CPU:0", None), ("TFRT_CPU_0", None), ("mps:0", "mps:0")]
)
def test_a_gpu_is_named_where_tensors_live_on_one(monkeypatch, device, gpu):
    fake = SimpleNamespace(ops=SimpleNamespace(zeros=lambda _: SimpleNamespace(device=device)))
    monkeypatch.setattr(report, "keras", fake)
    monkeypatch.setattr(report.shutil, "which", lambda _: None)
    assert report._gpu() == gpu


def test_results_are_json_with_the_raw_values_and_a_picture(tmp_path, row, entry):
    files = benchmark.write_results(tmp_path / "new", [row], MACHINE, {"champion": entry})
    content = json.loads(files["json"].read_text("utf-8"))
    assert content["machine"]["processor"] == "abacus"
    (found,) = content["rows"]
    assert found["values"] == [1e-5, 4e-5, 2e-5]
    assert (found["n"], found["ratio"], found["note"]) == (3, pytest.approx(0.002), "warm")
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        "benchmark.json",
        "benchmark.md",
        "frontier.png",
    ]


def test_the_page_has_the_tables_rows_and_notes(row):
    page = benchmark.results_markdown([row, Row("Latency", "LiteRT", note="missing")], MACHINE)
    assert "| **Latency** | | | | | |\n| ours | 20 µs | 1/500 | ±38 % | 3 | theirs |\n" in page
    assert "| LiteRT | - | - | - | 0 |  |" in page
    assert page.endswith("- Latency, ours: warm\n- Latency, LiteRT: missing\n")


def test_results_of_before_stay_when_writing_fails(tmp_path, row, monkeypatch):
    (tmp_path / "benchmark.json").write_text("before")

    def fail(_):
        raise RuntimeError("no picture")

    monkeypatch.setattr(report, "plot_frontier", fail)
    with pytest.raises(RuntimeError):
        benchmark.write_results(tmp_path, [row], MACHINE, {})
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_measured(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot write to .*choose another folder"):
        benchmark.prepare_folder(tmp_path / "file" / "results")


# --- the picture ---------------------------------------------------------------------------------


@pytest.fixture
def picture(entry):
    tiny = {**entry, "parameters": 3_700, "training_seconds": 240}
    ax = benchmark.plot_frontier({"champion": entry, "tiny": tiny})
    yield ax
    plt.close(ax.figure)


def test_the_picture_shows_error_against_parameters_in_seconds(picture):
    words = [text.get_text() for text in picture.texts]
    assert "champion 99.70 %\n75 s" in words
    assert {figure.name for figure in benchmark.PUBLISHED} <= {w.split("\n")[0] for w in words}
    points = {(x, round(y, 6)) for line in picture.lines for x, y in line.get_xydata()}
    assert {(71_002, 0.3), (327_242, 0.359)} <= points


def test_no_two_labels_of_the_picture_overlap(picture):
    boxes = [text.get_window_extent() for text in picture.texts]
    boxes.append(picture.get_legend().get_window_extent())
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert not any(frontier._area(frontier.Bbox.intersection(a, b)) for a, b in pairs)


def test_published_figures_chosen_on_the_test_digits_look_different(picture):
    markers = {
        line.get_xdata()[0]: line.get_marker() for line in picture.lines if len(line.get_xdata())
    }
    assert (markers[161_000], markers[34_826]) == ("v", "o")


@pytest.fixture
def work(entry):
    """Three networks, of which the dear one is beaten by the champion."""
    prices = {"tiny": (200_000, 0.994), "champion": (4_000_000, 0.997), "dear": (5_000_000, 0.99)}
    shipped = {
        name: entry | {"multiplications": price, "test_accuracy": {"mean": mean, "sd": 0.0}}
        for name, (price, mean) in prices.items()
    }
    ax = benchmark.plot_frontier(shipped, against="multiplications", stairs=True)
    yield ax
    plt.close(ax.figure)


def test_the_picture_of_the_work_leaves_out_what_is_not_known(work):
    words = " ".join(text.get_text() for text in work.texts)
    assert "Keras's example" in words
    assert "CapsNet" not in words
    assert work.get_xlabel().startswith("multiplications")


def test_the_stairs_go_through_those_that_no_other_one_beats(work):
    stairs = next(line for line in work.lines if line.get_label() == "frontier")
    prices = stairs.get_xdata().tolist()
    assert prices == [200_000, 4_000_000, 15 * 15_162_752]


def test_no_label_covers_the_stairs(work):
    stairs = next(line for line in work.lines if line.get_label() == "frontier")
    places = work.transData.transform(stairs.get_path().interpolated(200).vertices)
    assert not any(text.get_window_extent().count_contains(places) for text in work.texts)


def test_those_chosen_on_the_test_digits_are_no_step_of_the_stairs(entry):
    ax = benchmark.plot_frontier({"champion": entry}, stairs=True)
    stairs = next(line for line in ax.lines if line.get_label() == "frontier")
    assert not {697, 161_000} & set(stairs.get_xdata().tolist())
    plt.close(ax.figure)


def test_an_unknown_price_is_said(entry):
    with pytest.raises(ValueError, match=r"parameters, multiplications, got 'watts'"):
        benchmark.plot_frontier({"champion": entry}, against="watts")


def published_networks():
    """Networks whose layers their authors have published: layers by name, after an image."""
    conv, relu = layers.Conv2D, {"activation": "relu"}
    example = []
    for filters in (32, 64):
        example += [conv(filters, 3, **relu), layers.MaxPooling2D()]
    deotte = []
    for filters in (32, 64):
        for size, options in ((3, {}), (3, {}), (5, {"strides": 2, "padding": "same"})):
            deotte += [conv(filters, size, **relu, **options), layers.BatchNormalization()]
    deotte += [layers.Flatten(), layers.Dense(128, **relu), layers.BatchNormalization()]
    return {"Keras's example": [*example, layers.Flatten()], "Deotte, one network": deotte}


@pytest.mark.parametrize(("name", "stack"), published_networks().items())
def test_published_prices_are_those_of_the_published_layers(name, stack):
    network = keras.Sequential([keras.Input((28, 28, 1)), *stack, layers.Dense(10)])
    figure = next(figure for figure in benchmark.PUBLISHED if figure.name == name)
    assert network.count_params() == figure.parameters
    assert multiplications(network) == figure.multiplications


# --- the command ---------------------------------------------------------------------------------


def test_the_command_measures_prints_and_writes(tmp_path, monkeypatch, row, capsys):
    from mnist_course import cli

    steps = [Step("one", 1, lambda: [row]), Step("two", 1, lambda: [][0])]
    monkeypatch.setattr(benchmark, "plan", lambda **_: steps)
    monkeypatch.setattr(sys, "argv", ["mnist-course", "benchmark", "--to", str(tmp_path)])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    output = capsys.readouterr().out
    assert exit_.value.code == 0
    assert "1/500" in output
    assert "two, not measured: IndexError" in output
    assert (tmp_path / "benchmark.json").exists()


def test_the_command_says_in_one_line_that_it_cannot_write(tmp_path, monkeypatch, capsys):
    from mnist_course import cli

    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["mnist-course", "benchmark", "--to", f"{tmp_path}/file/in"])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
