"""Text that a spreadsheet program would run as a formula, made harmless and back.

OWASP, "CSV Injection": a cell that begins with one of these is calculated when the
file is opened, wherever its text came from.
"""

from __future__ import annotations

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """Return text with an apostrophe before it if a spreadsheet might run it."""
    return "'" + text if text.lstrip(" ").startswith(_STARTERS) or _is_marked(text) else text


def undefused(text: str) -> str:
    """Return text as it was before :func:`defused`, so that a file can come back."""
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    # A text that looks marked already gets one mark more, so that both ways agree.
    return text.startswith("'") and text.lstrip("'").lstrip(" ").startswith(_STARTERS)
