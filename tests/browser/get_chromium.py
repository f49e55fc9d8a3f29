"""Make sure that a Chromium is there for the browser tests: Debian's where it may be installed, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None) or _playwrights()


def main() -> int:
    if installed():
        return 0
    for attempt in (_with_apt, _with_playwright):
        attempt()
        if installed():
            return 0
    print(
        "No Chromium could be installed: browser tests will be skipped (CI=true makes them fail)."
    )
    return 0


def _with_apt() -> None:
    apt = shutil.which("apt-get")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = [] if is_root else ["sudo", "-n"]
    if not apt or (sudo and not shutil.which("sudo")):
        return
    for words in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run([*sudo, apt, *words], check=False, stdout=subprocess.DEVNULL)


def _with_playwright() -> None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    sys.exit(main())
