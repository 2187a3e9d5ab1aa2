"""A farmer's public page: what is on sale now, where it comes from, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.posters import PosterPress, Shape
from app.kernel.database import reading
from app.kernel.errors import NotFound
from app.media.services import large_photos
from app.models import Crop, Lot, Photo, PhotoState
from app.orders.offers import Offered, offers_of_farmer
from app.pages.buyers.addresses import row_id
from app.pages.buyers.pictures import Picture, picture
from app.pages.buyers.points import NoPickupPoint, Points, points, remember
from app.pages.stall_posters import poster_facts
from app.web.addresses import public_address
from app.web.guards import public
from app.web.redirects import see_other
from app.web.session import look_at, now
from farmers.pages.photos import store
from farmers.services import stalls
from farmers.services.stalls import Keeper

blueprint = Blueprint("stalls", __name__, template_folder="templates")

MOST_OFFERS = 24
_POSTER_LIFE_S = 300
_PHOTO_LIFE_S = 3600


@dataclass(frozen=True)
class Card:
    """One lot on the stall."""

    offer: Offered
    picture: Picture


@dataclass(frozen=True)
class StallPage:
    """A stall with what is on sale at the visitor's pickup point, and what else is in season."""

    keeper: Keeper
    points: Points | None
    cards: tuple[Card, ...]
    season: tuple[tuple[Crop, Picture], ...]
    address: str
    preview: str


@blueprint.get("/s/<name>")
@public
def show(name: str) -> ResponseReturnValue:
    """Show a stall by any of its addresses; an old one leads to the newest.

    :raises StallClosed: if the farmer switched it off.
    """
    wanted = row_id("point")
    with reading() as session:
        keeper = _keeper(session, name)
        if keeper.stall.name != name:
            return see_other(url_for("stalls.show", name=keeper.stall.name))
        chosen = _points(session, wanted)
        offered = _offers(session, keeper, chosen)
        season = stalls.in_season(session, keeper=keeper, at=now())
    on_sale = {offer.crop_id for offer in offered}
    page = StallPage(
        keeper=keeper,
        points=chosen,
        cards=tuple(Card(offer, picture(offer.crop_code, offer.emoji)) for offer in offered),
        season=tuple(
            (crop, picture(crop.code, crop.emoji)) for crop in season if crop.id not in on_sale
        ),
        address=public_address(url_for("stalls.show", name=name)),
        preview=public_address(url_for("stalls.poster", name=name, shape=Shape.PREVIEW.value)),
    )
    response = make_response(render_template("pages/stall.html", page=page))
    if chosen is not None and wanted == chosen.chosen.id:
        remember(response, wanted)
    return response


@blueprint.get("/s/<name>/<any(poster, preview):shape>.jpg")
@public
def poster(name: str, shape: str) -> ResponseReturnValue:
    """Send the stall's picture, in one of the cooperative's languages (``?in=zh``)."""
    with reading() as session:
        keeper = _keeper(session, name)
        chosen = _points(session, row_id("point"), is_everybodys=True)
        offered = _offers(session, keeper, chosen)
        season = stalls.in_season(session, keeper=keeper, at=now())
        shown = [offer.photo_id for offer in offered if offer.photo_id is not None]
        photos = large_photos(session, photo_ids=shown)
    with force_locale(_language(keeper)):
        facts = poster_facts(
            keeper,
            offered,
            season,
            photos,
            point=None if chosen is None else chosen.chosen,
            address=public_address(url_for("stalls.show", name=keeper.stall.name)),
        )
    response = Response(mimetype="image/jpeg")
    response.set_etag(f"{facts.digest}-{shape}")
    response.headers["Cache-Control"] = f"public, max-age={_POSTER_LIFE_S}"
    # A chat or a neighbour's page may show it.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if response.make_conditional(request).status_code != 304:
        press = cast(PosterPress, current_app.extensions["poster_press"])
        response.set_data(press.print(facts, Shape(shape)))
    return response


@blueprint.get("/s/<name>/lots/<int:lot_id>/photo")
@public
def photo(name: str, lot_id: int) -> ResponseReturnValue:
    """Send the small photo of a lot of an open stall; others stay behind the sign-in.

    :raises NotFound: if the lot is not this farmer's, or has no photo.
    """
    with reading() as session:
        keeper = _keeper(session, name)
        sizes = session.scalar(
            select(Photo.sizes)
            .join(Lot, Lot.id == Photo.lot_id)
            .where(
                Photo.lot_id == lot_id,
                Photo.state == PhotoState.READY,
                Lot.farmer_id == keeper.stall.farmer_id,
                Lot.cooperative_id == keeper.cooperative.id,
                Lot.withdrawn_at.is_(None),
            )
            .order_by(Photo.id.desc())
            .limit(1)
        )
    if sizes is None:
        raise NotFound
    small = sizes["thumbnail"]
    response = Response(store().get(small["name"]), mimetype=small["media_type"])
    response.headers["Cache-Control"] = f"public, max-age={_PHOTO_LIFE_S}"
    return response


def _keeper(session: Session, name: str) -> Keeper:
    keeper = stalls.by_address(session, name=name)
    look_at(keeper.cooperative)
    return keeper


def _points(session: Session, wanted: int | None, *, is_everybodys: bool = False) -> Points | None:
    """Return the pickup points with the wanted one chosen, or None where there are none.

    :param is_everybodys: whoever looks, so that a picture is one for all.
    """
    try:
        found = points(session)
    except NoPickupPoint:
        return None
    by_id = {point.id: point for point in found.all}
    usual = found.all[0] if is_everybodys else found.chosen
    return Points(found.all, by_id.get(wanted or 0, usual))


def _offers(session: Session, keeper: Keeper, chosen: Points | None) -> tuple[Offered, ...]:
    return offers_of_farmer(
        session,
        cooperative_id=keeper.cooperative.id,
        farmer_id=keeper.stall.farmer_id,
        pickup_point_id=None if chosen is None else chosen.chosen.id,
        at=now(),
        limit=MOST_OFFERS,
    )


def _language(keeper: Keeper) -> str:
    wanted = request.args.get("in", "")
    spoken = keeper.cooperative.languages
    return wanted if wanted in spoken else spoken[0]
