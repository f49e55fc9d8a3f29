"""Reads damaged files for a while and keeps what must not happen."""

import time

import psutil

from agent.errors import UnreadableDocument
from knowledge.reading import read_document
from tests.knowledge import mutations

FILE_S = 90
"""A file's time on a busy machine; the child itself is ended after 60 s."""
GROWTH_MAX = 120 * 1024 * 1024


def readers_left():
    """Child processes that read documents; a browser of other tests may run beside them."""
    children = psutil.Process().children(recursive=True)
    return [one for one in children if "knowledge.apart" in one.cmdline()]


class Trial:
    def __init__(self, good, chance):
        self.good, self.chance = good, chance
        self.slowest = 0.0
        self.read = self.refused = 0
        self._findings = []
        self._memory = self._rss()

    def run_for(self, seconds):
        """How many files were tried."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._one()
        return self.read + self.refused

    def findings(self):
        """Empty when all is well; a file that misbehaved stands with its bytes."""
        grown = self._rss() - self._memory
        left = readers_left()
        return [
            *self._findings,
            *([f"grown by {grown} bytes"] if grown > GROWTH_MAX else []),
            *([f"left behind: {left}"] if left else []),
        ]

    def _one(self):
        name = self.chance.choice(sorted(self.good))
        noisy = self.chance.random() < 0.1
        content = (
            mutations.noise(self.chance)
            if noisy
            else mutations.damaged(self.chance, self.good[name])
        )
        started = time.monotonic()
        try:
            self._look_at(name, content)
        except Exception as error:
            self._findings.append(f"{name}: {error!r} of {content[:3000]!r}")
        took = time.monotonic() - started
        self.slowest = max(self.slowest, took)
        if took > FILE_S:
            self._findings.append(f"{name}: {took:.0f} s for {content[:3000]!r}")

    def _look_at(self, name, content):
        try:
            sections = read_document(name, content)
        except UnreadableDocument as refusal:
            self.refused += 1
            if not str(refusal).startswith(f"{name}: "):
                self._findings.append(f"no name in {refusal}")
            return
        self.read += 1
        "".join(section.heading + section.text for section in sections).encode()
        if not sections or not all(section.text.strip() for section in sections):
            self._findings.append(f"{name}: an empty section of {content[:3000]!r}")

    def _rss(self):
        return psutil.Process().memory_info().rss
