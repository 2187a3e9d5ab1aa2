"""How many text messages a text is charged as (3GPP TS 23.038)."""

from __future__ import annotations

# The default alphabet of GSM 7 bit, and what it reaches by an escape, at two places each.
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
_GSM_ALONE, _GSM_JOINED = 160, 153
_UCS_ALONE, _UCS_JOINED = 70, 67


def segments(text: str) -> int:
    """Return the number of segments that a text takes, 1 for an empty one."""
    if all(sign in _PLAIN or sign in _ESCAPED for sign in text):
        length = sum(2 if sign in _ESCAPED else 1 for sign in text)
        alone, joined = _GSM_ALONE, _GSM_JOINED
    else:
        length = len(text.encode("utf-16-le")) // 2
        alone, joined = _UCS_ALONE, _UCS_JOINED
    return 1 if length <= alone else -(-length // joined)


def fitted(text: str, *, name: str = "", link: str = "") -> str:
    """Return a text with its addressee's name and a link, in one segment if it can be.

    The link goes first where it does not fit: the message is in the list anyway. The
    name never goes: on a shared phone it says who is meant.
    """
    body = f"{name}: {text}" if name else text
    with_link = f"{body} {link}" if link else body
    return with_link if segments(with_link) == segments(body) else body


def plain(text: str) -> str:
    """Return a text without the signs that would make it three times as long to send.

    Formats write a narrow no-break space before "PM"; a phone shows no difference.
    """
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
