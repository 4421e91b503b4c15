"""A JupyterLab of its own, that knows nothing of the user's, and a browser to open notebooks in."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
TOKEN = "token"
SERVER = [
    "--no-browser",
    "--ServerApp.port_retries=0",
    f"--IdentityProvider.token={TOKEN}",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--LabApp.expose_app_in_browser=True",
]
FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Cells that are out of sight stay in the page.
    "notebook-extension/tracker": {"windowingMode": "none"},
}
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
BROWSER = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# The kernel is ready; later, every cell has its number, or one has failed.
IDLE = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status == 'idle'"
DONE = """() => document.querySelector('.jp-Notebook [data-mime-type$="stderr"]') ||
    [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
        .every(prompt => /[0-9]/.test(prompt.textContent))"""


class Lab:
    def __init__(self, folder, address, browser):
        self.folder, self.address, self.browser = folder, address, browser
        self.notebooks = folder / "course" / "notebooks"

    def configure(self, name, settings):
        file = self.folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")

    @staticmethod
    def notebook(*sources):
        """A notebook with these cells of code."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
        return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})

    @contextmanager
    def opened(self, notebook, name, theme="Light"):
        """The page on which a notebook has run; nothing may go wrong on it."""
        self.configure("apputils-extension/themes", {"theme": f"JupyterLab {theme}"})
        nbformat.write(notebook, self.notebooks / name)
        page = self.browser.new_page(viewport={"width": 1150, "height": 820})
        page.set_default_timeout(300_000)  # a busy machine may be slow
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{self.address}/lab/tree/notebooks/{name}?reset&token={TOKEN}")
        page.wait_for_function(IDLE)
        try:
            page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_function(DONE, timeout=600_000)
            failed = page.locator('.jp-Notebook [data-mime-type$="stderr"]').all_text_contents()
            assert not failed, failed[0]
            yield page
            assert not errors
        finally:
            page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            page.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        pytest.exit("there is no Chromium: apt-get install chromium, or CHROMIUM=its-path", 1)
    folder = tmp_path_factory.mktemp("lab")
    for name in ("course/notebooks", *FOLDERS.values()):
        (folder / name).mkdir(parents=True)
    for part in [ROOT / "images", *(ROOT / "notebooks").iterdir()]:  # read by notebooks
        if part.is_dir():
            shutil.copytree(part, folder / "course" / part.relative_to(ROOT))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", *SERVER, f"--port={port}"]
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command + ["--allow-root"] * as_root,
            cwd=folder / "course",
            env=os.environ | {name: str(folder / value) for name, value in FOLDERS.items()},
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(server, f"{address}/api", folder / "log")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
            lab = Lab(folder, address, browser)
            for name, settings in SETTINGS.items():
                lab.configure(name, settings)
            yield lab
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def wait_for(server, address, log):
    for _ in range(600):
        try:
            urlopen(address, timeout=5).close()
            return
        except (URLError, ConnectionError):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture
def screenshot(request):
    """Keep a picture of the page in the folder SCREENSHOTS, if there is one."""

    def shoot(page, name):
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{request.node.name}-{name}.png")

    return shoot
