"""What the map in the browser draws, and the tiles that it may load for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import current_app

from app.kernel.geo import Position
from app.web import assets
from app.web.words import called_name
from logistics.pages import schematic
from logistics.pages.schematic import Drawable

_LEAFLET = "node_modules/leaflet/dist/leaflet.js"


@dataclass(frozen=True)
class MapData:
    """What the map in the browser needs, and the tiles it may load."""

    tile_address: str
    tile_credit: str
    drawing: str


def map_data(view: Drawable) -> MapData | None:
    """Return what Leaflet draws, where tiles are configured and Leaflet is installed."""
    tiles = str(current_app.config["TILE_ADDRESS"])
    if not tiles or view.hub_where is None or not (assets.ROOT / _LEAFLET).exists():
        return None
    runs = [
        {
            "name": run.vehicle,
            "colour": schematic.colour_of(index),
            "dash": schematic.dash_of(index),
            "stops": [
                {
                    "at": _pair(stop.where),
                    "name": called_name(stop.village),
                    "number": stop.position,
                }
                for stop in run.stops
                if stop.where is not None
            ],
        }
        for index, run in enumerate(view.runs)
    ]
    left_out = [
        {"at": _pair(village.where), "name": called_name(village.village)}
        for village in view.unplanned
        if village.where is not None
    ]
    drawing = {
        "hub": {"at": _pair(view.hub_where), "name": called_name(view.hub)},
        "runs": runs,
        "leftOut": left_out,
    }
    return MapData(tiles, str(current_app.config["TILE_CREDIT"]), json.dumps(drawing))


def _pair(where: Position) -> list[float]:
    return [where.lat, where.lon]
