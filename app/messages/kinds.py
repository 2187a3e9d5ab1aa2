"""What each kind of message is: its topic, which channels it may take, where it leads.

To add a kind: write its words in ``app.messages.wording`` (and a brief text there, if
its words have money or a code in them), give it a line in ``KINDS``, and call ``tell`` or
``tell_all`` in the transaction of the change that people are told about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.models import Channel, RoleKind

LIST_PATH = "/messages"


class Topic(StrEnum):
    """What people switch on and off, a channel at a time."""

    SALES = "sales"
    TRUCK = "truck"
    WEIGHTS = "weights"
    MONEY = "money"
    ORDERS = "orders"
    PICKUP = "pickup"
    DAYS = "days"
    REMINDERS = "reminders"
    DRIVING = "driving"
    SECURITY = "security"


@dataclass(frozen=True)
class TopicRule:
    """Whom a topic is for, and how it is sent while nobody has chosen.

    :param roles: who is offered its switches; nobody named means everybody.
    :param texts: whether text messages are on at first; they cost money, so only where
        somebody would lose goods or time without one.
    :param is_fixed: whether it cannot be switched off.
    """

    roles: tuple[RoleKind, ...] = ()
    texts: bool = True
    is_fixed: bool = False


_FARM = (RoleKind.FARMER, RoleKind.VILLAGE_LEAD)
_BUY = (RoleKind.BUYER,)
TOPICS: dict[Topic, TopicRule] = {
    Topic.SALES: TopicRule(_FARM),
    Topic.TRUCK: TopicRule(_FARM),
    Topic.WEIGHTS: TopicRule(_FARM, texts=False),
    Topic.MONEY: TopicRule(_FARM),
    Topic.ORDERS: TopicRule(_BUY, texts=False),
    Topic.PICKUP: TopicRule(_BUY),
    Topic.DAYS: TopicRule((*_FARM, *_BUY)),
    Topic.REMINDERS: TopicRule((*_FARM, *_BUY), texts=False),
    Topic.DRIVING: TopicRule((RoleKind.DRIVER,)),
    Topic.SECURITY: TopicRule(is_fixed=True),
}


@dataclass(frozen=True)
class Kind:
    """One kind of message.

    :param channels: the ways it may take to a phone, besides the list in the pages.
    :param is_urgent: whether it is sent in the quiet hours too.
    :param may_wake: whether it is, where after them it would come too late to be of use.
    :param path: the page it leads to; ``%(name)s`` takes a figure of the message.
    """

    topic: Topic
    channels: frozenset[Channel] = frozenset(Channel)
    is_urgent: bool = False
    may_wake: bool = False
    path: str = LIST_PATH

    def page(self, figures: Mapping[str, Any]) -> str:
        """Return the own path that a message of this kind leads to."""
        try:
            return self.path % figures
        except KeyError:
            return LIST_PATH


_PUSH = frozenset({Channel.PUSH})
_LOT, _ORDER, _RUN = "/harvests/%(lot_id)s", "/orders", "/runs/%(run_id)s"
_PROMISE = "/promises/%(promise_id)s"
KINDS: dict[str, Kind] = {
    "lot_rolled": Kind(Topic.SALES, _PUSH, path=_LOT),
    "lot_parked": Kind(Topic.SALES, path=_LOT),
    "lot_sold": Kind(Topic.SALES, path=_LOT),
    "lot_unsold": Kind(Topic.SALES, path=_LOT),
    "lot_carried": Kind(Topic.SALES, _PUSH, path=_LOT),
    "promise_listed": Kind(Topic.SALES, _PUSH, path=_PROMISE),
    "promise_failed": Kind(Topic.SALES, path=_PROMISE),
    "line_allocated": Kind(Topic.ORDERS, path=_ORDER),
    "line_unfilled": Kind(Topic.ORDERS, path=_ORDER),
    "line_queued": Kind(Topic.ORDERS, _PUSH, path=_ORDER),
    "line_short": Kind(Topic.ORDERS, path=_ORDER),
    "line_released": Kind(Topic.ORDERS, path=_ORDER),
    "hold_expired": Kind(Topic.ORDERS, path=_ORDER),
    "order_rolled": Kind(Topic.ORDERS, _PUSH, path=_ORDER),
    "day_cancelled": Kind(Topic.DAYS),
    "day_postponed": Kind(Topic.DAYS, path=_ORDER),
    "day_moved": Kind(Topic.DAYS),
    "village_postponed": Kind(Topic.TRUCK),
    "truck_window": Kind(Topic.TRUCK, may_wake=True, path="/my-day"),
    "truck_window_changed": Kind(Topic.TRUCK, may_wake=True, path="/my-day"),
    "running_late": Kind(Topic.TRUCK, is_urgent=True, path="/my-day"),
    "run_assigned": Kind(Topic.DRIVING, path=_RUN),
    "run_changed": Kind(Topic.DRIVING, is_urgent=True, path=_RUN),
    "run_called_off": Kind(Topic.DRIVING, is_urgent=True),
    "truck_called_off": Kind(Topic.TRUCK, is_urgent=True, path="/my-day"),
    "order_later": Kind(Topic.PICKUP, path="/orders/%(order_id)s"),
    "stop_dropped": Kind(Topic.DRIVING, is_urgent=True, path=_RUN),
    "weighed": Kind(Topic.WEIGHTS, path=_LOT),
    "on_its_way": Kind(Topic.PICKUP, _PUSH, path="/orders/%(order_id)s"),
    "ready_to_collect": Kind(Topic.PICKUP, path="/orders/%(order_id)s"),
    "settled": Kind(Topic.MONEY, _PUSH, path="/statements"),
    "paid_out": Kind(Topic.MONEY, path="/statements"),
    "farmers_cut_off_soon": Kind(Topic.REMINDERS, path="/harvests/new"),
    "buyers_cut_off_soon": Kind(Topic.REMINDERS, path="/offers"),
    "pin_changed": Kind(Topic.SECURITY, is_urgent=True, path="/account"),
    "new_device": Kind(Topic.SECURITY, is_urgent=True, path="/account"),
}
# A message may outlive its kind; then it waits in the list.
_UNKNOWN = Kind(Topic.DAYS, frozenset())


def kind_of(name: str) -> Kind:
    """Return what a kind is; one that this version does not know is sent nowhere."""
    return KINDS.get(name, _UNKNOWN)


def topics_for(roles: frozenset[RoleKind]) -> list[Topic]:
    """Return the topics that people of these roles can meet, in the order of ``TOPICS``."""
    return [
        topic for topic, rule in TOPICS.items() if not rule.roles or roles.intersection(rule.roles)
    ]
