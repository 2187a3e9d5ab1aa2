"""The one module that imports WeasyPrint, and with it the system's Pango."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fontTools.ttLib import woff2
from PIL import ImageFile
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.documents.fonts import font_rules

# WeasyPrint makes Pillow take pictures that end too early, and in the whole process,
# where photos of strangers are read as well.
ImageFile.LOAD_TRUNCATED_IMAGES = False

# A name that no network knows stands for the product's own files.
_OWN = "farmgate.invalid"


class OwnFiles(URLFetcher):  # type: ignore[misc]
    """Gives a document the files under ``static/`` and what it carries itself."""

    def __init__(self, static: Path) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._static = static.resolve()

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return a file of the product.

        :raises ValueError: on any other address; WeasyPrint then leaves the thing out.
        :raises OSError: if there is no such file; the same.
        """
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        if parts.hostname != _OWN or not parts.path.startswith("/static/"):
            raise ValueError("only own files go into a document")
        path = (self._static / unquote(parts.path).removeprefix("/static/")).resolve()
        if not path.is_relative_to(self._static):
            raise ValueError("only own files go into a document")
        # Answered under the address it was asked by, so that a style sheet's own relative
        # addresses come back here and not to the disk.
        media_type = guess_type(path.name)[0] or "application/octet-stream"
        body = _unpacked(path) if path.suffix == ".woff2" else path.read_bytes()
        return URLFetcherResponse(url, body, {"Content-Type": media_type})


@lru_cache(maxsize=160)
def _unpacked(path: Path) -> bytes:
    # Unpacking is nearly all the time that such a font costs, and WeasyPrint would do
    # it again for every document; the slices of a language take about ten megabytes.
    font = BytesIO()
    with path.open("rb") as packed:
        woff2.decompress(packed, font)
    return font.getvalue()


def write(html: str, *, static: Path) -> bytes:
    """Return a page as a PDF."""
    own = OwnFiles(static)
    fonts = FontConfiguration()
    address = f"http://{_OWN}/"
    sheet = CSS(
        string=font_rules(html, static=static), base_url=address, url_fetcher=own, font_config=fonts
    )
    page = HTML(string=html, base_url=address, url_fetcher=own)
    pdf: bytes = page.write_pdf(stylesheets=[sheet], font_config=fonts)
    return pdf
