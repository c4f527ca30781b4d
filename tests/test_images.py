import contextlib
import io
import itertools
import pickle
import time

import numpy as np
import pytest
from PIL import Image

from mnist_course import DigitReader, images
from mnist_course.benchmark.picture_kinds import CLEAN, FRAMED, enlarged, form_box, plain
from mnist_course.data import load_mnist
from mnist_course.images import BlankImageError, preprocessing_stages, to_mnist
from mnist_course.rows import split_digits


def seven(height: int = 200, width: int = 160, stroke: int = 16) -> np.ndarray:
    """Ink from 0 to 1: a bar on top of a stem at its right, in the middle of the paper."""
    ink = np.zeros((height, width))
    ink[height // 4 : height // 4 + stroke, width // 4 : width * 3 // 4] = 1
    ink[height // 4 : height * 3 // 4, width * 3 // 4 - stroke : width * 3 // 4] = 1
    return ink


def grey(values: np.ndarray) -> np.ndarray:
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


def assert_nearly(image: np.ndarray, expected: np.ndarray) -> None:
    assert np.abs(image.astype(int) - expected).mean() < 4


@pytest.fixture(scope="module")
def test_digits():
    return load_mnist()[1][0]


# MNIST form


def test_result_has_the_form_of_mnist():
    image = to_mnist(grey(1 - seven()))
    assert image.dtype == np.uint8
    assert image.shape == (28, 28)
    assert image.max() == 255
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert image[0, 0] == 0


def test_area_average_equals_block_means():
    ink = np.zeros((100, 100))
    ink[10:90, 10:90] = np.random.default_rng(0).uniform(0.6, 1, (80, 80))
    ink[30:70, 30:70] = 0
    stages = preprocessing_stages(grey(ink), ink="light")
    means = stages["box"].reshape(20, 4, 20, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(stages["20 x 20"], means / means.max() * 255, atol=1.5)


def test_centre_of_mass_of_test_digits_follows_the_rule(test_digits):
    centres = np.array([centre_of_mass(to_mnist(digit)) for digit in test_digits[:1000]])
    assert centres.min() > 13.5
    assert centres.max() <= 14.5


def test_clean_mnist_digits_stay_as_they_are(test_digits):
    change = [np.abs(to_mnist(d).astype(int) - d).mean() for d in test_digits[:1000]]
    assert np.median(change) < 0.1  # of 255
    assert np.mean(np.less(change, 0.5)) > 0.98


def test_enlarged_mnist_digits_come_back(test_digits):
    likeness = []
    for digit in test_digits[:200]:
        large = Image.fromarray(digit).resize((280, 280), Image.Resampling.NEAREST)
        likeness.append(np.corrcoef(to_mnist(large).ravel(), digit.ravel())[0, 1])
    assert np.median(likeness) > 0.98


def test_filled_digits_keep_their_ink(test_digits):
    for index in (7925, 8115):  # a 6 and a 3 whose loops are full
        assert_nearly(to_mnist(test_digits[index]), test_digits[index])


def test_hairlines_become_as_wide_as_a_pen():
    hairline, pen = seven(400, 320, stroke=1), seven(400, 320, stroke=14)
    rows = slice(12, 20)  # across the stem
    widths = [(to_mnist(grey(1 - ink))[rows].sum(axis=1) / 255).mean() for ink in (hairline, pen)]
    assert widths[0] == pytest.approx(widths[1], rel=0.25)


def test_a_lopsided_drawing_keeps_all_its_ink():
    ink = np.zeros((200, 200))
    ink[20:180, 20:30] = 1
    ink[20:100, 20:180] = 1
    stages = preprocessing_stages(grey(ink), ink="light")
    assert stages["28 x 28"].sum() == stages["20 x 20"].sum()


def test_stages_come_in_order_and_end_with_the_result():
    picture = grey(1 - seven())
    stages = preprocessing_stages(picture)
    assert list(stages) == ["grey", "ink", "box", "20 x 20", "28 x 28"]
    assert {stage.dtype for stage in stages.values()} == {np.dtype(np.uint8)}
    assert stages["box"].shape == (100, 100)
    np.testing.assert_array_equal(stages["28 x 28"], to_mnist(picture))


# Pictures as they come


@pytest.mark.parametrize(
    "make",
    [
        lambda ink: grey(ink),
        lambda ink: (1 - ink).astype(np.float32),
        lambda ink: np.dstack([grey(1 - ink)] * 3),
        lambda ink: np.dstack([grey(0 * ink)] * 3 + [grey(ink)]),
        lambda ink: np.dstack([grey(0 * ink + 1)] * 3 + [grey(ink)]),
        lambda ink: np.dstack([1 - ink, 1 - ink, 1 - ink, 0 * ink + 1]),
        lambda ink: Image.fromarray(grey(1 - ink)).convert("P"),
        lambda ink: Image.fromarray(grey(1 - ink)).convert("1"),
        lambda ink: Image.fromarray((65535 * (1 - ink)).astype(np.uint16)),
        lambda ink: Image.fromarray((1 - ink).astype(np.float32)),
    ],
    ids=[
        "light on dark", "float", "colour", "black on transparent", "white on transparent",
        "opaque float", "palette", "bilevel", "16 bits", "float image",
    ],
)  # fmt: skip
def test_the_same_drawing_gives_the_same_digit_in_every_form(make):
    ink = seven()
    np.testing.assert_array_equal(to_mnist(make(ink)), to_mnist(grey(1 - ink)))


def test_files_can_be_paths_bytes_or_open(tmp_path):
    path = tmp_path / "seven.png"
    Image.fromarray(grey(1 - seven())).save(path)
    expected = to_mnist(grey(1 - seven()))
    for image in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(to_mnist(image), expected)


def test_photos_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held at a right angle
    lying = Image.fromarray(np.rot90(grey(1 - seven())))
    lying.save(tmp_path / "photo.png", exif=exif)
    assert_nearly(to_mnist(tmp_path / "photo.png"), to_mnist(grey(1 - seven())))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_note_of_how_the_camera_was_held_is_no_reason_to_refuse(kind):
    file = io.BytesIO()
    Image.fromarray(grey(1 - seven())).convert("RGB").save(file, kind, exif=b"Exif\0\0garbage")
    assert_nearly(to_mnist(file.getvalue()), to_mnist(grey(1 - seven())))
    assert_nearly(to_mnist(Image.open(file)), to_mnist(grey(1 - seven())))
    assert len(split_digits(file.getvalue())) == 1


def test_a_program_that_draws_is_not_run():
    file = io.BytesIO()
    Image.fromarray(grey(1 - seven())).save(file, "EPS")
    with pytest.raises(ValueError, match="it is EPS, a program and no pixels"):
        to_mnist(file.getvalue())


def test_large_photos_are_reduced_first(tmp_path):
    large = np.kron(grey(1 - seven()), np.ones((15, 15), np.uint8))
    Image.fromarray(large).save(tmp_path / "large.jpg")
    stages = preprocessing_stages(tmp_path / "large.jpg")
    assert max(stages["grey"].shape) <= images.WORKING_SIDE
    assert_nearly(stages["28 x 28"], to_mnist(grey(1 - seven())))


# Light, paper, noise and dust


def light_slope(height: int, width: int) -> np.ndarray:
    return np.linspace(1, 0.5, width) * np.linspace(1, 0.8, height)[:, None]


def vignette(height: int, width: int) -> np.ndarray:
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return 1 - 0.2 * (x**2 + y**2)


def hard_shadow(height: int, width: int) -> np.ndarray:
    return np.where(np.arange(width) < width * 0.4, 0.6, 1.0) * np.ones((height, 1))


@pytest.mark.parametrize("light", [light_slope, vignette, hard_shadow])
def test_uneven_light_on_grey_paper_changes_little(light):
    ink = seven()
    scan = 0.8 * light(*ink.shape) * (1 - 0.8 * ink)
    scan += np.random.default_rng(0).normal(0, 0.01, ink.shape)
    assert_nearly(to_mnist(grey(scan)), to_mnist(grey(1 - ink)))


def test_noisy_paper_leaves_the_background_black():
    noise = np.random.default_rng(1).normal(0, 0.03, (200, 160))
    image = to_mnist(grey(0.85 - 0.6 * seven() + noise))
    assert_nearly(image, to_mnist(grey(1 - seven())))
    assert image[20, 6:12].max() == 0


def test_faint_pencil_is_found():
    assert_nearly(to_mnist(grey(0.8 - 0.1 * seven())), to_mnist(grey(1 - seven())))


def test_a_stroke_of_one_pixel_becomes_bright():
    image = to_mnist(grey(1 - seven(400, 320, stroke=1)))
    assert image.max() == 255
    assert (image > 127).sum() >= 25


def test_specks_of_dust_do_not_widen_the_box():
    ink = seven()
    ink[3:6, 3:6] = ink[190:192, 20:22] = 1
    np.testing.assert_array_equal(to_mnist(grey(1 - ink)), to_mnist(grey(1 - seven())))


def test_separate_strokes_are_kept():
    ink = np.zeros((200, 200))
    ink[40:60, 60:140] = ink[80:160, 120:140] = 1  # the two strokes do not meet
    assert preprocessing_stages(grey(1 - ink))["box"].shape == (120, 120)


def test_ink_that_reaches_the_border_is_found():
    tight = seven()[50:150, 40:120]
    assert_nearly(to_mnist(grey(1 - tight)), to_mnist(grey(1 - seven())))


def test_ink_can_be_named():
    bold = np.zeros((100, 100))
    bold[10:90, 10:37] = bold[10:90, 63:90] = bold[10:37, 10:90] = bold[63:90, 10:90] = 1
    assert bold.mean() > 0.5  # more ink than paper: a bold 0
    image = to_mnist(grey(1 - bold), ink="dark")
    assert image[13:15, 13:15].max() == 0
    assert image[5:8, 6:22].min() == 255
    assert not np.array_equal(to_mnist(grey(1 - bold)), image)


# Ink that is not the digit


@pytest.fixture(scope="module")
def reader():
    return DigitReader.load()


@pytest.mark.parametrize("kind", [*CLEAN, *FRAMED], ids=lambda kind: kind.__name__)
def test_pictures_of_every_kind_are_read(kind, reader, mnist):
    (digits, labels), rng = mnist[0], np.random.default_rng(0)
    forms = np.stack([to_mnist(kind(digit, rng)) for digit in digits[:20]])
    assert (reader.predict(forms).argmax(axis=1) == labels[:20]).sum() >= 18


def on_desk(sheet: np.ndarray, shade: int = 50) -> np.ndarray:
    return np.pad(sheet, 90, constant_values=shade)


@pytest.mark.parametrize("surround", [on_desk, lambda sheet: np.pad(sheet, 4)])
@pytest.mark.parametrize("negative", [False, True])
def test_what_surrounds_the_paper_changes_nothing(surround, negative):
    picture = surround(grey(1 - seven()))
    picture = 255 - picture if negative else picture
    assert_nearly(to_mnist(picture), to_mnist(grey(1 - seven())))


def test_a_form_box_in_a_sheet_on_a_desk_changes_nothing(mnist, rng):
    box = form_box(mnist[0][0][0], rng)
    assert_nearly(to_mnist(on_desk(box)), to_mnist(box))


def test_a_strip_of_desk_along_one_side_is_left_out():
    picture = np.pad(grey(1 - seven()), ((0, 0), (40, 0)), constant_values=60)
    assert_nearly(to_mnist(picture), to_mnist(grey(1 - seven())))


def test_digits_that_enclose_paper_are_never_left_out(mnist, rng):
    digits, labels = mnist[0]
    for label in (0, 6, 8, 9):
        digit = digits[labels == label][0]
        picture = plain(digit, rng)
        inks = to_mnist(picture).astype(float).ravel(), to_mnist(enlarged(digit)).ravel()
        assert np.corrcoef(inks)[0, 1] > 0.9


def test_a_round_zero_with_a_stroke_in_it_stays_whole():
    y, x = np.ogrid[-100:100, -100:100]
    ring = abs(np.hypot(x / 0.8, y) - 70) < 7
    slashed = ring | ((abs(x + y / 2) < 5) & (abs(y) < 40))
    whole = preprocessing_stages(grey(1 - slashed.astype(float)))["box"]
    assert whole.shape == preprocessing_stages(grey(1 - ring.astype(float)))["box"].shape


def test_separate_strokes_that_touch_the_edge_are_kept():
    ink = np.zeros((120, 120))
    ink[0:15, 20:100] = ink[30:120, 85:100] = 1
    assert preprocessing_stages(grey(1 - ink), ink="dark")["box"].shape == (120, 120)


# Refusals


def test_a_frame_without_a_digit_asks_for_a_crop():
    frame = np.pad(np.full((200, 200), 230, np.uint8), 6)
    with pytest.raises(BlankImageError, match="crop to the paper"):
        to_mnist(frame)


@pytest.mark.parametrize("brand", [b"heic", b"heif", b"mif1"])
def test_heic_photos_name_the_remedy(brand, tmp_path):
    photo = b"\0\0\0\x18ftyp" + brand + bytes(40)
    (tmp_path / "photo.jpg").write_bytes(photo)
    for image in (photo, io.BytesIO(photo), tmp_path / "photo.jpg"):
        with pytest.raises(ValueError, match="save it as JPEG or PNG"):
            to_mnist(image)


@pytest.mark.parametrize("level", [0, 128, 255], ids=["black", "grey", "white"])
@pytest.mark.parametrize("ink", ["auto", "dark", "light"])
def test_a_picture_of_one_shade_is_blank(level, ink):
    with pytest.raises(BlankImageError, match="no ink"):
        to_mnist(np.full((60, 50), level, np.uint8), ink=ink)


def test_a_blank_picture_says_in_python_how_to_name_the_ink_to_those_who_have_not():
    blank = np.full((60, 50), 255, np.uint8)
    with pytest.raises(BlankImageError) as not_named:
        to_mnist(blank)
    with pytest.raises(BlankImageError) as named:
        to_mnist(blank, ink="dark")
    assert str(not_named.value) == named.value.said + (
        '; if the ink is faint, say which it is: ink="dark" or "light"'
    )
    assert str(named.value) == named.value.said


def test_a_blank_picture_is_said_in_full_by_another_process():
    problem = BlankImageError("found no ink", faint=True)
    assert str(pickle.loads(pickle.dumps(problem))) == str(problem)


def test_an_empty_transparent_canvas_is_blank():
    with pytest.raises(BlankImageError):
        to_mnist(np.zeros((280, 280, 4), np.uint8))


def test_noisy_empty_paper_is_blank():
    noise = np.random.default_rng(2).normal(0, 0.02, (300, 200))
    with pytest.raises(BlankImageError):
        to_mnist(grey(0.8 * light_slope(300, 200) + noise))


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 28, 28, 1), np.uint8), r"got \(2, 28, 28, 1\)"),
        (np.zeros((28, 28, 2), np.uint8), r"got \(28, 28, 2\)"),
        (np.zeros((0, 28), np.uint8), r"got \(0, 28\)"),
        (np.zeros((28, 28), np.int64), "got int64"),
        (np.full((28, 28), 2.5), "got 2.5 to 2.5"),
        (np.full((28, 28), np.nan), "got nan to nan"),
    ],
)
def test_other_arrays_are_refused(pixels, message):
    with pytest.raises(ValueError, match=message):
        to_mnist(pixels)


def test_unknown_ink_is_refused():
    with pytest.raises(ValueError, match="got 'blue'"):
        to_mnist(grey(seven()), ink="blue")


def test_unreadable_files_are_refused(tmp_path):
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8)).save(
        whole, "PNG"
    )
    (tmp_path / "half.png").write_bytes(whole.getvalue()[:2000])
    (tmp_path / "text.png").write_text("not a picture")
    for name in ("half.png", "text.png", "missing.png"):
        with pytest.raises(ValueError, match="cannot read this picture.* 50 megapixels$"):
            to_mnist(tmp_path / name)


def test_oversized_pictures_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 10_000)
    Image.fromarray(grey(seven())).save(tmp_path / "large.png")
    with pytest.raises(ValueError, match="160 x 200 pixels"):
        to_mnist(tmp_path / "large.png")


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ([[0, 1], [1, 0]], "of type list"),
        (bytearray(9), "of type bytearray"),
        (Image.new("LAB", (9, 9)), "in LAB: save it in RGB"),
        (Image.new("L", (0, 0)), "0 x 0 pixels"),
    ],
    ids=["list", "bytearray", "LAB", "empty"],
)
def test_what_is_no_picture_is_refused(picture, words):
    expected = rf"{words}\): expected an image file .*, a Pillow image or a NumPy array$"
    with pytest.raises(ValueError, match=expected):
        to_mnist(picture)


def test_a_hairline_is_thickened_to_a_fourteenth_of_the_digit():
    found = np.zeros((112, 112))
    found[:, 70] = 1
    thick = images._thicken(found)
    assert (thick[60] > 0).sum() == 9  # 8 are asked for; the hairline, and 4 on either side
    assert thick.shape == (120, 120)


def test_a_thickened_dot_is_round():
    found = np.zeros((42, 42))
    found[0, 20] = found[41, 20] = 1  # 42 high: 3 wide
    thick = images._thicken(found)
    assert (thick[:3, 20:23] > 0).tolist() == [[True] * 3] * 3
    assert thick.sum() == 18


def test_a_speck_alone_is_no_digit():
    paper = np.full((200, 200), 255, np.uint8)
    paper[100:102, 100:102] = 0
    with pytest.raises(BlankImageError, match="found no ink"):
        to_mnist(paper)


def test_the_largest_picture_is_said_in_megapixels():
    with pytest.raises(ValueError, match="at most 50 megapixels"):
        to_mnist(b"no picture")


def test_a_deep_picture_that_uses_one_byte_is_read_as_such():
    ink = np.round(255 * (1 - seven())).astype(np.uint16)
    deep, plain_one = io.BytesIO(), io.BytesIO()
    Image.fromarray(ink).save(deep, "PNG")
    Image.fromarray(ink.astype(np.uint8)).save(plain_one, "PNG")
    assert np.array_equal(to_mnist(deep), to_mnist(plain_one))


def test_thickening_knows_neither_left_nor_right_nor_up_nor_down():
    found = np.zeros((112, 112))
    found[10, 20] = found[100, 90] = 1
    thick = images._thicken(found)
    assert np.array_equal(images._thicken(found[:, ::-1]), thick[:, ::-1])
    assert np.array_equal(images._thicken(found[::-1]), thick[::-1])
    assert np.array_equal(images._thicken(found.T), thick.T)


def test_a_picture_of_many_dots_takes_no_minutes():
    picture = np.full((512, 512), 255, np.uint8)
    for side, top, bottom in ((9, 40, 250), (3, 256, 470)):
        for y, x in itertools.product(range(top, bottom, side + 3), range(40, 470, side + 3)):
            picture[y : y + side, x : x + side] = 0
    begin = time.process_time()
    with contextlib.suppress(ValueError):
        to_mnist(picture)
    assert time.process_time() - begin < 8  # each stroke beside each other one: 25
