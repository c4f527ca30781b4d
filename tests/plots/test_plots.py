"""Figures: what is drawn, where, in which colour; and clear errors."""

import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import rc_params_from_file
from matplotlib.colors import same_color, to_rgb
from PIL import Image

from mnist_course import plots
from mnist_course._paths import PACKAGE
from mnist_course.plots import _canvas

STYLE = PACKAGE / "plots" / "matplotlibrc"
HISTORY = {
    "accuracy": [0.9, 0.95, 0.97],
    "loss": [0.5, 0.3, 0.2],
    "val_accuracy": [0.91, 0.94, 0.95],
    "val_loss": [0.4, 0.3, 0.25],
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def digits(mnist):
    return mnist[1][0][:20], mnist[1][1][:20]


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def table(**rows) -> pd.DataFrame:
    return pd.DataFrame(rows, index=["accuracy", "low", "high"]).T


# --- show_digits


@pytest.mark.parametrize("count", [1, 7, 23, 200])
def test_every_image_is_drawn_once(mnist, count):
    images = mnist[0][0][:count]
    ax = plots.show_digits(images)
    assert len(ax.images) == count
    assert np.array_equal(ax.images[-1].get_array(), images[-1])


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (1, 28, 28), (1, 28, 28, 1)])
def test_one_image_in_any_accepted_shape(shape):
    assert len(plots.show_digits(np.zeros(shape)).images) == 1


def test_images_follow_each_other_in_rows(digits):
    ax = plots.show_digits(digits[0][:5], columns=3)
    left, _, bottom, _ = np.array([image.get_extent() for image in ax.images]).T
    assert left[3] == left[0] < left[1] < left[2]
    assert bottom[0] == bottom[2] < bottom[3]  # y points down


@pytest.mark.parametrize(
    ("images", "black"),
    [
        (np.full((28, 28), 3, np.uint8), 255),
        (np.full((28, 28), 0.1), 1),
        (np.full((28, 28), 1.4), 1),  # scaled, with noise
        (np.full((28, 28), 120.5), 255),  # a mean of raw images
        (np.eye(28, dtype=bool), 1),
    ],
)
def test_the_grey_range_is_fixed(images, black):
    assert plots.show_digits(images).images[0].get_clim() == (0, black)


def test_digits_are_dark_on_light():
    image = plots.show_digits(np.eye(28, dtype=np.uint8) * 255).images[0]
    assert same_color(image.to_rgba(255), "black")
    assert same_color(image.to_rgba(0), "white")


def test_titles_stand_over_and_labels_under_their_image(digits):
    images, labels = digits
    ax = plots.show_digits(images[:2], labels=labels[:2], titles=["first", "second"])
    assert words(ax) == ["first", "7", "second", "2"]
    _, _, bottom, top = ax.images[0].get_extent()
    assert ax.texts[0].get_position()[1] < top < bottom < ax.texts[1].get_position()[1]


@pytest.mark.parametrize("name", ["labels", "titles"])
def test_a_series_is_written_in_its_order_whatever_its_index(digits, name):
    series = pd.Series([0, 1, 2, 7], index=[3, 2, 1, 0])
    assert words(plots.show_digits(digits[0][:4], **{name: series})) == ["0", "1", "2", "7"]


def test_the_title_is_that_of_the_axes(digits):
    ax = plots.show_digits(digits[0], title="Twenty digits")
    assert ax.get_title(loc="left") == "Twenty digits"


@pytest.mark.parametrize("count", [1, 10, 50, 200])
def test_figures_stay_on_a_page(count):
    figure = plots.show_digits(np.zeros((count, 28, 28)), labels=range(count)).figure
    width, height = figure.get_size_inches()
    assert 1 < width < 8
    assert 1 < height < 15


def test_long_titles_do_not_touch(digits):
    ax = plots.show_digits(digits[0][:5], titles=["shifted by 2, turned 10°"] * 5, columns=5)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))


def test_a_given_axes_is_drawn_on(digits):
    _, (left, right) = plt.subplots(1, 2)
    assert plots.show_digits(digits[0], ax=left) is left
    assert len(left.images) == 20
    assert not right.images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 784)), r"shape \(5, 784\); flat digits take shape"),
        (np.zeros((2, 28, 28, 3)), r"shape \(2, 28, 28, 3\)"),
        (np.zeros(784), "flat digits"),
        (np.zeros((0, 28, 28)), "from 1 to 400 images"),
        (np.zeros((401, 28, 28)), "choose some"),
        (["seven"], "images as numbers"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        plots.show_digits(images)


@pytest.mark.parametrize("name", ["labels", "titles"])
def test_texts_must_be_one_per_image(digits, name):
    with pytest.raises(ValueError, match=rf"{name} per image: 20 images, but .* \(3,\)"):
        plots.show_digits(digits[0], **{name: [1, 2, 3]})


def test_columns_must_be_positive(digits):
    with pytest.raises(ValueError, match="columns as a whole number of at least 1, got 0"):
        plots.show_digits(digits[0], columns=0)


# --- visualize_predictions


def test_right_is_green_with_a_tick_and_wrong_red_with_a_cross(digits):
    images, labels = digits
    predicted = labels.copy()
    predicted[1] = 5
    ax = plots.visualize_predictions(images, labels, predicted, rows=1, columns=2)
    assert words(ax) == ["✓ predicted 7", "true 7", "✗ predicted 5", "true 2"]
    assert [text.get_color() for text in ax.texts[::2]] == [_canvas.GREEN, _canvas.RED]


def test_wrong_frames_are_heavier_so_that_grey_print_shows_them(digits):
    images, labels = digits
    predicted = np.where(np.arange(20) == 3, (labels + 1) % 10, labels)
    frames = plots.visualize_predictions(images, labels, predicted).patches
    widths = [frame.get_linewidth() for frame in frames]
    assert np.argmax(widths) == 3
    assert len(set(widths)) == 2


def test_probabilities_are_written_in_percent(digits):
    images, labels = digits
    probabilities = np.full((20, 10), 0.13 / 9)
    probabilities[np.arange(20), labels] = 0.87
    ax = plots.visualize_predictions(images, labels, probabilities)
    assert words(ax)[0] == "✓ predicted 7, 87 %"


def test_the_first_images_are_the_default(digits):
    images, labels = digits
    ax = plots.visualize_predictions(images, labels, labels)
    assert len(ax.images) == 15
    assert words(ax)[1::2] == [f"true {label}" for label in labels[:15]]


def test_indices_choose_the_examples(digits):
    images, labels = digits
    ax = plots.visualize_predictions(images, labels, labels, indices=[4, 0])
    assert np.array_equal(ax.images[0].get_array(), images[4])
    assert words(ax)[1::2] == ["true 4", "true 7"]


def test_a_seed_draws_the_same_random_examples_without_repeats(digits):
    images, labels = np.arange(20)[:, None, None] * np.ones((28, 28), int), digits[1]
    first, again, other = (
        [i.get_array()[0, 0] for i in plots.visualize_predictions(
            images, labels, labels, seed=seed).images]
        for seed in (1, 1, 2)
    )  # fmt: skip
    assert first == again != other
    assert len(set(first)) == 15


@pytest.mark.parametrize(
    ("labels", "predicted", "options", "message"),
    [
        (np.zeros(19, int), np.zeros(19, int), {}, "20 images and 19 labels"),
        (np.zeros(20, int), np.zeros(19, int), {}, "20 labels and 19 predictions"),
        (np.zeros(20, int), np.zeros((20, 9)), {}, r"probabilities of shape \(n, 10\)"),
        (np.zeros(20, int), np.ones((20, 10)), {}, "from 10 to 10.* without softmax"),
        (np.zeros(0, int), np.zeros((0, 10)), {}, r"shapes \(0,\) and \(0, 10\): .* nothing"),
        (np.zeros(20, int), np.zeros(20), {}, "predictions as digits, .* float64"),
        (np.eye(10, dtype=int), np.zeros(10, int), {}, "labels as digits"),
        (np.full(20, 10), np.zeros(20, int), {}, "labels from 0 to 9, got 10 to 10"),
        (np.zeros(20, int), np.zeros(20, int), {"indices": [20]}, "from 0 to 19"),
        (np.zeros(20, int), np.zeros(20, int), {"indices": [1], "seed": 1}, "not both"),
        (np.zeros(20, int), np.zeros(20, int), {"rows": 0}, "rows as a whole number"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(digits, labels, predicted, options, message):
    with pytest.raises(ValueError, match=message):
        plots.visualize_predictions(digits[0], labels, predicted, **options)


# --- plot_history


@pytest.mark.parametrize("wrap", [dict, pd.DataFrame, lambda h: SimpleNamespace(history=h)])
def test_history_draws_percent_and_loss_over_epochs_from_one(wrap):
    accuracy, loss = plots.plot_history(wrap(HISTORY))
    training, validation = accuracy.lines
    assert list(training.get_xdata()) == [1, 2, 3]
    assert np.allclose(training.get_ydata(), [90, 95, 97])
    assert np.allclose(validation.get_ydata(), [91, 94, 95])
    assert [list(line.get_ydata()) for line in loss.lines] == [
        HISTORY["loss"],
        HISTORY["val_loss"],
    ]


def test_history_axes_are_labelled():
    accuracy, loss = plots.plot_history(HISTORY, title="Three epochs")
    assert (accuracy.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy (%)")
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss (mean per image)")
    assert accuracy.figure.get_suptitle() == "Three epochs"
    legend = [text.get_text() for text in accuracy.get_legend().texts]
    assert legend == ["training", "validation"]


def test_history_without_validation_draws_training_only():
    accuracy, loss = plots.plot_history(
        {"sparse_categorical_accuracy": [0.5], "loss": [2.0], "learning_rate": [0.1]}
    )
    assert len(accuracy.lines) == len(loss.lines) == 1


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({"loss": [1.0]}, r'metrics=\["accuracy"\]\), got loss'),
        ({}, "got an empty one"),
        ({"loss": [1.0, 2.0], "accuracy": [0.5]}, "one value per epoch"),
        ({"loss": [], "accuracy": []}, "one value per epoch"),
        ([0.5, 0.6], "DataFrame, got list"),
    ],
)
def test_a_history_that_is_none_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        plots.plot_history(history)


# --- plot_confusion

TRUE = np.repeat(np.arange(10), 10)
GUESS = np.where(np.arange(100) == 40, 9, TRUE)  # one 4 in ten is called a 9


def test_confusion_counts_stand_at_their_row_and_column():
    ax = plots.plot_confusion(TRUE, GUESS)
    places = {text.get_position(): text.get_text() for text in ax.texts if text.get_text()}
    assert places[9.5, 4.5] == "1"
    assert places[4.5, 4.5] == "9"
    assert len(places) == 11
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted digit", "true digit")


def test_only_errors_are_coloured():
    colored = plots.plot_confusion(TRUE, GUESS).collections[0].get_array()
    assert colored.mask.tolist() == np.eye(10, dtype=bool).tolist()
    assert colored.max() == 1


def test_normalized_confusion_is_in_percent_of_the_row():
    ax = plots.plot_confusion(TRUE, GUESS, normalize=True)
    places = {text.get_position(): text.get_text() for text in ax.texts}
    assert (places[9.5, 4.5], places[4.5, 4.5]) == ("10.0", "90.0")


def test_confusion_of_probabilities_is_that_of_their_largest():
    ax = plots.plot_confusion(TRUE, np.eye(10)[GUESS])
    assert words(ax) == words(plots.plot_confusion(TRUE, GUESS))


def test_confusion_without_errors_or_with_few_digits_is_drawn():
    for labels in (TRUE, np.array([3, 3])):
        ax = plots.plot_confusion(labels, labels, normalize=True)
        assert ax.collections[0].get_array().max() == 0
        assert "100.0" in words(ax)


# --- show_pixels


def test_every_pixel_has_its_number(digits):
    image = digits[0][0]
    ax = plots.show_pixels(image)
    for text in ax.texts:
        column, row = text.get_position()
        assert text.get_text() == str(image[row, column])
    assert len(ax.texts) == 784


def test_numbers_are_readable_on_their_pixel():
    light, faint, dark = plots.show_pixels(np.array([[0, 100, 254]], np.uint8)).texts
    assert [faint.get_color(), dark.get_color()] == ["black", "white"]
    assert max(to_rgb(light.get_color())) < 0.7


def test_scaled_pixels_have_two_decimals_at_most():
    pixels = np.array([[0, 0.1, 0.333, 1]], np.float32)
    assert words(plots.show_pixels(pixels)) == ["0", "0.1", "0.33", "1"]


def test_numbers_fit_into_their_pixels(digits):
    for image in (digits[0][0], digits[0][0] / 255):
        ax = plots.show_pixels(image)
        ax.figure.draw_without_rendering()
        pixel = ax.transData.transform((1, 0))[0] - ax.transData.transform((0, 0))[0]
        assert max(text.get_window_extent().width for text in ax.texts) < 0.9 * pixel


def test_pixels_of_many_images_are_refused(digits):
    with pytest.raises(ValueError, match=r"one image of shape \(28, 28\), got \(20, 28, 28\)"):
        plots.show_pixels(digits[0])


# --- plot_accuracies


def test_the_best_model_is_on_top_in_percent():
    ax = plots.plot_accuracies(table(forest=[0.97, 0.96, 0.98], linear=[0.92, 0.91, 0.93]))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["linear", "forest"]  # from the bottom up
    assert np.allclose(ax.lines[0].get_xdata(), [92, 97])
    assert words(ax) == ["92.00", "97.00"]


def test_intervals_reach_from_low_to_high():
    ax = plots.plot_accuracies(table(linear=[0.92, 0.91, 0.94]), interval="range of 5 seeds")
    (segment,) = ax.collections[0].get_segments()
    assert np.allclose(segment[:, 0], [91, 94])
    assert "range of 5 seeds" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (table(linear=[92, 91, 93]), "fractions .* linear"),
        (table(linear=[0.92, 0.93, 0.94]), "low <= accuracy"),
        (table(linear=[0.92, np.nan, 0.94]), "low <= accuracy"),
        (table(linear=[0.9, 0.8, 1.0])[["accuracy"]], r"columns .*, got \['accuracy'\]"),
        ([0.9], "expected a table"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        plots.plot_accuracies(bad)


# --- all of them


def test_the_course_style_is_valid_and_keeps_files_small(digits, tmp_path):
    images, labels = digits
    with plt.rc_context(rc_params_from_file(STYLE, use_default_template=False)):
        assert plt.rcParams["image.cmap"] == "gray_r"
        plots.show_digits(np.tile(images, (5, 1, 1)), labels=np.tile(labels, 5))
        plots.plot_history(HISTORY)
        plots.plot_confusion(TRUE, GUESS)
        plots.show_pixels(images[0])
        for number in plt.get_fignums():
            file = tmp_path / f"{number}.png"
            plt.figure(number).savefig(file)
            assert file.stat().st_size < 160_000
            with Image.open(file) as picture:
                assert max(picture.size) <= 1100


def test_neighbouring_lines_of_the_course_style_differ_without_colour():
    lines = list(rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"])
    assert all(a["linestyle"] != b["linestyle"] for a, b in pairwise(lines))


def test_plots_never_show_a_window_or_import_keras():
    code = (
        "import sys, matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as plt\n"
        "plt.show = lambda *a, **k: sys.exit('shown')\n"
        "import numpy as np; from mnist_course import plots\n"
        "plots.show_digits(np.zeros((3, 28, 28)))\n"
        "plots.plot_history({'accuracy': [1], 'loss': [1]})\n"
        "sys.exit('keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


def test_a_heat_map_lies_over_the_digit_with_its_numbers():
    ax = plots.show_heat_map(np.eye(28), np.array([[1.5, 0.0], [-2.0, 0.04]]), title="Heat")
    assert [t.get_text() for t in ax.texts] == ["1.5", "0", "−2.0", "0"]
    left, right, bottom, top = ax.images[0].get_extent()
    assert (left, right, bottom, top) == (-0.5, 27.5, 27.5, -0.5)
    assert ax.images[0].get_clim() == (-2, 2)
    assert ax.get_title(loc="left") == "Heat"


def test_numbers_of_a_small_heat_map_have_more_digits():
    ax = plots.show_heat_map(np.eye(28), np.array([[0.012, -0.1]]))
    assert [t.get_text() for t in ax.texts] == ["0.012", "−0.100"]


def test_a_large_heat_map_has_no_numbers():
    assert not plots.show_heat_map(np.eye(28), np.ones((9, 9))).texts


@pytest.mark.parametrize(("images", "values"), [((2, 28, 28), (6, 6)), ((28, 28), (6, 6, 10))])
def test_a_heat_map_wants_one_image_and_one_map(images, values):
    with pytest.raises(ValueError, match="one image and a map"):
        plots.show_heat_map(np.ones(images), np.ones(values))
