"""A tiny OpenStreetMap extract around the Enshi hub: a river with one bridge, and an island."""

from __future__ import annotations

from pathlib import Path

# The hub stands at 1. The river runs at latitude 30.277; its only bridge is 3 to 4.
NODES = {
    1: (30.272, 109.488),
    2: (30.276, 109.488),
    3: (30.272, 109.530),
    4: (30.282, 109.530),
    5: (30.282, 109.488),
    6: (30.278, 109.488),
    7: (30.300, 109.600),
    8: (30.301, 109.610),
}
WAYS = [
    ([1, 2], {"highway": "tertiary"}),
    ([1, 3], {"highway": "secondary"}),
    ([3, 4], {"highway": "secondary", "bridge": "yes"}),
    ([4, 5, 6], {"highway": "secondary"}),
    ([7, 8], {"highway": "unclassified"}),
]
HUB = NODES[1]
NORTH_BANK = NODES[6]
ISLAND = (30.3005, 109.605)
BRIDGE = (30.277, 109.530)


def write(path: Path) -> Path:
    """Write the extract and return its path."""
    lines = ["<?xml version='1.0'?>", "<osm version='0.6'>"]
    for number, (lat, lon) in NODES.items():
        lines.append(f"<node id='{number}' version='1' lat='{lat}' lon='{lon}'/>")
    for number, (nodes, tags) in enumerate(WAYS, start=1):
        lines.append(f"<way id='{number}' version='1'>")
        lines += [f"<nd ref='{node}'/>" for node in nodes]
        lines += [f"<tag k='{key}' v='{value}'/>" for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]))
    return path
