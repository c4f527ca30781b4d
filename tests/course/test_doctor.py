"""The doctor finds what is wrong, says what to do, and never falls over itself."""

import subprocess
import sys

import pytest

from mnist_course.course import doctor, doctor_backend


def only(checks) -> doctor.Check:
    (check,) = checks
    return check


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch):
    def broken():
        raise ImportError("no module named psutil")

    good = doctor.Check("good", "ok", "fine")
    monkeypatch.setattr(doctor, "CHECKS", {"memory": broken, "good": lambda: [good]})
    first, second = doctor.run_checks()
    assert (first.name, first.status) == ("memory", "error")
    assert "psutil" in first.found
    assert second == good


def test_where_only_the_reader_is_installed_that_is_all_it_says(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: name == "onnxruntime" or None)
    check = only(doctor.run_checks())
    assert check.status == "error"
    assert "only the reader is installed" in check.found
    assert check.remedy == doctor.extra_advice("course")


def test_quick_leaves_the_gpu_out(monkeypatch):
    gpu = doctor.check_gpu
    monkeypatch.setattr(doctor, "check_gpu", gpu)
    monkeypatch.setattr(doctor, "CHECKS", {"GPU": gpu})
    monkeypatch.setattr(doctor_backend.subprocess, "run", pytest.fail)
    assert list(doctor.run_checks(quick=True)) == []


def test_lines_fit_the_width_and_keep_every_word():
    check = doctor.Check("models", "error", "found " * 30, "do this " * 20)
    rows = doctor.lines(check, width=60)
    assert max(map(len, rows)) <= 60
    text = " ".join(" ".join(rows).split())
    assert (text.count("found"), text.count("do this")) == (30, 20)


def test_marks_can_be_plain_ascii():
    for status in doctor.MARKS:
        row = doctor.lines(doctor.Check("name", status, "found"), ascii_only=True)[0]
        assert row.isascii()


def test_runs_on_its_own_without_the_command_lines_packages():
    code = (
        "import sys\n"
        "sys.modules.update(rich=None, typer=None, filelock=None, numpy=None)\n"
        "from mnist_course.course import doctor\n"
        "sys.argv[1:] = ['--quick']; print('status', doctor.main())"
    )
    command = [sys.executable, "-X", "utf8", "-c", code]
    output = subprocess.run(command, capture_output=True, encoding="utf-8").stdout
    assert "✓ Python" in output
    assert "✗ MNIST" in output  # numpy is hidden: a finding, not a crash
    assert output.endswith("status 1\n")
