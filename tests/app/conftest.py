"""Servers and browsers for the tests of the app."""

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def running(command, pattern, **options):
    """A program of the course, and what the pattern finds in what it says."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, *command], **pipes, **options) as process:
        try:
            seen = []
            for line in process.stdout:
                seen.append(line)
                if found := re.search(pattern, line):
                    break
            assert found, "".join(seen)
            yield process, found[0]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def serving():
    """A function that starts the service as a learner does: process and address."""

    def start(*options):
        command = ["-m", "mnist_course.cli", "serve", "--port", "0", *options]
        return running(command, r"http://127\.0\.0\.1:\d+")

    return start


@pytest.fixture(scope="session")
def service(serving):
    """The address of the service, for all tests."""
    with serving() as (_, address):
        yield address


@pytest.fixture
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
