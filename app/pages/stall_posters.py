"""What a stall's poster says, in the language that is set while it is worded."""

from __future__ import annotations

from collections.abc import Sequence

from app.documents.posters import PosterFacts
from app.models import Crop, PickupPoint
from app.orders.offers import Offered
from app.web.formatting import price_per_unit
from app.web.locale import direction
from app.web.translation import gettext
from app.web.words import called_name, crop_name, grade_name, in_language, place_name
from farmers.services.stalls import Keeper

_MOST_LINES = 5
_MOST_PHOTOS = 3


def poster_facts(
    keeper: Keeper,
    offered: Sequence[Offered],
    season: Sequence[Crop],
    photos: Sequence[str],
    *,
    point: PickupPoint | None,
    address: str,
) -> PosterFacts:
    """Return what a stall's poster says and shows.

    :param photos: names in the store of large photos, the best first.
    """
    # One crop on several days is one line.
    lines = dict.fromkeys((_name(offer), _price(offer)) for offer in offered)
    on_sale = {offer.crop_id for offer in offered}
    others = ", ".join(crop_name(crop) for crop in season if crop.id not in on_sale)
    return PosterFacts(
        farmer=keeper.farmer,
        place=village_line(keeper),
        greeting=keeper.stall.greeting,
        lines=tuple(lines)[:_MOST_LINES],
        heading=_heading(point) if lines else "",
        seasonal=gettext("In season: %(crops)s", crops=others) if others else "",
        call=gettext("Order on your phone"),
        address=address,
        shown_address=address.partition("//")[2],
        cooperative=keeper.cooperative.name,
        is_rtl=direction() == "rtl",
        photos=tuple(photos[:_MOST_PHOTOS]),
    )


def village_line(keeper: Keeper) -> str:
    """Return a stall's village, with its county where that is known."""
    village = called_name(keeper.village)
    return f"{village} · {keeper.county}" if keeper.county else village


def _heading(point: PickupPoint | None) -> str:
    if point is None:
        return gettext("On sale now")
    return gettext("On sale now, to collect at %(point)s", point=place_name(point))


def _name(offer: Offered) -> str:
    return gettext(
        "%(crop)s, %(grade)s", crop=in_language(offer.crop_names), grade=grade_name(offer.grade)
    )


def _price(offer: Offered) -> str:
    if offer.price is None:
        return ""
    return price_per_unit(offer.price.buyer_minor, offer.unit_code, offer.unit_grams)
