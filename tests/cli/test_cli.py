"""The command line: what each command calls, says and returns."""

import io
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len
from typer.testing import CliRunner

from mnist_course import __version__, _paths, cli
from mnist_course._paths import extra_advice
from mnist_course.cli import learn, use
from mnist_course.course import doctor, lessons, progress, refresh, verify, workspace
from mnist_course.course.exercises import engine
from mnist_course.predictor import Reading

COMMANDS = (
    *("lab", "progress", "doctor", "predict", "evaluate", "export", "benchmark"),
    *("draw", "serve", "page", "verify", "refresh", "mutate", "train", "detector", "cards"),
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr("typer.rich_utils.FORCE_TERMINAL", None)  # set on CI, colours the help
    return tmp_path / "home"


@pytest.fixture
def run():
    return lambda *arguments, **more: CliRunner().invoke(cli.app, arguments, **more)


@pytest.fixture
def main(monkeypatch):
    """Run the installed script's entry and return its exit status."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mnist-course", *arguments])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        return exit_.value.code

    return call


# --- the whole -----------------------------------------------------------------------------------


def test_help_names_every_command(run):
    output = run("--help").output
    assert all(f" {command} " in output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_and_fits_80_columns(run, command):
    result = run(command, "--help")
    assert f"  mnist-course {command}" in result.output
    assert max(map(cell_len, result.output.splitlines())) <= 80
    assert result.exit_code == 0


def test_version(run):
    assert run("--version").output == f"mnist-course {__version__}\n"


def test_starting_imports_nothing_heavy():
    code = "import sys, mnist_course.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "typer" in loaded.split()
    heavy = {"numpy", "keras", "tensorflow", "matplotlib", "pandas", "onnxruntime", "nbformat"}
    assert not heavy & set(loaded.split())


@pytest.mark.parametrize("problem", [ValueError("two\nlines"), PermissionError("no [access]")])
def test_a_problem_is_a_message_without_a_traceback(main, monkeypatch, capsys, problem):
    def fail(_):
        raise problem

    monkeypatch.setattr(lessons, "parse_days", fail)
    assert main("refresh") == 1
    assert capsys.readouterr().err == f"mnist-course: {problem}\n"


def _without(monkeypatch, module):
    def fail(_):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(lessons, "parse_days", fail)


@pytest.mark.parametrize(
    ("has_keras", "advice"), [(False, extra_advice("course")), (True, "doctor says more")]
)
def test_a_missing_package_is_one_line_with_advice(main, monkeypatch, capsys, has_keras, advice):
    _without(monkeypatch, "jax")
    monkeypatch.setattr(cli, "find_spec", lambda name: has_keras or None)
    assert main("refresh") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mnist-course: this command needs jax: ")
    assert line.endswith(advice)


def test_a_missing_module_of_ours_is_a_mistake_and_keeps_its_traceback(main, monkeypatch):
    _without(monkeypatch, "mnist_course.nowhere")
    with pytest.raises(ModuleNotFoundError):
        main("refresh")


def test_ctrl_c_ends_quietly(main, monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(lessons, "parse_days", interrupt)
    assert main("refresh") == 130
    assert capsys.readouterr() == ("", "")


def _old_console(monkeypatch, encoding="cp1252"):
    """Give the program a standard output that has no ✓ among its 256 characters."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    return stream.buffer


def test_an_old_console_gets_squares_it_can_show(main, monkeypatch):
    console = _old_console(monkeypatch)
    assert main("progress") == 0
    assert b"# all passed   + begun   . to come" in console.getvalue()


def test_an_old_console_gets_question_marks_and_no_crash(main, monkeypatch):
    check = doctor.Check("disk", "ok", "in C:/手書き")
    monkeypatch.setattr(doctor, "run_checks", lambda *, quick: iter([check]))
    console = _old_console(monkeypatch)
    assert main("doctor") == 0
    assert b"+ disk                in C:/???" in console.getvalue()


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("cp1252", "+ 9 ± 1 µs ?"),
        ("ascii", "+ 9 +- 1 us ?"),
        ("utf-8", "✓ 9 ± 1 µs 手"),
    ],
)
def test_a_console_gets_the_characters_it_has(main, monkeypatch, encoding, expected):
    monkeypatch.setattr(lessons, "parse_days", lambda _: print("✓ 9 ± 1 µs 手") or [])
    console = _old_console(monkeypatch, encoding)
    main("refresh")
    assert console.getvalue().decode(encoding).strip() == expected


# --- lab -----------------------------------------------------------------------------------------


@pytest.fixture
def launched(monkeypatch):
    """Commands that would have been run; each ends with status 7."""
    commands = []
    monkeypatch.setattr(learn, "_launch", lambda command: commands.append(command) or 7)
    return commands


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Another clone with the notebooks of days 1 and 4."""
    (tmp_path / "notebooks").mkdir()
    for name in ("day01_meet_the_digits", "day04_load_mnist"):
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / "notebooks" / f"{name}.ipynb")
    monkeypatch.setattr(_paths, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    return tmp_path


def test_lab_opens_the_copy_of_day_1_and_returns_jupyters_status(run, clone, launched):
    assert run("lab").exit_code == 7
    (command,) = launched
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={clone / 'my_course'}" in command
    assert "--LabApp.default_url=/lab/tree/day01_meet_the_digits.ipynb" in command


def test_lab_without_a_day_opens_the_next_one_there_is(run, clone, launched):
    for exercise in engine.day_exercises("1.0"):
        progress.record(exercise)
    run("lab")
    assert "--LabApp.default_url=/lab/tree/day04_load_mnist.ipynb" in launched[0]


def test_lab_opens_the_original_when_asked(run, clone, launched):
    run("lab", "4", "--original")
    assert f"--ServerApp.root_dir={clone / 'notebooks'}" in launched[0]
    assert not (clone / "my_course").exists()
    assert "leave --fresh out" in str(run("lab", "4", "--original", "--fresh").exception)


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        ({"is_behind": True}, "has changed since you began"),
        ({"kept": Path("day04_2026-03-09.ipynb")}, "kept as day04_2026-03-09.ipynb"),
    ],
)
def test_lab_says_what_became_of_the_copy(run, clone, launched, monkeypatch, copy, words):
    made = workspace.Copy(Path("day04.ipynb"), **copy)
    monkeypatch.setattr(workspace, "open_copy", lambda day, *, fresh: made)
    assert words in run("lab", "4").output


def test_lab_passes_its_options_on(run, clone, launched):
    run("lab", "4", "--no-browser", "--port", "9999", "--ip", "0.0.0.0")
    command = " ".join(launched[0])
    assert "day04_load_mnist.ipynb" in command
    assert all(f" {o}" in command for o in ("--no-browser", "--port=9999", "--ip=0.0.0.0"))


def test_lab_lists_the_days_there_are(run, clone, launched):
    result = run("lab", "3")
    assert str(result.exception) == "there is no notebook of Day 3; there are days 1, 4"
    assert launched == []


@pytest.mark.parametrize("day", ["0", "31", "one"])
def test_lab_takes_days_1_to_30(run, launched, day):
    assert run("lab", day).exit_code == 2
    assert launched == []


def test_jupyter_knows_every_option_it_is_given(clone):
    command = learn._lab_command(
        clone / "notebooks" / "day01_meet_the_digits.ipynb", False, 8888, "::"
    )
    shown = subprocess.run([*command, "--show-config-json"], capture_output=True, text=True)
    config = json.loads(shown.stdout)
    assert config["ServerApp"]["root_dir"] == str(clone / "notebooks")
    assert config["LabApp"]["default_url"].endswith("day01_meet_the_digits.ipynb")
    assert "not recognized" not in shown.stderr


@pytest.mark.skipif(learn.os.name == "nt", reason="Windows waits instead of replacing itself")
def test_launch_becomes_the_program():
    code = "import sys; from mnist_course.cli.learn import _launch as launch; "
    code += "launch([sys.executable, '-c', 'exit(5)'])"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 5


def test_launch_waits_where_it_cannot_be_replaced(monkeypatch):
    ignored = []
    monkeypatch.setattr(learn, "os", SimpleNamespace(name="nt"))
    monkeypatch.setattr(learn.signal, "signal", lambda *signal: ignored.append(signal))
    assert learn._launch([sys.executable, "-c", "exit(5)"]) == 5
    assert ignored == [(learn.signal.SIGINT, learn.signal.SIG_IGN)]


# --- progress ------------------------------------------------------------------------------------


def test_progress_starts_at_day_1(run):
    output = run("progress").output
    assert "Next: Day 1, with" in output
    assert output.count("□") == 30 + 1  # and one that says what it means


def test_progress_shows_full_half_and_empty_days(run, monkeypatch):
    counts = dict.fromkeys(range(1, 31), (0, 0)) | {1: (2, 2), 2: (1, 3)}
    monkeypatch.setattr(progress, "day_counts", lambda passed: counts)
    output = run("progress").output
    assert "  ■      ◧      □" in output
    assert "2/2    1/3\n" in output
    assert "3 of 5 exercises passed\nNext: Day 2" in output
    assert max(map(cell_len, output.splitlines())) <= 80


def test_progress_counts_what_check_recorded(run):
    progress.record("4.1")
    progress.record("4.999")  # no such exercise: an older edition's
    output = run("progress").output
    assert f" 1/{len(engine.day_exercises('4'))}" in output
    assert "Next: Day 4" in output


def test_progress_at_the_end(run, monkeypatch):
    monkeypatch.setattr(progress, "day_counts", lambda _: dict.fromkeys(range(1, 31), (3, 3)))
    assert "All thirty days are done" in run("progress").output


@pytest.mark.parametrize(("answer", "left"), [("y", []), ("n", ["1.1"]), ("", ["1.1"])])
def test_reset_asks_first(run, answer, left):
    progress.record("1.1")
    assert run("progress", "--reset", input=f"{answer}\n").exit_code == 0
    assert list(progress.passed()) == left


# --- doctor --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("error", 1)])
def test_doctor_fails_only_when_something_is_red(run, monkeypatch, status, code):
    check = doctor.Check("disk", status, "1 GB [free]", "make room")
    monkeypatch.setattr(doctor, "run_checks", lambda *, quick: iter([check]))
    result = run("doctor")
    assert result.exit_code == code
    assert "1 GB [free]" in result.output
    assert ("Ready." in result.output) == (code == 0)


def test_doctor_passes_quick_on(run, monkeypatch):
    asked = []
    monkeypatch.setattr(doctor, "run_checks", lambda *, quick: asked.append(quick) or iter([]))
    run("doctor", "--quick")
    assert asked == [True]


# --- predict -------------------------------------------------------------------------------------


class FakeReader:
    """Reads a 7, and a 1 as second guess, in every file but those called bad."""

    def __init__(self, onnx_model=None, *, name="champion"):
        self.name = name

    @classmethod
    def load(cls, name):
        return cls(name=name)

    def read_picture(self, path, *, ink):
        self.asked = self.name, ink
        FakeReader.last = self
        if "bad" in path.name:
            raise ValueError("cannot read this picture")
        probabilities = np.array([0, 0.25, 0, 0, 0, 0, 0, 0.75, 0, 0], np.float32)
        image = np.zeros((28, 28), np.uint8)
        image[0, 1] = 255
        return Reading(7, 0.75, probabilities, image, "scribble" not in path.name)


@pytest.fixture
def reader(monkeypatch):
    from mnist_course import predictor

    monkeypatch.setattr(predictor, "DigitReader", FakeReader)
    return FakeReader


def test_predict_shows_digit_confidence_and_second_guess(run, reader):
    result = run("predict", "[red]seven.png")
    assert result.exit_code == 0
    assert all(text in result.output for text in ("[red]seven.png", " 7 ", "75.0%", "1 (25.0%)"))


def test_predict_reads_the_others_when_one_is_bad(run, reader, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.png").touch()
    result = run("predict", "a.png", "bad.png", "c.png")
    assert result.exit_code == 1
    assert "a.png" in result.stdout
    assert "c.png" in result.stdout
    assert result.stderr == "mnist-course: bad.png: cannot read this picture\n"


def _white() -> bytes:
    file = io.BytesIO()
    Image.new("L", (90, 90), 255).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "options", "ending"),
    [
        (None, (), "there is no file seven.png"),
        (b"no picture", (), "image file such as PNG or JPEG of at most 50 megapixels"),
        (_white(), (), "say which it is: --ink dark or --ink light"),
        (_white(), ("--ink", "dark"), "one digit with paper around it"),
    ],
)
def test_predict_says_what_to_do_in_the_commands_words(
    run, tmp_path, monkeypatch, content, options, ending
):
    monkeypatch.chdir(tmp_path)
    if content:
        Path("seven.png").write_bytes(content)
    assert run("predict", "seven.png", *options).stderr.rstrip().endswith(ending)


def test_predict_says_what_is_a_folder(run, tmp_path):
    assert "is a folder: name the pictures in it" in run("predict", str(tmp_path)).stderr


def test_predict_without_a_single_reading_prints_no_table(run, reader):
    result = run("predict", "bad.png")
    assert (result.exit_code, result.stdout) == (1, "")


def test_predict_json_is_for_programs(run, reader):
    (reading,) = json.loads(run("predict", "--json", "a.png").stdout)
    assert (reading["file"], reading["digit"], reading["confidence"]) == ("a.png", 7, 0.75)
    assert len(reading["probabilities"]) == 10


def test_predict_says_what_is_no_digit(run, reader):
    result = run("predict", "scribble.png", "seven.png")
    lines = {name: line for line in result.output.splitlines() for name in ("scribble", "seven")
             if name in line}  # fmt: skip
    assert "not a digit (7?)" in lines["scribble"]
    assert "not a digit" not in lines["seven"]
    found = json.loads(run("predict", "--json", "scribble.png", "seven.png").stdout)
    assert [reading["is_digit"] for reading in found] == [False, True]


def test_predict_json_stays_json_when_a_file_is_bad(run, reader):
    result = run("predict", "--json", "bad.png")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])


def test_predict_show_prints_what_the_network_saw(run, reader):
    *_, row = run("predict", "--show", "a.png").stdout.partition("as the network saw it:\n")
    assert row.splitlines()[0] == "  @@" + " " * 52
    assert len(row.splitlines()) == 28


def test_predict_passes_model_and_ink_on(run, reader):
    run("predict", "a.png", "--model", "tiny", "--ink", "light")
    assert reader.last.asked == ("tiny", "light")


def test_predict_takes_a_model_file_of_ones_own(run, reader, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"")
    run("predict", "a.png", "--model", str(tmp_path / "mine.onnx"))
    assert reader.last.asked == (str(tmp_path / "mine.onnx"), "auto")


@pytest.mark.parametrize(
    ("model", "message"),
    [("absent.onnx", "there is no file absent.onnx"), ("mine.keras", "export_model writes one")],
)
def test_predict_says_what_it_takes_as_a_model(run, reader, model, message):
    assert message in str(run("predict", "a.png", "--model", model).exception)


def test_predict_knows_three_inks(run, reader):
    assert run("predict", "a.png", "--ink", "red").exit_code == 2


def test_characters_go_from_paper_to_ink():
    assert use._characters(np.array([[0, 128, 255]], np.uint8)) == "  ++@@"


# --- lessons and models --------------------------------------------------------------------------


@pytest.fixture
def days(monkeypatch):
    """Days 1 and 4 have notebooks."""
    monkeypatch.setattr(lessons, "available_days", lambda: {1: None, 4: None})


def test_verify_returns_the_status_and_passes_workers_on(run, days, monkeypatch):
    asked = []
    monkeypatch.setattr(verify, "verify", lambda d, *, workers: asked.append((d, workers)) or 1)
    assert run("verify", "1-1,4", "--workers", "2").exit_code == 1
    assert asked == [([1, 4], 2)]


def test_refresh_takes_every_day_by_default(run, days, monkeypatch):
    asked = []
    monkeypatch.setattr(refresh, "refresh", asked.append)
    assert run("refresh").exit_code == 0
    assert asked == [[1, 4]]


def test_mutate_returns_the_status(run, days, monkeypatch):
    asked = []
    fake = SimpleNamespace(mutate=lambda d: asked.append(d) or 3)
    monkeypatch.setitem(sys.modules, "mnist_course.course.mutations", fake)
    monkeypatch.setattr(sys.modules["mnist_course.course"], "mutations", fake, raising=False)
    assert run("mutate", "4").exit_code == 3
    assert asked == [[4]]


@pytest.mark.parametrize("command", ["lab", "verify", "refresh", "mutate"])
def test_without_notebooks_lesson_commands_say_so(run, monkeypatch, tmp_path, command):
    monkeypatch.setattr(_paths, "NOTEBOOKS", tmp_path)
    assert "no notebooks here: clone the course's repository" in str(run(command).exception)


def test_train_ships_and_reports(run, monkeypatch):
    asked = []

    def ship(name, *, seeds, verbose, report):
        asked.append((name, seeds, verbose))
        report("seed 0")
        files = {"onnx": {"name": "champion.onnx"}}
        return {"test_accuracy": {"mean": 0.9966, "sd": 0.0004}, "files": files}

    monkeypatch.setitem(sys.modules, "mnist_course.shipping.ship", SimpleNamespace(ship=ship))
    output = run("train", "champion", "--seeds", "2").output
    assert asked == [("champion", 2, 2)]  # no terminal: a line for each epoch, no bar
    assert output == "seed 0\nTest accuracy 99.66% ± 0.04%. Wrote champion.onnx\n"


@pytest.mark.parametrize("command", ["train", "detector"])
def test_a_wrong_name_is_one_line_without_tensorflows_log(command):
    call = [sys.executable, "-m", "mnist_course.cli", command, "nope"]
    (line,) = subprocess.run(call, capture_output=True, text=True).stderr.splitlines()
    assert line.startswith("mnist-course: ")
    assert "'nope'" in line


def test_detector_is_shipped_and_its_rates_are_told(run, monkeypatch):
    asked = []

    def ship_detector(name, *, fonts, report):
        asked.append((name, fonts))
        report("judging")
        return {"detector": {"refused": {"digits": (1, 100)}, "accepted": {"noise": (20, 1000)}}}

    fake = SimpleNamespace(ship_detector=ship_detector)
    monkeypatch.setitem(sys.modules, "mnist_course.shipping.ship_detector", fake)
    output = run("detector", "tiny", "--fonts", "here").output
    assert asked == [("tiny", Path("here"))]
    lines = ["judging", "  1.00% of    100 refused: digits", "  2.00% of  1,000 accepted: noise"]
    assert output.splitlines() == lines


def test_cards_are_written_from_the_manifest_alone(run, monkeypatch):
    from mnist_course.shipping import cards

    monkeypatch.setattr(cards, "write_cards", lambda: "models/README.md")
    assert run("cards").output == "Wrote models/README.md\n"


# --- draw ----------------------------------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch):
    """Windows that were opened, each as the steps it went through."""
    from mnist_course.app import window

    opened = []

    class FakeWindow:
        def __init__(self, reader):
            opened.append([reader.name])

        def run(self):
            opened[-1].append("run")

    monkeypatch.setattr(window, "Window", FakeWindow)
    monkeypatch.setattr("signal.signal", lambda *what: opened[-1].append(what))
    return opened


@pytest.mark.parametrize(
    ("options", "name"), [([], "reader"), (["--model", "tiny"], "tiny")], ids=["", "tiny"]
)
def test_draw_opens_a_window_that_ctrl_c_ends(run, reader, windows, options, name):
    assert run("draw", *options).exit_code == 0
    assert windows == [[name, (signal.SIGINT, signal.SIG_DFL), "run"]]


def test_draw_says_what_it_takes_as_a_model(run, reader, windows):
    assert "there is no file absent.onnx" in str(run("draw", "--model", "absent.onnx").exception)
    assert "a reader opens .onnx" in str(run("draw", "--model", "mine.keras").exception)
    assert windows == []


# --- serve, page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_said_before_anything_starts(main, capfd, workers):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main("serve", "--port", port, "--workers", workers) == 1
    advice = "choose another with --port, 0 for any free one"
    assert capfd.readouterr().err == f"mnist-course: port {port} is taken: {advice}\n"


# --- evaluate ------------------------------------------------------------------------------------


@pytest.fixture
def measured(monkeypatch):
    """Reports of two digits, whatever the model; returns the models asked for."""
    from mnist_course.shipping import measure

    asked = []
    score = measure.Score(9967, 10_000, 0.9967, 0.9954, 0.9976)
    digits = (measure.DigitScore(0, 980, 0, None), measure.DigitScore(1, 1135, 9, 7))
    made = measure.Report("[mine]", score, score, digits, 57.4)
    monkeypatch.setattr(measure, "evaluate_model", lambda model: asked.append(model) or made)
    return asked


def test_evaluate_shows_accuracies_intervals_errors_and_time(run, measured):
    output = run("evaluate", "champion").output
    assert measured == ["champion"]
    assert "[mine]\n  MNIST test digits  99.67%  95% interval 99.54% to 99.76%" in output
    assert "33 of 10,000 wrong\n  UCI digits " in output
    assert "one image          57 µs" in output
    assert max(map(cell_len, output.splitlines())) <= 80


def test_evaluate_shows_what_each_digit_was_mostly_read_as(run, measured):
    zero, one = (line.split("│") for line in run("evaluate", "x").output.splitlines()[-3:-1])
    assert [cell.strip() for cell in zero] == ["", "0", "980", "0", "100.00%", "", ""]
    assert [cell.strip() for cell in one] == ["", "1", "1135", "9", "99.21%", "7", ""]


def test_evaluate_json_is_for_programs(run, measured):
    found = json.loads(run("evaluate", "champion", "--json").stdout)
    assert found["test"]["correct"] == 9967
    assert found["digits"][1]["mostly_as"] == 7


@pytest.mark.parametrize("command", ["evaluate", "export"])
def test_a_model_that_is_not_there_is_one_line_and_status_1(main, capfd, command):
    assert main(command, "nope") == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("mnist-course: no model 'nope' in ")
    assert "champion" in line


# --- export --------------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch):
    """Exports write nothing but 12,300 bytes; returns how they were asked for."""
    asked = []

    def export_model(model, name, *, folder, formats):
        asked.append((model, name, str(folder), formats))
        file = Path(folder) / "champion.onnx"
        file.write_bytes(b"x" * 12_300)
        return {"onnx": file}

    fake = SimpleNamespace(export_model=export_model, load_model=lambda name: f"the {name}")
    monkeypatch.setitem(sys.modules, "mnist_course.shipping.export", fake)
    return asked


def test_export_writes_formats_to_a_folder_and_prints_sizes(run, written, tmp_path):
    formats = ("--format", "litert", "--format", "onnx")
    result = run("export", "champion", *formats, "--to", str(tmp_path))
    assert written == [("the champion", "champion", str(tmp_path), ["litert", "onnx"])]
    assert result.output == f"    12.3 kB  {tmp_path / 'champion.onnx'}\n"


def test_export_writes_keras_and_onnx_here_by_default(run, written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("export", "champion")
    assert written == [("the champion", "champion", ".", ["keras", "onnx"])]


@pytest.mark.parametrize(
    "words", ["export champion --to", "page --to", "benchmark --to", "detector --fonts"]
)
def test_a_file_is_no_folder_to_write_to(run, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Path("seven.png").touch()
    result = run(*words.split(), "seven.png")
    assert (result.exit_code, "'seven.png' is a file" in result.output) == (2, True)


def test_export_refuses_a_format_it_does_not_know(run, written):
    result = run("export", "champion", "--format", "h5")
    assert result.exit_code == 2
    assert "'h5' is not one of 'keras'" in result.output
    assert written == []


def test_export_ship_writes_the_shipped_files_anew(run, monkeypatch):
    def ship_again(name):
        return {"files": {"onnx": {"name": f"{name}.onnx", "bytes": 286_107}}}

    fake = SimpleNamespace(ship_again=ship_again)
    monkeypatch.setitem(sys.modules, "mnist_course.shipping.ship", fake)
    assert run("export", "champion", "--ship").output == "   286.1 kB  champion.onnx\n"


def test_export_says_how_to_get_litert_in_quotes_that_every_shell_takes(run):
    help_ = run("export", "--help").output
    assert "uv run --extra litert" in help_
    assert 'pip install "mnist-course[litert]"' in help_


@pytest.mark.parametrize("more", [("--to", "here"), ("--format", "onnx")])
def test_export_ship_takes_no_folder_and_no_format(run, more):
    result = run("export", "champion", "--ship", *more)
    assert "leave --format and --to out" in str(result.exception)
