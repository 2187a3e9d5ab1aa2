"""Recognise files that are more than a picture, before anything decodes them."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

# Phones append clips and second pictures to a JPEG; none of them appends these.
_FOREIGN = re.compile(rb"<script|<html|<svg|<\?php|<!doctype html|javascript:", re.IGNORECASE)
_MOST_SCANS = 100


def hides_another_file(data: bytes) -> bool:
    """Say whether a file is also a page, a script, a PDF or an archive (a polyglot)."""
    if b"%PDF-" in data[:1024] or _FOREIGN.search(data):
        return True
    return zipfile.is_zipfile(BytesIO(data))


def is_scan_bomb(data: bytes) -> bool:
    """Say whether a JPEG repeats its scans to cost minutes of decoding.

    A progressive picture has about ten. Within a scan 0xFF is always followed by a
    zero or a restart mark, so that the start-of-scan mark can simply be counted.
    """
    return data[:2] == b"\xff\xd8" and data.count(b"\xff\xda") > _MOST_SCANS
