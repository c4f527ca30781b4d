"""A service and a browser for the tests of the app."""

import shutil

import pytest

from mnist_course.app.local import running_service
from mnist_course.app.page import MODELS

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def service():
    """The address of the service, started as a learner starts it."""
    with running_service(models=MODELS) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window and without a word to the network."""
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=quiet)
        yield browser
        browser.close()
