"""Measure the farmer's phone: sizes, opening, saving, and a thousand listings on a bad line."""
