"""What the demo's crops fetch: assumptions, in the order of real yard prices."""

from __future__ import annotations

# What a kilogram fetches at the farm gate, in hundredths of the currency.
CROP_PRICES = {
    "potato": 180,
    "tomato": 320,
    "cabbage": 140,
    "radish": 120,
    "chilli": 620,
    "maize": 240,
    "ginger": 760,
    "konjac": 480,
    "lettuce": 300,
    "cucumber": 260,
    "eggplant": 290,
    "pumpkin": 150,
    "tea": 9800,
    "orange": 380,
    "hen-egg": 1150,
}
