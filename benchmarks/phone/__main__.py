"""Print each figure of the phone with its goal, then all of them as one JSON line."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from app.cli.logs import configure_logs
from benchmarks.phone import chaos, link, opening, weights
from benchmarks.phone.phones import CHROMIUM, SLOWER
from benchmarks.phone.serving import Served, make_farm, served

# Kilobits a second and round trip in ms of the lines.
LINES = {"2g": (50, 800), "3g": (400, 400)}
GOALS = {
    "listing_bytes": 6144,
    "buyer_list_bytes": 8192,
    "thumbnail_bytes": 3000,
    "manager_page_bytes": 80 * 1024,
    "ratio_2g": 1.25,
    "ratio_3g": 1.5,
    "open_again_ms": 600,
    "open_offline_ms": 600,
    "saved_ms": 150,
    "lost": 0,
    "doubled": 0,
    "receipts_gone": 0,
}


def main() -> None:
    """Measure what was asked for."""
    asked = argparse.ArgumentParser(prog="make bench-phone")
    asked.add_argument("--listings", type=int, default=chaos.LISTINGS, help="of the chaos run")
    asked.add_argument("--only", choices=("weights", "opening", "chaos"), help="one part of it")
    given = asked.parse_args()
    if not any(Path(path).exists() for path in CHROMIUM):
        sys.exit("no Chromium was found; apt install chromium")
    figures: dict[str, object] = {}
    left_out: list[str] = []
    configure_logs("error")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        farm = make_farm(folder / "market")
        if given.only in (None, "weights"):
            figures |= weights.farmer_bytes(farm)
        with served(farm, folder / "market") as market, sync_playwright() as playwright:
            if given.only in (None, "opening"):
                times, left_out = _times(playwright, market, folder)
                figures |= times
            if given.only in (None, "chaos"):
                figures |= chaos.chaos(playwright, market, folder, listings=given.listings)
        if given.only in (None, "weights"):
            figures |= weights.buyer_bytes(farm)
            figures |= weights.manager_bytes(folder / "lively")
    _report(figures, left_out)


def _times(
    playwright: Playwright, market: Served, folder: Path
) -> tuple[dict[str, object], list[str]]:
    reason = link.why_not()
    if not reason and not shutil.which("curl"):
        reason = "there is no curl to download the bare page with"
    figures: dict[str, object] = {}
    if reason:
        figures |= opening.kept_on_the_phone(playwright, market, folder, None)
        return figures, [f"opening over a slow line: {reason} (needs root and /dev/net/tun)"]
    for name, (kbps, round_trip_ms) in LINES.items():
        measured = opening.over_a_line(
            playwright, market, folder, kbps=kbps, round_trip_ms=round_trip_ms
        )
        figures |= {f"{key}_{name}": value for key, value in measured.items()}
    with link.Link(kbps=400, round_trip_ms=400) as line:
        figures |= opening.kept_on_the_phone(playwright, market, folder, line)
    return figures, []


def _report(figures: dict[str, object], left_out: list[str]) -> None:
    for name, value in figures.items():
        goal = GOALS.get(name)
        if goal is None:
            print(f"{name:20} {value}")
        else:
            share = f" ({float(str(value)) / goal:.2f})" if goal else ""
            met = "" if float(str(value)) <= goal else "  MISSED"
            print(f"{name:20} {value} of at most {goal}{share}{met}")
    for reason in left_out:
        print(f"left out: {reason}")
    print("lines: " + ", ".join(f"{k} kbps / {ms} ms" for k, ms in LINES.values()))
    print(json.dumps({**figures, "goals": GOALS, "cpu_slower": SLOWER, "left_out": left_out}))


if __name__ == "__main__":
    main()
