"""axe-core, the accessibility checker, from the npm registry; kept for the next run."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.14.1"
CACHE = Path.home() / ".cache" / "ringback" / "npm"
_WAIT_S = 300


def script() -> Path | None:
    """The checker's script; None: there is no npm, or its registry does not answer."""
    path = CACHE / "node_modules" / "axe-core" / "axe.min.js"
    kept = path.with_name("package.json")
    if kept.exists() and json.loads(kept.read_text())["version"] == VERSION:
        return path
    npm = shutil.which("npm")
    if npm is None:
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    words = [
        npm,
        "install",
        "--prefix",
        str(CACHE),
        "--no-audit",
        "--no-fund",
        f"axe-core@{VERSION}",
    ]
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=_WAIT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return path


def violations(page: Page, axe: str) -> list[str]:
    """What is serious or critical on a page, one line each: rule, element, why.

    Args:
        axe: the checker's script.
    """
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "async () => await axe.run({resultTypes: ['violations']})"
    )
    return [
        f"{one['id']}: {node['target']} {' '.join(node['failureSummary'].split())[:300]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def main() -> int:
    if script() is None:
        print("axe-core could not be had from npm: the accessibility tests will be skipped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
