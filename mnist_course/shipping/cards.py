"""The models' cards, written from the manifest: a table of all, then a page for each.

What they say around the figures stands in ``cards.md`` (the page) and ``card.md`` (one model).
"""

from importlib import resources
from pathlib import Path
from string import Template

from .._files import write_text
from .._paths import MODELS_FOLDER
from ..manifest import read_manifest

# What a model does with what is no digit, in its card's lines.
ANSWERS_ALL = """and always answers with one of
ten digits: letters, noise and blank images get an answer too. Photographs need"""
SAYS_SO = """and always names one of
ten digits: `Reading.is_digit` says whether to believe it (below). Photographs need"""


def write_cards(folder: str | Path = MODELS_FOLDER) -> Path:
    """Write ``README.md``, and return where: a table of all models, then a card for each."""
    manifest = read_manifest(folder)
    overview = "".join(_line(name, entry) for name, entry in manifest.items())
    cards = "\n".join(_card(name, entry) for name, entry in manifest.items())
    page = Path(folder) / "README.md"
    write_text(page, _fill("cards.md", overview=overview, cards=cards))
    return page


def _fill(template: str, **words: object) -> str:
    text = resources.files(__package__).joinpath(template).read_text("utf-8")
    return Template(text).substitute(words)


def _line(name: str, entry: dict) -> str:
    """What the figures of a choice are."""
    test, uci = entry["test_accuracy"], entry.get("uci_accuracy")
    onnx = f"{entry['files']['onnx']['bytes'] / 1000:.0f} kB"
    seconds = f"{entry['training_seconds']:.0f} s"
    facts = (f"`{name}`", f"{entry['parameters']:,}", _mean(test, 3), len(test["values"]))
    facts += (_mean(uci, 2) or "-", seconds, onnx, entry["date"])
    return f"| {' | '.join(map(str, facts))} |\n"


def _card(name: str, entry: dict) -> str:
    test, shifted, uci = (entry.get(f"{key}_accuracy") for key in ("test", "shifted", "uci"))
    int8 = entry.get("int8_test_accuracy")
    sizes = [f"{file['name']} {file['bytes'] / 1000:.0f} kB" for file in entry["files"].values()]
    rows = {
        "parameters": f"{entry['parameters']:,}",
        "test accuracy, shipped model": f"{test['shipped']:.2%}",
        "test accuracy of its int8 copy": f"{int8:.2%}" if int8 else None,
        f"test accuracy, {_of_seeds(test)}": _mean(test, 3) if test["sd"] is not None else None,
        f"the same averaged over 9 shifts by up to a pixel, {_of_seeds(shifted)}": _mean(
            shifted, 3
        ),
        f"the {len(test['values'])} networks of these seeds together": _share(entry, "ensemble"),
        "the same averaged over 9 shifts": _share(entry, "ensemble_shifted"),
        f"accuracy on the 1,797 UCI digits (another scanner), {_of_seeds(uci)}": _mean(uci, 2),
        "trained on": "all 60,000 MNIST training digits"
        + (", and other hands (below)" if "hands" in entry else ""),
        "recipe": entry["recipe"],
        "its teacher": entry.get("teacher"),
        "training time": _training_time(entry),
        "size": ", ".join(sizes),
        "date, lesson": f"{entry['date']}, Day {entry['day']}",
    }
    table = "\n".join(f"| {fact} | {value} |" for fact, value in rows.items() if value)
    about, detector = entry.get("about") or name, entry.get("detector")
    words = {"name": name, "about": about, "rows": table, "n": len(test["values"])}
    others = SAYS_SO if detector else ANSWERS_ALL
    refusal = "\n" + _fill("refusal.md", name=name, **_refusal(detector)) if detector else ""
    if "hands" in entry:
        refusal = f"\n{_hands(name, entry['hands'])}{refusal}"
    return _fill("card.md", **words, others=others, refusal=refusal)


def _hands(name: str, hands: dict) -> str:
    """What a card says of digits that are not MNIST's."""
    models = list(hands["right"]["UCI digits"])
    rows = [
        f"| {kind} | {right[name][1]:,} | {' | '.join(_percent(right[m], 2) for m in models)} |"
        for kind, right in hands["right"].items()
    ]
    return _fill(
        "hands.md",
        models=" | ".join(f"`{model}`" for model in models),
        rule="|---" * (len(models) + 2) + "|",
        rows="\n".join(rows),
        fonts=_with_licences(hands["fonts"]),
        validation=_with_licences(hands["fonts_validation"]),
        kept_out=_with_licences(hands["fonts_held_out"]),
    )


def _refusal(detector: dict) -> dict[str, str]:
    """What a detector's card says: how often it errs, and which fonts it learned from."""
    rows = [
        f"| {kind} | {counts[1]:,} | {_percent(counts)} {verb} |"
        for verb in ("refused", "accepted")
        for kind, counts in detector[verb].items()
    ]
    return {
        "refused_rows": "\n".join(rows),
        "look_alikes": " ".join(detector["left_out"]),
        "aside": f"{detector['validation'][1]:,}",
        "aside_refused": _percent(detector["validation"]),
        "fonts": _with_licences(detector["fonts"]),
        "kept_out": _with_licences(detector["fonts_held_out"]),
        "seconds": f"{detector['seconds']:.0f}",
        "date": detector["date"],
    }


def _percent(counts: list[int], decimals: int = 1) -> str:
    return f"{counts[0] / counts[1]:.{decimals}%}"


def _with_licences(fonts: dict[str, str]) -> str:
    """Fonts by their licence."""
    licences = {licence: [f for f in fonts if fonts[f] == licence] for licence in fonts.values()}
    return "; ".join(f"{', '.join(named)} ({licence})" for licence, named in licences.items())


def _training_time(entry: dict) -> str:
    cores = entry.get("training_cores", 2)
    time = f"{entry['training_seconds']:.0f} s on {cores} CPU core{'s' if cores > 1 else ''}"
    if "teacher_seconds" in entry:
        time += f", after {entry['teacher_seconds']:.0f} s for the teacher, once for all seeds"
    return time


def _share(entry: dict, kind: str) -> str | None:
    accuracy = entry.get(f"{kind}_accuracy")
    return None if accuracy is None else f"{accuracy:.2%}"


def _of_seeds(accuracy: dict | None) -> str:
    n = len(accuracy["values"]) if accuracy else 0
    return f"mean ± sd of n = {n} seeds" if n > 1 else "shipped model alone"


def _mean(accuracy: dict | None, digits: int) -> str | None:
    if accuracy is None:
        return None
    spread = "" if accuracy["sd"] is None else f" ± {accuracy['sd']:.{digits}%}"
    return f"{accuracy['mean']:.{digits}%}{spread}"
