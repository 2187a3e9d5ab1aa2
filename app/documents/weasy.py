"""The one module that imports WeasyPrint, and with it the system's Pango."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

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
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})


def write(html: str, *, static: Path) -> bytes:
    """Return a page as a PDF."""
    page = HTML(string=html, base_url=f"http://{_OWN}/", url_fetcher=OwnFiles(static))
    pdf: bytes = page.write_pdf()
    return pdf
