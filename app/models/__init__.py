"""Every table, one file per aggregate; behaviour lives in the feature packages."""

from app.models.base import Base

__all__ = ["Base"]
