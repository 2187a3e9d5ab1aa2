"""Settings: sane without any, checked when given, and secret where they must be."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config import Config, ConfigError


def _config(tmp_path: Path, **variables: str) -> Config:
    named = {f"FARMGATE_{name}": value for name, value in variables.items()}
    return Config.from_environment({"FARMGATE_INSTANCE_DIR": str(tmp_path), **named})


def test_without_variables_everything_lies_in_the_instance_folder(tmp_path: Path) -> None:
    config = _config(tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path}/farmgate.db"
    assert config.media_dir == tmp_path / "media"
    assert config.is_one_machine
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.demo_links


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = _config(tmp_path), _config(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 48
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert first.secret_key not in repr(first)


def test_a_given_secret_is_used_and_none_is_kept(tmp_path: Path) -> None:
    assert _config(tmp_path, SECRET_KEY="of the cluster").secret_key == "of the cluster"
    assert list(tmp_path.iterdir()) == []


def test_sign_in_links_of_the_demo_are_off_where_others_can_connect(tmp_path: Path) -> None:
    assert not _config(tmp_path, HOST="0.0.0.0").demo_links


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert _config(tmp_path, PORT="", BROKER_URL=" ").port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WEB_THREADS", "0"),
        ("GEOCODER", "google"),
        ("DEMO", "perhaps"),
        ("ROADS", "google"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"FARMGATE_{name} must be"):
        _config(tmp_path, **{name: value})


def test_a_road_service_needs_an_address(tmp_path: Path) -> None:
    for address in ("", "roads.example:5000"):
        with pytest.raises(ConfigError, match="FARMGATE_ROADS_URL must start with http"):
            _config(tmp_path, ROADS="osrm", ROADS_URL=address)
    assert _config(tmp_path, ROADS_URL="ignored").roads_url == ""
