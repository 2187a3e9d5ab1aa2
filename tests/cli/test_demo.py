"""`demo`: one rehearsed market day adds up, repeats itself and survives a dirty file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SMALL = ("--farmers", "8", "--orders", "12", "--seed", "3")
KEYS = {
    *("lots", "orders", "offered_g", "asked_g", "allocated_g", "left_g", "over_g"),
    *("received_g", "short_g", "unfilled", "routes", "unplanned", "farmers", "ledger_sum_minor"),
}
# Around Wuhan, with everything that a file from an office may hold.
DIRTY = """name,lat,lon,local_name,admin
Wuhan,30.58333,114.26667,武汉市,Hubei
Hankou,30.5818,114.2785,汉口,Hubei
Wuchang,30.5465,114.3021,武昌,Hubei
Hanyang,30.5547,114.2215,汉阳,Hubei
Huangpi,30.8844,114.3749,黄陂,Hubei
Xinzhou,30.8416,114.8013,新洲,Hubei
Caidian,30.5833,114.0333,蔡甸,Hubei
Jiangxia,30.3492,114.3174,江夏,Hubei
Hannan,30.3091,114.0849,汉南,Hubei
Huangpi,30.8844,114.3749,黄陂,Hubei
Yangluo,114.5500,30.6700,阳逻,Hubei
Hengdian,,,横店,Hubei
Zhifang,91.5,114.31,纸坊,Hubei
Shekou,thirty,114.33,滠口,Hubei
Null Island,0,0,零,Hubei
Paris,48.8566,2.3522,巴黎,France
,30.6,114.3,,Hubei
"""


@cache
def _demo(*options: str, seed: int = 0) -> subprocess.CompletedProcess[str]:
    # The second argument only tells runs apart that would otherwise be remembered.
    return subprocess.run(
        [sys.executable, "-m", "app", "demo", "--json", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        timeout=280,
    )


def _read(*options: str, seed: int = 0) -> dict[str, Any]:
    done = _demo(*options, seed=seed)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _must_add_up(read: dict[str, Any]) -> None:
    assert set(read) == KEYS
    assert read["offered_g"] == read["allocated_g"] + read["left_g"]
    assert read["allocated_g"] + read["over_g"] == read["received_g"] + read["short_g"]
    for earned in read["farmers"]:
        costs = earned["transport_minor"] + earned["fees_minor"]
        assert earned["gross_minor"] - costs == earned["net_minor"]
    assert read["ledger_sum_minor"] == 0


def test_every_gram_and_every_cent_of_a_rehearsed_day_is_accounted_for() -> None:
    read = _read(*SMALL)
    _must_add_up(read)
    assert (read["lots"] >= 8, read["orders"], read["allocated_g"] > 0) == (True, 12, True)
    # One weight is short, one farmer absent and one lot over.
    assert read["short_g"] > 0
    assert read["over_g"] > 0
    assert read["routes"]
    for route in read["routes"]:
        assert set(route) == {"vehicle", "villages", "distance_m", "duration_s", "load_percent"}
        assert 0 < route["load_percent"] <= 100
    for unfilled in read["unfilled"]:
        assert set(unfilled) == {"reason", "quantity_g"}


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert _read(*SMALL, seed=1) == _read(*SMALL)
    assert _read(*SMALL[:-1], "4") != _read(*SMALL)


def test_a_dirty_file_of_places_is_rehearsed_and_its_faults_are_named(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(DIRTY, encoding="utf-8")
    options = ("--places", str(file), *SMALL)
    _must_add_up(_read(*options))
    told = _demo(*options).stderr
    for row, words in (
        (11, "same place as in row 6"),
        (12, "wrong way round"),
        (13, "position is missing"),
        (14, "not on the map"),
        (15, "not a number of degrees"),
        (16, "Both figures are zero"),
        (17, "km from the middle"),
        (18, "no name"),
    ):
        assert any(f"row {row}: " in line and words in line for line in told.splitlines()), told


def test_a_file_without_places_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text("name,lat,lon\nWuhan,30.58,114.27\n", encoding="utf-8")
    done = _demo("--places", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
