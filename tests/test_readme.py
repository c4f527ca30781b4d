"""The front page says what the manifest, the benchmark and the folders say."""

import re
import runpy
import subprocess

import pytest

from mnist_course._paths import ROOT
from mnist_course.manifest import read_manifest

README = (ROOT / "README.md").read_text("utf-8")
PICTURES = (ROOT / "docs" / "pictures.md").read_text("utf-8")
MODELS = read_manifest()


def test_the_results_are_those_of_manifest_and_benchmark():
    page = runpy.run_path(str(ROOT / "docs" / "results.py"))["page"]
    assert (ROOT / "docs" / "results.md").read_text("utf-8") == page()


@pytest.mark.parametrize(
    ("row", "name", "kind"),
    [
        ("`champion`", "champion", "test"),
        ("`tiny`", "tiny", "test"),
        ("UCI digits", "champion", "uci"),
    ],
)
def test_accuracies_of_a_model_are_those_of_the_manifest(row, name, kind):
    entry, accuracy = MODELS[name], MODELS[name][f"{kind}_accuracy"]
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {row}")]
    reached = f"{100 * accuracy['mean']:.3f} ± {100 * accuracy['sd']:.3f} %"
    assert f"| {reached} | {entry['parameters']:,} | {len(accuracy['values'])} |" in line


def test_the_seeds_together_are_those_of_the_manifest():
    assert f"| {100 * MODELS['champion']['ensemble_accuracy']:.2f} % |" in README


def test_all_thirty_days_are_there():
    days = [path.name[:5] for path in sorted((ROOT / "notebooks").glob("day*.ipynb"))]
    assert days == [f"day{number:02}" for number in range(1, 31)]
    assert all(f"notebooks/{day}" in README for day in days)


def test_every_folder_is_explained():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    folders = {line.split("/")[0] for line in tracked.stdout.splitlines() if "/" in line}
    what_is_where = README[README.index("## What is where") :]
    unexplained = {f for f in folders if f"`{f}/" not in what_is_where} - {".github"}
    assert unexplained == set()


def test_githubs_workflow_takes_the_steps_of_our_own_run():
    files = (".ci/run", ".github/workflows/ci.yml")
    ours, theirs = (re.findall(r"uv run (.+)", (ROOT / f).read_text("utf-8")) for f in files)
    assert ours == theirs[: len(ours)] != []


def test_every_lesson_is_linked():
    lessons = {f"notebooks/{file.name}" for file in (ROOT / "notebooks").glob("day*.ipynb")}
    assert lessons <= set(re.findall(r"\]\(([^)#]+)", README))


def test_every_link_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("drawings on a screen", "canvas"),
        ("photographs on a desk", "desk"),
        ("small photographs", "small_photo"),
        ("numbers of two digits", "two_digits"),
        ("numbers of five digits", "five_digits"),
        ("blocks", "block"),
    ],
)
def test_pictures_are_read_as_well_as_their_page_says(row, kind):
    (said,) = [line for line in README.splitlines() if line.startswith(f"| {row}")]
    (line,) = [line for line in PICTURES.splitlines() if line.startswith(f"| {kind} |")]
    n, right, _, otsu, _ = line.split("|")[2:7]
    assert said.endswith(f"| {int(n):,} | {right.strip()} % | {otsu.strip()} % |")


def test_the_readme_counts_the_kinds_of_picture():
    right = [float(of) for of in re.findall(r"^\| \w+ \| \d+ \| ([\d.]+) \|", PICTURES, re.M)]
    assert f"Of [{len(right)} kinds of picture]" in README
    assert f"{sum(share >= 98 for share in right)} are read at least 98 % right" in README
