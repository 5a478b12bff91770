"""A server of the app and a browser, one of each for all tests of pages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT = 240_000  # milliseconds: machines that test are busy


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages; return where."""
    folder = tmp_path_factory.mktemp("app")
    command = [sys.executable, "-P", "-m", "sim", "app", "--port", "0", "--no-browser", "--out", str(folder)]
    root = Path(__file__).parents[2]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment = {**inherited, "PYTHONPATH": str(root)}  # NiceGUI behaves otherwise where pytest is its parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+?:\d+", server.stdout.readline())
        assert found is not None
        yield found[0]
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Debian's Chromium, or whichever is here."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        assert "CI" not in os.environ, "pages are tested in a browser: install Chromium (make browser)"
        pytest.skip("no Chromium here: make browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Open a tab that tolerates neither errors on its console nor requests to elsewhere."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(WAIT)
    wrong: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda request: None if request.url.startswith((address, "data:")) else wrong.append(request.url))
    yield tab
    context.close()
    assert [text for text in wrong if "ERR_INTERNET_DISCONNECTED" not in text] == []
