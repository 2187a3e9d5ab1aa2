"""Pictures that tests make up: good ones, and ones that want to do harm."""

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image, ImageDraw


def field(size=(640, 480), mode="RGB"):
    """Return a picture whose upper left quarter is red and whose rest is green."""
    image = Image.new("RGB", size, (20, 150, 40))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=(210, 20, 20))
    return image.convert(mode)


def encoded(image, form="JPEG", **options):
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def exif(orientation=1):
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "SecretCamera"
    data.get_ifd(0x8825)[1] = "N"
    data.get_ifd(0x8825)[2] = (30.0, 18.0, 12.0)
    return data


def png_header(width, height):
    """Return a PNG that claims a size and holds almost nothing."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def zip_behind(picture):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.sh", "rm -rf /")
    return picture + out.getvalue()
