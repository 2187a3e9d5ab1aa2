"""Every table, one file per aggregate; behaviour lives in the feature packages."""

from app.models.base import Base
from app.models.jobs import Job, Schedule

__all__ = ["Base", "Job", "Schedule"]
