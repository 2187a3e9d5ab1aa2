"""The settings of one installation, read from the environment in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Config:
    """What the composition roots hand to the rest.

    ``tile_address``: template of a map tile server, empty for the drawn schematic.
    ``demo_links``: whether one-tap sign-in links work, on loopback only.
    """

    database_url: str
    secret_key: str
    media_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    demo_links: bool = False
    tile_address: str = ""
    public_url: str = "http://127.0.0.1:8000"

    @classmethod
    def from_environment(cls) -> Config:
        """Read the FARMGATE_ variables."""
        instance = ROOT / "instance"
        return cls(
            database_url=os.environ.get(
                "FARMGATE_DATABASE_URL", f"sqlite:///{instance}/farmgate.db"
            ),
            secret_key=os.environ["FARMGATE_SECRET_KEY"],
            media_dir=Path(os.environ.get("FARMGATE_MEDIA_DIR", instance / "media")),
        )
