"""Farmgate: the market between a village and a city."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> Flask:
    """Return the web application, configured from the environment."""
    # The composition root imports every page, and every page imports this package;
    # importing it here instead of above is what keeps that from being a circle.
    from app.factory import create_app as create

    return create()
