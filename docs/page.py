"""Draw docs/page.png for the README: the page on a screen and, dark, on a phone.

uv run python docs/page.py
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from mnist_course.app.local import running
from mnist_course.app.page import write_page

HERE = Path(__file__).resolve().parent
THREE = (
    (0.3, 0.22), (0.46, 0.16), (0.62, 0.2), (0.67, 0.32), (0.57, 0.44), (0.42, 0.48),
    (0.58, 0.5), (0.7, 0.6), (0.64, 0.76), (0.48, 0.84), (0.3, 0.77),
)  # fmt: skip
SCREEN = {"viewport": {"width": 1000, "height": 760}}
PHONE = {"viewport": {"width": 351, "height": 760}, "color_scheme": "dark"}
GAP = 20  # pixels between the two


def seen(browser: Browser, address: str, options: dict) -> Image.Image:
    """The page in a window of its own, after a 3 was drawn."""
    page = browser.new_context(**options).new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    box = page.locator("#pad canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in THREE]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.locator("#answer[data-digit='3']").wait_for()
    page.evaluate("scrollTo(0, 0)")
    return Image.open(io.BytesIO(page.screenshot()))


def main() -> None:
    host = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        running([*host, str(write_page(folder))], ready="/") as address,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        views = [seen(browser, address, options) for options in (SCREEN, PHONE)]
        browser.close()
    both = Image.new("RGB", (sum(v.width for v in views) + GAP, views[0].height), "white")
    both.paste(views[0], (0, 0))
    both.paste(views[1], (views[0].width + GAP, 0))
    both.quantize(128).save(HERE / "page.png", optimize=True)


if __name__ == "__main__":
    main()
