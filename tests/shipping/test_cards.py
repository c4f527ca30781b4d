import datetime

from mnist_course.manifest import put_in_place
from mnist_course.shipping.cards import write_cards


def test_cards_state_the_manifests_numbers(entry_of, tmp_path):
    entry_of("champion", [0.9967, 0.9961, 0.9972])
    entry_of("tiny", [0.99])
    write_cards(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "99.667% ± 0.055%" in text
    assert "of n = 3 seeds" in text
    assert "mnist-course train tiny --seeds 1" in text


def test_cards_leave_out_what_is_not_known(entry_of, tmp_path):
    entry_of("champion", [0.99])
    write_cards(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "test accuracy, shipped model | 99.00%" in text
    card = text[text.index("## champion") :]
    assert not any(word in card for word in ("UCI", "test accuracy of its int8", "n = 1"))
    assert "None" not in text


def test_all_models_stand_in_one_table_above_their_cards(entry_of, tmp_path):
    entry_of("champion", [0.99, 0.98, 0.97], uci_accuracies=[0.95, 0.96, 0.97])
    entry_of("tiny", [0.99])
    write_cards(tmp_path)
    table = (tmp_path / "README.md").read_text().split("## champion")[0]
    today = datetime.date.today().isoformat()
    row = "| `champion` | 12 | 98.000% ± 1.000% | 3 | 96.00% ± 1.00% | 70 s | 0 kB"
    assert f"{row} | {today} |\n| `tiny` | 12 | 99.000% | 1 | - | 70 s | 0 kB" in table


def test_cards_state_uci_accuracy_int8_accuracy_and_sizes(entry_of, tmp_path):
    uci = {"uci_accuracies": [0.95, 0.96, 0.97], "int8_accuracy": 0.9965, "about": "Two layers."}
    entry_of("champion", [0.99, 0.98, 0.97], **uci)
    write_cards(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "UCI digits (another scanner), mean ± sd of n = 3 seeds | 96.00% ± 1.00% |" in text
    assert "test accuracy of its int8 copy | 99.65% |" in text
    assert "champion.keras 0 kB, champion.onnx 0 kB" in text
    assert "## champion\n\nTwo layers.\n" in text


def test_an_entry_of_an_older_edition_still_gets_a_card(entry_of, tmp_path):
    entry = entry_of("champion", [0.99])
    newer = ("about", "uci_accuracy", "int8_test_accuracy")
    older = {k: v for k, v in entry.items() if k not in newer}
    put_in_place("champion", older, folder=tmp_path)
    write_cards(tmp_path)
    assert "## champion\n\nchampion\n" in (tmp_path / "README.md").read_text()
