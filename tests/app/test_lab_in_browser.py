"""A learner's day in a real browser: open the copy, run all, draw, save, open again."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from mnist_course._paths import ROOT

SEVEN = [(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.62, 0.45), (0.5, 0.65), (0.42, 0.85)]
DAY = "day01_meet_the_digits.ipynb"
SECONDS = 1000  # milliseconds, as Playwright counts


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of the course, so that nobody's own copies are touched."""
    folder = tmp_path_factory.mktemp("clone")
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in ("mnist_course", "notebooks", "models", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def address(clone):
    """Where ``mnist-course lab 1`` listens."""
    command = [sys.executable, "-m", "mnist_course.cli", "lab", "1", "--no-browser"]
    env = os.environ | {"PYTHONPATH": str(clone), "MNIST_COURSE_HOME": str(clone / "home")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(
        [*command, "--port", "8917", "--ip", "127.0.0.1"], cwd=clone, env=env, **pipes
    ) as server:
        try:
            seen = []
            for line in server.stdout:
                seen.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", line):
                    break
            assert found, "".join(seen)
            yield found[0]
        finally:  # even when nothing was found: leaving the block waits for its end
            server.terminate()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(60 * SECONDS)
    return page


def draw(page, points) -> None:
    """A stroke with the mouse on the drawing pad."""
    paper = page.locator(".mnist-pad canvas")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def scroll_to_pad(page) -> None:
    """JupyterLab keeps only those cells in the page that can be seen."""
    for top in range(0, 20_000, 300):
        page.locator(".jp-WindowedPanel-outer").evaluate(f"panel => panel.scrollTop = {top}")
        page.wait_for_timeout(SECONDS / 5)
        if page.locator(".mnist-pad canvas").count():
            return
    pytest.fail("the drawing pad is nowhere in the notebook")


def run_all(page) -> None:
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.wait_for_timeout(2 * SECONDS)  # idle is said a moment before cells are accepted
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def was_run(notebook) -> bool:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return all(cell.execution_count for cell in code)


def save_once_run(page, path) -> None:
    """Save again and again until the file on disk has a number at every cell."""
    for _ in range(240):
        page.keyboard.press("Control+s")
        if was_run(nbformat.read(path, as_version=4)):
            return
        page.wait_for_timeout(1 * SECONDS)
    pytest.fail(f"{path.name} was not run and saved within four minutes")


def test_open_run_all_draw_save_and_open_again(page, address, clone):
    mine, original = clone / "my_course" / DAY, clone / "notebooks" / DAY
    before = original.read_bytes()
    page.goto(address)
    run_all(page)
    save_once_run(page, mine)
    scroll_to_pad(page)
    page.get_by_role("button", name="Clear the paper").click()
    draw(page, SEVEN)
    page.wait_for_function("document.querySelector('.mnist-pad output').textContent[0] == '7'")
    page.keyboard.press("Control+s")
    notebook = nbformat.read(mine, as_version=4)
    assert any("✓" in str(cell.get("outputs", "")) for cell in notebook.cells)
    page.reload()
    page.locator(".jp-Notebook .jp-OutputArea-output").first.wait_for()
    files = page.locator(".jp-DirListing-item").all_inner_texts()
    assert files
    assert all(re.match(r"day\d\d_\w+\.ipynb", name) for name in files), files
    assert original.read_bytes() == before
