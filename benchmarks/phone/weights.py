"""Bytes on the wire: the farmer's pages, the buyer's list with its pictures, manager pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from sqlalchemy import select

from app.kernel.database import bind, bound, reading, transaction
from app.media import services as media
from app.media.store import FolderStore
from app.models import Crop, Grade, RoleKind
from farmers.services import harvests
from farmers.services.harvests import Offer
from tests.farmers.conftest import Farm
from tests.web.lively_market import make
from tests.web.shown_pages import shown_pages

FARMER_PAGES = {"listing": "/harvests/new", "harvests": "/harvests", "my_day": "/my-day"}
SCRIPTS = ("farmer", "listing", "outbox", "outbox_list", "photo", "store")
OFFERS = 20
_BROTLI = {"Accept-Encoding": "br"}
_AVIF = {"Accept": "image/avif,image/webp,*/*"}
_LINKED = re.compile(r'<(?:link rel="stylesheet" href|script[^>]* src)="([^"]+)"')
_PHOTO = re.compile(r'src="(/photos/\d+/thumbnail)"')


def farmer_bytes(farm: Farm) -> dict[str, int]:
    """Return the bytes of each of the farmer's pages, and of the scripts that come after."""
    client = farm.client(farm.market.tan_id)
    found = {f"{name}_bytes": _bytes(client, path) for name, path in FARMER_PAGES.items()}
    scripts = (_bytes(client, f"/static/js/{name}.js") for name in SCRIPTS)
    return found | {"scripts_bytes": sum(scripts)}


def buyer_bytes(farm: Farm) -> dict[str, int]:
    """Return the bytes of a list of twenty offers, and of its largest picture."""
    _offer_twenty(farm)
    client = farm.client(farm.market.zhou_id)
    page = client.get("/offers").get_data(as_text=True)
    pictures = _PHOTO.findall(page)
    if len(pictures) != OFFERS:
        raise RuntimeError(f"{len(pictures)} of {OFFERS} offers show a photo")
    replies = [client.get(address, headers=_AVIF) for address in pictures]
    if {reply.mimetype for reply in replies} != {"image/avif"}:
        raise RuntimeError("a picture is no AVIF")
    return {
        "buyer_list_bytes": _bytes(client, "/offers"),
        "thumbnail_bytes": max(len(reply.data) for reply in replies),
    }


def manager_bytes(folder: Path) -> dict[str, int | str]:
    """Return the bytes of the heaviest manager page, with what it links, on a lively market."""
    before = bound()
    market = make(folder)
    client = market.client(RoleKind.MANAGER)
    pages = [shown for shown in shown_pages(market) if shown.kind is RoleKind.MANAGER]
    sizes = {shown.address: _whole(client, shown.address) for shown in pages}
    bind(before)
    heaviest = max(sizes, key=lambda address: sizes[address])
    return {"manager_page_bytes": sizes[heaviest], "manager_page": heaviest}


def _whole(client: FlaskClient, address: str) -> int:
    page = client.get(address).get_data(as_text=True)
    linked = {one.replace("&amp;", "&") for one in _LINKED.findall(page)}
    return _bytes(client, address) + sum(_bytes(client, one) for one in linked)


def _bytes(client: FlaskClient, address: str, headers: Mapping[str, str] = _BROTLI) -> int:
    reply = client.get(address, headers=headers)
    if reply.status_code != 200:
        raise RuntimeError(f"{address} answered {reply.status_code}")
    return len(reply.data)


def _offer_twenty(farm: Farm) -> None:
    store = FolderStore(Path(farm.app.config["MEDIA_DIR"]))
    with reading() as session:
        crop_ids = session.scalars(select(Crop.id).order_by(Crop.id)).all()
    today = farm.at.date()
    for number in range(OFFERS):
        offered = Offer(
            farmer_id=farm.market.tan_id,
            village_id=farm.market.baiyangping_id,
            crop_id=crop_ids[number % len(crop_ids)],
            grade=Grade.CLASS_I,
            quantity_g=(number + 10) * 1000,
            unit_code="kg",
            unit_grams=1000,
            ask_minor=200 + number,
            ready_from_on=today,
            ready_until_on=today + timedelta(days=8),
            is_uncertain=False,
            note="",
        )
        with transaction() as session:
            lot = harvests.offer(
                session,
                cooperative_id=farm.market.cooperative_id,
                listed_by_id=farm.market.tan_id,
                offered=offered,
                key=f"twenty-{number:04}",
                at=farm.at,
            )
            photo = media.receive(
                session,
                store=store,
                lot_id=lot.id,
                person_id=farm.market.tan_id,
                key=f"photo-{number:04}",
                data=_heap(number),
                at=farm.at,
            )
            media.process(session, store=store, photo_id=photo.id)


def _heap(number: int) -> bytes:
    """Return a photo of a heap of round things on grainy ground, as busy as a real one."""
    image = Image.effect_noise((800, 600), 25).convert("RGB")
    draw = ImageDraw.Draw(image)
    for place in range(150):
        x, y = (place * 97 + number * 31) % 760, (place * 61 + number * 17) % 560
        shade = 120 + place % 80
        draw.ellipse((x, y, x + 70, y + 60), fill=(shade, shade - 40, 60), outline=(60, 40, 20))
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
