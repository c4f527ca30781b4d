"""The front page says what the manifest, the benchmark and the folders say."""

import re

import pytest

from mnist_course._paths import ROOT
from mnist_course.manifest import read_manifest

README = (ROOT / "README.md").read_text("utf-8")
MODELS = read_manifest()


@pytest.mark.parametrize("name", MODELS)
def test_accuracies_of_a_model_are_those_of_the_manifest(name):
    entry = MODELS[name]
    test = entry["test_accuracy"]
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}`")]
    assert f"{entry['parameters']:,}" in row
    assert f"| {100 * test['mean']:.3f} ± {100 * test['sd']:.3f} % | {len(test['values'])} |" in row


def test_the_champions_other_figures_are_those_of_the_manifest():
    champion = MODELS["champion"]
    for kind in ("shifted", "uci"):
        accuracy = champion[f"{kind}_accuracy"]
        assert f"| {100 * accuracy['mean']:.3f} ± {100 * accuracy['sd']:.3f} % | 5 |" in README
    for kind in ("ensemble", "ensemble_shifted"):
        assert f"| {champion[f'{kind}_accuracy']:.2%} |".replace("%", " %") in README
    assert f"{champion['training_seconds']:.0f} s" in README
    assert champion["date"] in README


def test_every_lesson_is_linked():
    lessons = {f"notebooks/{file.name}" for file in (ROOT / "notebooks").glob("day*.ipynb")}
    assert lessons <= set(re.findall(r"\]\(([^)#]+)", README))


def test_every_link_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []
