"""One line a figure, wall and CPU side by side; the aims at the end."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil


@dataclass(kw_only=True)
class Report:
    aims: list[tuple[str, str, float, float]] = field(
        default_factory=list[tuple[str, str, float, float]]
    )

    def section(self, name: str) -> None:
        print(f"\n{name} (load {psutil.getloadavg()[0]:.1f})", flush=True)

    def say(self, what: str, wall: str = "", cpu: str = "") -> None:
        print(f"  {what:58} {wall:36} {cpu}".rstrip(), flush=True)

    def aim(self, what: str, unit: str, measured: float, limit: float) -> None:
        """At most `limit` is aimed at."""
        self.aims.append((what, unit, measured, limit))

    def verdict(self) -> None:
        print("\nAims", flush=True)
        for what, unit, measured, limit in self.aims:
            verdict = "met" if measured <= limit else "NOT MET"
            shown = f"{measured:.2f} {unit}".rstrip()
            self.say(what, f"{shown}, aim {limit:.2f}", verdict)


def percentile(times: Sequence[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def percentiles(times: Sequence[float]) -> str:
    return f"p50 {statistics.median(times):.0f} ms, p99 {percentile(times, 0.99):.0f} ms"
