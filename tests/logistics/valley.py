"""A cooperative in the Enshi hills on the morning after its matching, to be collected."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.models import (
    Allocation,
    Cooperative,
    Crop,
    Grade,
    Hub,
    HubKind,
    LineHaul,
    LineKind,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    PaymentMethod,
    Person,
    PickupPoint,
    Role,
    RoleKind,
    Vehicle,
    Village,
)
from logistics.services import planning, publishing, saving
from tests.logistics import rows
from tests.logistics.rows import (
    AT,
    ENSHI,
    ON,
    WUHAN,
    cabbage,
    cooperative,
    market_day,
    pickup_point,
    save,
)

# Villages of the hills, by their distance from Enshi.
PLACES = {
    "Longfeng": (30.363, 109.482),
    "Baiyang": (30.421, 109.571),
    "Tunbao": (30.372, 109.287),
    "Banqiao": (30.567, 109.316),
    "Shadi": (30.397, 109.761),
    "Hongtu": (30.062, 109.683),
}


@dataclass
class Valley:
    """What was written, by name; ``offer`` adds a lot with its buyers."""

    session: Session
    cooperative: Cooperative
    day: MarketDay
    hub: Hub
    city: Hub
    point: PickupPoint
    crop: Crop
    driver: Person
    manager: Person
    buyer: Person
    truck: Vehicle
    villages: dict[str, Village] = field(default_factory=dict)
    farmers: dict[str, Person] = field(default_factory=dict)
    made: int = 0

    def village(self, name: str, **changes: object) -> Village:
        """Return a village of the valley, written when it is first asked for."""
        if name not in self.villages:
            lat, lon = PLACES.get(name, (None, None))
            values = {"hub_id": self.hub.id, "lat": lat, "lon": lon, **changes}
            self.villages[name] = save(
                self.session, Village(cooperative_id=self.cooperative.id, name=name, **values)
            )
        return self.villages[name]

    def farmer(self, name: str, village: str) -> Person:
        """Return a farmer of a village, written when first asked for."""
        if name not in self.farmers:
            self.farmers[name] = self.person(name, RoleKind.FARMER, village=village)
        return self.farmers[name]

    def person(self, name: str, kind: RoleKind, **scope: str) -> Person:
        """Return a new person with one role."""
        self.made += 1
        person = save(
            self.session,
            Person(
                name=name,
                phone=f"+861370000{self.made:04d}",
                member_number=f"{self.cooperative.slug}-{self.made}",
                language="en",
                created_at=AT,
            ),
        )
        village_id = self.village(scope["village"]).id if "village" in scope else None
        hub_id = self.hub.id if kind in (RoleKind.HUB_WORKER,) else None
        save(
            self.session,
            Role(
                person_id=person.id,
                cooperative_id=self.cooperative.id,
                kind=kind,
                village_id=village_id,
                hub_id=hub_id,
                started_at=AT,
            ),
        )
        return person

    def offer(self, farmer: str, village: str, quantity_g: int, *sold_g: int) -> Lot:
        """Return a lot of which these quantities were allocated, one order line each."""
        self.made += 1
        lot = save(
            self.session,
            Lot(
                cooperative_id=self.cooperative.id,
                market_day_id=self.day.id,
                farmer_id=self.farmer(farmer, village).id,
                village_id=self.village(village).id,
                crop_id=self.crop.id,
                grade=Grade.CLASS_I,
                quantity_g=quantity_g,
                unit_code="jin",
                unit_grams=500,
                ask_minor=300,
                ready_from_on=ON,
                ready_until_on=ON,
                listed_by_id=self.farmer(farmer, village).id,
                key=f"lot-{self.made}",
                listed_at=AT,
            ),
        )
        save(self.session, LotStock(lot_id=lot.id, available_g=quantity_g - sum(sold_g)))
        for part_g in sold_g:
            self.sell(lot, part_g)
        return lot

    def sell(self, lot: Lot, quantity_g: int, point: PickupPoint | None = None) -> Allocation:
        """Return an allocation of a lot to a new order line."""
        self.made += 1
        order = save(
            self.session,
            Order(
                cooperative_id=self.cooperative.id,
                market_day_id=self.day.id,
                buyer_id=self.buyer.id,
                pickup_point_id=(point or self.point).id,
                payment_method=PaymentMethod.CASH,
                code=f"C{self.made}",
                opened_at=AT,
            ),
        )
        line = save(
            self.session,
            OrderLine(
                order_id=order.id,
                kind=LineKind.REQUEST,
                state=LineState.ALLOCATED,
                crop_id=self.crop.id,
                crop_names=self.crop.names,
                least_grade=Grade.CLASS_II,
                unit_code="kg",
                unit_grams=1000,
                ordered_g=quantity_g,
                ceiling_g=quantity_g,
                allocated_g=quantity_g,
                limit_minor=900,
                first_on=ON,
                last_on=ON,
                person_id=self.buyer.id,
                key=f"line-{self.made}",
                ordered_at=AT,
            ),
        )
        return save(
            self.session,
            Allocation(
                cooperative_id=self.cooperative.id,
                market_day_id=self.day.id,
                lot_id=lot.id,
                order_line_id=line.id,
                quantity_g=quantity_g,
                buyer_price_minor=500,
                farmer_price_minor=350,
                freight_minor=100,
                fee_minor=50,
                made_at=AT,
            ),
        )

    def line_haul(self, carrier: str, departs_minute: int, **figures: int) -> LineHaul:
        """Return a leg from Enshi to Wuhan."""
        values = {"duration_s": 21_600, "capacity_g": 5_000_000, "price_minor": 40, **figures}
        return save(
            self.session,
            LineHaul(
                cooperative_id=self.cooperative.id,
                from_hub_id=self.hub.id,
                to_hub_id=self.city.id,
                carrier=carrier,
                departs_minute=departs_minute,
                **values,
            ),
        )

    def vehicle(self, name: str, **changes: object) -> Vehicle:
        """Return another truck of the hub."""
        values = {"capacity_g": 1_000_000, "cost_per_km_minor": 200, **changes}
        return save(
            self.session,
            Vehicle(cooperative_id=self.cooperative.id, hub_id=self.hub.id, name=name, **values),
        )

    def plan(self, *, publish: bool = True) -> int:
        """Plan the hub's day, publish the plan, and return its id."""
        day = planning.load_problem(self.session, market_day_id=self.day.id, hub_id=self.hub.id)
        plan = planning.find_plan(day, seed=1, iterations=50)
        saved = saving.save_plan(self.session, day=day, plan=plan, at=AT)
        if publish:
            publishing.publish(self.session, plan_id=saved.id, at=AT)
        return saved.id


def build(session: Session, *, slug: str = "enshi") -> Valley:
    """Write the cooperative, its hubs, a shop, one truck and a cleared day."""
    home = cooperative(session, slug)
    hub = rows.hub(session, home, "Enshi hub", HubKind.RURAL, ENSHI)
    city = rows.hub(session, home, "Wuhan hub", HubKind.CITY, WUHAN)
    valley = Valley(
        session=session,
        cooperative=home,
        day=market_day(session, home),
        hub=hub,
        city=city,
        point=pickup_point(session, city),
        crop=cabbage(session, home),
        driver=None,  # type: ignore[arg-type]
        manager=None,  # type: ignore[arg-type]
        buyer=None,  # type: ignore[arg-type]
        truck=None,  # type: ignore[arg-type]
    )
    valley.driver = valley.person("Zhao Qiang", RoleKind.DRIVER)
    valley.manager = valley.person("Chen Li", RoleKind.MANAGER)
    valley.buyer = valley.person("Wang Fang", RoleKind.BUYER)
    valley.truck = valley.vehicle("Truck 1", driver_id=valley.driver.id)
    return valley


__all__ = ["AT", "ON", "PLACES", "Valley", "build", "save"]
