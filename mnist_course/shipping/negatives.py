"""What is not a digit, made for training and judging the detector: letters, scribbles, faces.

Letters are glyphs of handwriting fonts, which ``fetch_fonts`` gets through npm. Only authors need
them: neither the reader nor a test does. All else is drawn here, by the seed.
"""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import affine_transform, binary_erosion, distance_transform_edt, gaussian_filter

from .._files import write_bytes
from ..app.strokes import draw_strokes
from ..drawing import drawing_to_mnist

Draw = Callable[[np.random.Generator], np.ndarray]  # a generator to an image in MNIST form

TRAINING_FONTS = (
    "amatic-sc", "annie-use-your-telescope", "architects-daughter", "bad-script", "caveat",
    "cookie", "covered-by-your-grace", "delicious-handrawn", "delius", "gaegu",
    "gloria-hallelujah", "gochi-hand", "handlee", "homemade-apple", "indie-flower", "kalam",
    "mansalva", "marck-script", "neucha", "nothing-you-could-do", "patrick-hand",
    "permanent-marker", "reenie-beanie", "rock-salt", "schoolbell", "shadows-into-light",
    "short-stack", "swanky-and-moo-moo",
)  # fmt: skip
MORE_FONTS = (
    "zeyada", "over-the-rainbow", "waiting-for-the-sunrise", "dawning-of-a-new-day",
    "crafty-girls", "the-girl-next-door", "walter-turncoat", "loved-by-the-king",
    "give-you-glory", "sunshiney", "just-me-again-down-here", "nanum-pen-script",
    "nanum-brush-script", "gamja-flower", "hi-melody", "poor-story", "dekko", "mali", "itim",
    "sriracha", "caveat-brush", "merienda", "pangolin", "sedgwick-ave", "rancho", "vibur",
    "bilbo", "rouge-script", "kristi", "meddon", "mrs-saint-delafield", "mr-dafoe",
    "mr-bedfort", "ruthie", "stalemate", "square-peg", "send-flowers", "licorice", "babylonica",
    "water-brush", "oooh-baby", "caramel", "grechen-fuemen", "fuzzy-bubbles", "gwendolyn",
    "hurricane", "mynerve", "shantell-sans", "edu-nsw-act-foundation", "edu-qld-beginner",
    "edu-sa-beginner", "edu-tas-beginner", "edu-vic-wa-nt-beginner", "edu-au-vic-wa-nt-hand",
    "klee-one", "yomogi", "zen-kurenaido", "playwrite-be-wal", "playwrite-no", "playwrite-sk",
    "playwrite-us-trad", "playwrite-us-modern", "playwrite-br", "playwrite-in", "playwrite-vn",
    "playwrite-fr-trad", "playwrite-it-trad", "playwrite-is", "kavivanar", "chilanka",
    "east-sea-dokdo", "long-cang", "liu-jian-mao-cao", "zhi-mang-xing", "lxgw-wenkai-tc",
    "solitreo", "grape-nuts", "borel", "balsamiq-sans", "briem-hand", "calligraffitti",
    "comic-neue", "courgette", "crushed", "damion", "dancing-script", "edu-nsw-act-cursive",
    "edu-sa-hand", "edu-vic-wa-nt-hand", "englebert", "finger-paint", "gluten", "grandstander",
    "hachi-maru-pop", "jolly-lodger", "kaushan-script", "love-ya-like-a-sister",
    "lxgw-marker-gothic", "macondo", "montez", "nerko-one", "oregano", "parisienne",
    "playpen-sans", "playwrite-ar", "playwrite-ca", "playwrite-cu", "playwrite-mx",
    "playwrite-ng-modern", "pompiere", "qwitcher-grypen", "romanesco", "sacramento", "satisfy",
    "slackside-one", "splash", "twinkle-star", "unkempt", "yellowtail", "yuji-boku",
    "yusei-magic",
)  # fmt: skip
# No choice was made on these: they were opened once, to judge.
HELD_OUT_FONTS = (
    "just-another-hand", "coming-soon", "sue-ellen-francisco", "cedarville-cursive",
    "la-belle-aurore",
)  # fmt: skip

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Alone on a sheet, these may be digits: 0, 1, 2, 5, 6, 8, 9. They are neither trained nor counted.
LOOK_ALIKES = "OoDIlZzSsBbqg"
PUNCTUATION = '!?;:"#$%&*+<=>@^_~{}.'  # without the slashes, brackets and commas that are ones

SIDE = 64  # pixels of the larger side of what is drawn
TEXT_SIZE = 64  # pixels: of a font
WIDTHS = 0.4, 1  # of its own: from and to, where a glyph is drawn narrower
FONTS_VERSION = "5.3.0"  # of each font's package: glyphs may change with the next


def fetch_fonts(folder: str | Path, names: Sequence[str] = ()) -> dict[str, str]:
    """Get handwriting fonts through npm's ordinary client, each as ``NAME.woff2``.

    Args:
        folder: where to; those that are there are not fetched again.
        names: of the fonts; default: all that the detector is trained and judged with.

    Returns:
        Name to licence, as the package states it.

    Raises:
        ValueError: npm is missing, or it cannot get one.
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or (*TRAINING_FONTS, *MORE_FONTS, *HELD_OUT_FONTS):
        if not (folder / f"{name}.json").exists():
            _fetch_font(name, folder)
    described = sorted(folder.glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8"))["license"] for file in described}


def _fetch_font(name: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as aside, tarfile.open(_package_of(name, aside)) as archive:
        font = archive.extractfile(f"package/files/{name}-latin-400-normal.woff2").read()
        facts = json.load(archive.extractfile("package/package.json"))
    write_bytes(folder / f"{name}.woff2", font)
    kept = {key: facts[key] for key in ("name", "version", "license")}
    write_bytes(folder / f"{name}.json", json.dumps(kept).encode())


def _package_of(name: str, folder: str) -> Path:
    """A font's package, which npm writes into an empty folder."""
    npm = shutil.which("npm") or "npm"  # npm.cmd on Windows
    package = f"@fontsource/{name}@{FONTS_VERSION}"
    command = [npm, "pack", "--loglevel=error", package, "--pack-destination", folder]
    try:
        subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace")
    except (OSError, subprocess.CalledProcessError) as problem:
        reason = str(getattr(problem, "stderr", None) or problem).strip()
        raise ValueError(
            f"cannot get the handwriting font {name!r}, which npm fetches once: install Node.js, "
            f"connect to the Internet, and try again\n{reason}"
        ) from problem
    (packed,) = Path(folder).iterdir()
    return packed


def draw_all(draw: Draw, count: int, seed: int) -> np.ndarray:
    """Draw so many images in MNIST form: uint8, shape (count, 28, 28), 0 to 255 ink."""
    rng = np.random.default_rng(seed)
    return np.stack([draw(rng) for _ in range(count)])


def redrawn(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a shape anew with another slant, size and pen, and bring it into MNIST form.

    Args:
        ink: bool, shape (h, w), True where the pen was, not all False.
        rng: decides on slant (up to 0.3), rotation (up to 12 degrees), proportions and pen.

    Returns:
        uint8, shape (28, 28), 0 background to 255 ink.
    """
    pixels = np.pad(_fitted(ink), SIDE // 3).astype(np.float32)
    angle = np.radians(rng.uniform(-12, 12))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moves = turn @ [[1, 0], [rng.uniform(-0.3, 0.3), 1]] @ np.diag(rng.uniform(0.85, 1.2, 2))
    middle = (np.array(pixels.shape) - 1) / 2
    warped = affine_transform(pixels, moves, middle - moves @ middle, order=1) > 0.5
    thick = _with_pen(warped, rng.uniform(0.05, 0.17) * SIDE)
    return drawing_to_mnist(np.where(thick, 0, 255).astype(np.uint8))


def _fitted(ink: np.ndarray) -> np.ndarray:
    """Cut out, and brought to ``SIDE`` pixels at the longer side."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = SIDE / max(box.shape)
    size = [max(round(n * factor), 4) for n in reversed(box.shape)]
    return _resized(box, size) > 127


def _resized(ink: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Ink, bool, as greys from 0 to 255 of another width and height."""
    image = Image.fromarray(ink.astype(np.uint8) * 255)
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))


def _with_pen(ink: np.ndarray, width: float) -> np.ndarray:
    """Grow or thin strokes to about this width in pixels; none is thinned away."""
    edge = (ink & ~binary_erosion(ink)).sum()
    change = (width - 2 * ink.sum() / max(edge, 1)) / 2
    if change > 0:
        return distance_transform_edt(~ink) <= change
    inside = distance_transform_edt(ink)
    thinner = inside > min(-change, 0.6 * inside.max())
    return thinner if thinner.any() else ink


def glyph_ink(text: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """A text as a font draws it: bool, shape (h, w), True where ink is."""
    left, top, right, bottom = font.getbbox(text)
    paper = Image.new("L", (max(int(right - left), 1) + 4, max(int(bottom - top), 1) + 4))
    ImageDraw.Draw(paper).text((2 - left, 2 - top), text, fill=255, font=font)
    return np.asarray(paper) > 127


def glyphs(
    texts: Sequence[str], fonts: Sequence[Path], *, copies: int, seed: int, narrow: float = 0.0
) -> tuple[np.ndarray, list[str]]:
    """Every text in every font, several times, each with another slant, size and pen.

    Args:
        texts: letters, or several characters together.
        fonts: files of fonts; a character that a font leaves empty is left out.
        copies: of each text in each font.
        seed: an integer; the same seed gives the same images.
        narrow: the share that is drawn narrower than the font has it, 0 to 1.

    Returns:
        Images in MNIST form, uint8, shape (n, 28, 28), and the text of each.
    """
    rng, images, drawn = np.random.default_rng(seed), [], []
    for file in fonts:
        font = ImageFont.truetype(str(file), TEXT_SIZE)
        for text in texts:
            if (ink := glyph_ink(text, font)).sum() < 20:
                continue
            images += [redrawn(_perhaps_narrower(ink, narrow, rng), rng) for _ in range(copies)]
            drawn += [text] * copies
    return np.stack(images), drawn


def _perhaps_narrower(ink: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """With a probability of ``share`` squeezed from the sides."""
    if not share or rng.random() >= share:
        return ink
    height, width = ink.shape
    return _resized(ink, (max(round(width * rng.uniform(*WIDTHS)), 6), height)) > 110


def redrawn_digit(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit in MNIST form, drawn anew as letters are: so the drawing itself tells nothing."""
    large = Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC)
    return redrawn(np.asarray(large) > 110, rng)


def scribble(rng: np.random.Generator) -> np.ndarray:
    """One to three long strokes without a meaning."""
    strokes = [_curve(rng.integers(8, 18), rng) for _ in range(rng.integers(1, 4))]
    return _on_paper(strokes, rng)


def noise(rng: np.random.Generator) -> np.ndarray:
    """Pixels at random: even, sparse or blurred, on all of the field or its middle."""
    pixels = rng.random((28, 28))
    if rng.random() < 0.3:
        pixels *= rng.random((28, 28)) < rng.uniform(0.05, 0.5)
    if rng.random() < 0.6:
        pixels = gaussian_filter(pixels, rng.uniform(0.4, 2.0))
    pixels = (pixels - pixels.min()) / np.ptp(pixels)
    if rng.random() < 0.4:
        pixels[[*range(4), *range(24, 28)]] = pixels[:, [*range(4), *range(24, 28)]] = 0
    return np.rint(pixels ** rng.uniform(0.5, 3) * rng.uniform(120, 255)).astype(np.uint8)


def blot(rng: np.random.Generator) -> np.ndarray:
    """One or several filled patches without an outline that means something."""
    cloud = gaussian_filter(rng.standard_normal((48, 48)), rng.uniform(3, 8))
    ink = cloud > np.quantile(cloud, rng.uniform(0.4, 0.85))
    return drawing_to_mnist(np.where(ink, 0, 255).astype(np.uint8))


def blank(rng: np.random.Generator) -> np.ndarray:
    """Nearly nothing: an even grey, a few specks, or a digit's field turned round."""
    image = np.full((28, 28), rng.integers(0, 256) * (rng.random() < 0.5), np.uint8)
    rows, columns = rng.integers(0, 28, (2, rng.integers(0, 12)))
    image[rows, columns] = rng.integers(0, 256, len(rows))
    return image


def face(rng: np.random.Generator) -> np.ndarray:
    """A circle with two eyes, a mouth and perhaps a nose."""
    eye, look = rng.uniform(0.12, 0.2), rng.uniform(-0.12, 0.02)
    strokes = [_ring(0.5, 0.5, rng.uniform(0.35, 0.45), rng)]
    for side in (-1, 1):
        middle, radius = (0.5 + side * eye, 0.5 + look), rng.uniform(0.0, 0.05)
        strokes.append(_ring(*middle, radius, rng))
    wide, bend, low = rng.uniform(0.1, 0.22), rng.uniform(-0.1, 0.12), rng.uniform(0.6, 0.72)
    mouth = np.linspace(-1, 1, 9)
    strokes.append(np.stack([0.5 + wide * mouth, low + bend * (1 - mouth**2)], axis=1))
    if rng.random() < 0.4:
        strokes.append(np.array([[0.5, 0.48], [0.5 + rng.uniform(-0.04, 0.04), 0.57]]))
    return _on_paper(strokes, rng, pens=(0.03, 0.07))


def lines(rng: np.random.Generator) -> np.ndarray:
    """Two to five straight lines: crosses, fences, grids, or a fan; one alone would be a 1."""
    kind, count = rng.integers(4), rng.integers(2, 6)
    if kind == 0:  # they cross in the middle: plus, ×, asterisk
        angles = rng.uniform(0, np.pi) + np.arange(count) * np.pi / count
        return _on_paper([_spoke(a, rng) for a in angles], rng)
    places = np.linspace(0.2, 0.8, count)
    upright = [np.array([[x, 0.2], [x, 0.8]]) for x in places]
    level = [stroke[:, ::-1] for stroke in upright]
    if kind == 1:
        return _on_paper(upright if rng.random() < 0.5 else level, rng)
    if kind == 2:
        return _on_paper([*upright, *level], rng)
    return _on_paper([rng.uniform(0.15, 0.85, (2, 2)) for _ in range(count + 1)], rng)


def zigzag(rng: np.random.Generator) -> np.ndarray:
    """A line of at least four sharp turns."""
    count = rng.integers(6, 12)
    x = np.linspace(0.15, 0.85, count)
    y = 0.5 + rng.uniform(0.1, 0.35) * (-1.0) ** np.arange(count)
    points = np.stack([x, y], axis=1) + rng.normal(0, 0.02, (count, 2))
    return _on_paper([points if rng.random() < 0.5 else points[:, ::-1]], rng)


def outline(rng: np.random.Generator) -> np.ndarray:
    """A closed line with corners or lobes, too uneven for a 0."""
    turn = np.linspace(0, 2 * np.pi, 61)
    if rng.random() < 0.5:
        corners = rng.integers(3, 6)
        turn = np.arange(corners + 1) * 2 * np.pi / corners + rng.uniform(0, np.pi)
    radius = np.full(turn.shape, 0.33)
    if len(turn) > 7:
        waves, sizes = rng.integers(2, 8, 2), rng.uniform(0.05, 0.12, 2)
        radius = radius + np.cos(turn[:, None] * waves + rng.uniform(0, 6, 2)) @ sizes
    strokes = [0.5 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)]
    if rng.random() < 0.4:
        strokes.append(_ring(*rng.uniform(0.4, 0.6, 2), rng.uniform(0, 0.15), rng))
    return _on_paper(strokes, rng)


def star_heart_or_house(rng: np.random.Generator) -> np.ndarray:
    """Things that people draw, not trained on: a star, a heart, a house, a flower.

    Outlines were added to the training because these were often taken for digits.
    """
    kind, turn = rng.integers(4), np.linspace(0, 2 * np.pi, 41)
    if kind == 0:
        corners = np.arange(6) * 4 * np.pi / 5 - np.pi / 2
        return _on_paper([0.5 + 0.38 * np.stack([np.cos(corners), np.sin(corners)], 1)], rng)
    if kind == 1:
        x = 16 * np.sin(turn) ** 3
        y = -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
        return _on_paper([0.5 + np.stack([x, y], 1) / 45], rng)
    if kind == 2:
        walls = np.array([[0.2, 0.45], [0.2, 0.85], [0.8, 0.85], [0.8, 0.45]])
        roof = np.array([[0.15, 0.45], [0.5, 0.12], [0.85, 0.45], [0.15, 0.45]])
        door = np.array([[0.42, 0.85], [0.42, 0.6], [0.58, 0.6], [0.58, 0.85]])
        return _on_paper([walls, roof, door], rng)
    radius = 0.25 + 0.12 * np.cos(rng.integers(5, 8) * turn)
    petals = 0.5 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    return _on_paper([petals, _ring(0.5, 0.5, 0.06, rng)], rng, pens=(0.03, 0.07))


def arrow_tree_boat_or_key(rng: np.random.Generator) -> np.ndarray:
    """Things that people draw, neither trained on nor looked at before the detector was done."""
    kind, half = rng.integers(4), np.linspace(0, np.pi, 13)
    bow = np.stack([np.cos(half), np.sin(half)], axis=1)
    if kind == 0:
        shaft, head = [[0.15, 0.5], [0.85, 0.5]], [[0.6, 0.28], [0.85, 0.5], [0.6, 0.72]]
        return _on_paper([np.array(shaft), np.array(head)], rng)
    if kind == 1:
        trunk, low = np.array([[0.5, 0.9], [0.5, 0.7]]), [[0.2, 0.7], [0.5, 0.35], [0.8, 0.7]]
        high = [[0.28, 0.42], [0.5, 0.12], [0.72, 0.42], [0.28, 0.42]]
        return _on_paper([trunk, np.array([*low, low[0]]), np.array(high)], rng)
    if kind == 2:
        hull = np.concatenate([[0.5, 0.6] + bow * [0.35, 0.2], [[0.15, 0.6], [0.85, 0.6]]])
        sail = np.array([[0.5, 0.6], [0.5, 0.12], [0.78, 0.5], [0.5, 0.5]])
        return _on_paper([hull, sail], rng)
    blade = [[0.42, 0.5], [0.88, 0.5], [0.88, 0.64], [0.88, 0.5], [0.74, 0.5], [0.74, 0.62]]
    blade = np.array(blade)
    return _on_paper([_ring(0.27, 0.5, 0.15, rng), blade], rng)


def number(digits: np.ndarray) -> Draw:
    """Draws two or three of these digits side by side, as one picture."""

    def draw(rng: np.random.Generator) -> np.ndarray:
        chosen = digits[rng.integers(0, len(digits), rng.integers(2, 4))]
        cut = [image[:, image.any(axis=0)] for image in chosen]
        gap = np.zeros((28, rng.integers(0, 4)), np.uint8)
        row = np.concatenate([part for image in cut for part in (gap, image)], axis=1)
        large = Image.fromarray(row).resize((row.shape[1] * 5, 140), Image.Resampling.BICUBIC)
        return drawing_to_mnist(255 - np.asarray(large) * (np.asarray(large) > 30))

    return draw


# Trained on, and judged with other seeds.
DRAWN: dict[str, Draw] = {
    "scribbles": scribble,
    "noise": noise,
    "blots": blot,
    "faces": face,
    "lines": lines,
    "zigzags": zigzag,
    "outlines": outline,
    "blank": blank,
}


def _on_paper(
    strokes: Sequence[np.ndarray],
    rng: np.random.Generator,
    pens: tuple[float, float] = (0.05, 0.13),
) -> np.ndarray:
    """Strokes of points from 0 to 1, drawn with a pen, turned a little and shaken."""
    angle, stretch = rng.uniform(-0.3, 0.3), rng.uniform(0.75, 1.0, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shaken = [0.5 + ((s - 0.5) * stretch + rng.normal(0, 0.006, s.shape)) @ turn.T for s in strokes]
    points = [s.clip(0, 1).tolist() for s in shaken]
    return drawing_to_mnist(draw_strokes(points, 64, rng.uniform(*pens)))


def _curve(count: int, rng: np.random.Generator) -> np.ndarray:
    """A smooth curve through as many random points."""
    from scipy.interpolate import CubicSpline

    points = rng.uniform(0.15, 0.85, (count, 2))
    return CubicSpline(np.arange(count), points)(np.linspace(0, count - 1, 8 * count))


def _ring(x: float, y: float, radius: float, rng: np.random.Generator) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 25)
    sizes = radius * rng.uniform(0.85, 1.15, 2)
    return np.stack([x + sizes[0] * np.cos(turn), y + sizes[1] * np.sin(turn)], axis=1)


def _spoke(angle: float, rng: np.random.Generator) -> np.ndarray:
    reach = rng.uniform(0.25, 0.38) * np.array([np.cos(angle), np.sin(angle)])
    return np.stack([0.5 - reach, 0.5 + reach])
