"""Money for the manager: payments, cards, limits, pay-outs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading, transaction
from app.ledger import cards, checks
from app.ledger.entries import Cause, account, balance_of, post
from app.models import AccountKind, BuyerTerms, Entry
from tests.market import AT
from tests.pages.setup.conftest import Stage


def _owe(session: Session, stage: Stage, person_id: int, amount_minor: int) -> None:
    home = stage.market.cooperative_id
    trade = account(session, cooperative_id=home, kind=AccountKind.TRADE, at=AT)
    owed = account(
        session,
        cooperative_id=home,
        kind=AccountKind.FARMER_PAYABLE,
        person_id=person_id,
        at=AT,
    )
    post(
        session,
        cooperative_id=home,
        reason="settlement",
        key=f"test:{person_id}",
        cause=Cause("person", person_id),
        moves={trade: -amount_minor, owed: amount_minor},
        at=AT,
    )


def _balance(stage: Stage, kind: AccountKind, person_id: int | None = None) -> int:
    with reading() as session:
        assert checks.faults(session) == []
        return balance_of(
            session,
            cooperative_id=stage.market.cooperative_id,
            kind=kind,
            person_id=person_id,
        )


def test_a_card_is_topped_up_once_from_the_bank_or_a_till(stage: Stage) -> None:
    client, zhou = stage.manager(), stage.market.zhou_id
    address = f"/money/buyers/{zhou}/top-ups"
    for _ in range(2):
        client.post(address, data={"amount": "50", "source": "bank", "key": "b" * 16})
    cash = {"amount": "20.5", "source": stage.market.shop_id, "key": "c" * 16}
    assert client.post(address, data=cash).status_code == 303
    foreign = cash | {"source": stage.other.shop_id, "key": "d" * 16}
    assert client.post(address, data=foreign).status_code == 422
    assert client.post(address, data=cash | {"amount": "0", "key": "e" * 16}).status_code == 422
    with reading() as session:
        home = stage.market.cooperative_id
        assert cards.available(session, cooperative_id=home, person_id=zhou) == 7_050
    assert _balance(stage, AccountKind.BANK) == -5_000
    assert _balance(stage, AccountKind.CASH) == -2_050
    assert "¥70.50" in client.get("/money/buyers").text


def test_a_buyers_limit_is_set_and_ended(stage: Stage) -> None:
    client, zhou = stage.manager(), stage.market.zhou_id
    for key, limit in (("a", "500"), ("b", "0")):
        client.post(f"/money/buyers/{zhou}/limit", data={"limit": limit, "key": key * 16})
        with reading() as session:
            terms = session.get_one(BuyerTerms, (zhou, stage.market.cooperative_id))
            assert terms.account_limit_minor == int(limit) * 100


def test_only_buyers_of_the_house_have_a_card_here(stage: Stage) -> None:
    assert stage.manager().get(f"/money/buyers/{stage.market.tan_id}").status_code == 404


def test_a_farmer_is_paid_once_and_never_more_than_is_owed(stage: Stage) -> None:
    client, tan = stage.manager(), stage.market.tan_id
    with transaction() as session:
        _owe(session, stage, tan, 10_000)
    address = f"/money/farmers/{tan}/pay-outs"
    assert "¥100.00" in client.get("/money/farmers").text
    for _ in range(2):
        paid = client.post(address, data={"amount": "60", "source": "bank", "key": "a" * 16})
        assert paid.status_code == 303
    too_much = client.post(address, data={"amount": "60", "source": "cash", "key": "b" * 16})
    assert too_much.status_code == 422
    assert "¥40.00" in too_much.text
    odd = client.post(address, data={"amount": "1", "source": "escrow", "key": "c" * 16})
    assert odd.status_code == 422
    assert _balance(stage, AccountKind.FARMER_PAYABLE, tan) == 4_000
    assert _balance(stage, AccountKind.BANK) == 6_000


def test_ticked_farmers_are_paid_in_full_and_the_others_are_not(stage: Stage) -> None:
    client, market = stage.manager(), stage.market
    with transaction() as session:
        _owe(session, stage, market.tan_id, 10_000)
        _owe(session, stage, market.xiang_id, 7_000)
    sent = {"farmer": [market.tan_id], "source": "cash", "key": "a" * 16}
    for _ in range(2):
        assert client.post("/money/farmers/pay-outs", data=sent).status_code == 303
    assert _balance(stage, AccountKind.FARMER_PAYABLE) == 7_000
    assert _balance(stage, AccountKind.CASH) == 10_000
    nobody = {"source": "cash", "key": "b" * 16}
    assert client.post("/money/farmers/pay-outs", data=nobody).status_code == 422
    foreign = {"farmer": [stage.other.tan_id], "source": "cash", "key": "c" * 16}
    client.post("/money/farmers/pay-outs", data=foreign)
    with reading() as session:
        paid = session.scalars(select(Entry.cause_id).where(Entry.reason == "payout")).all()
    assert paid == [market.tan_id]


def test_a_payment_of_another_cooperative_is_not_confirmed(stage: Stage) -> None:
    sent = stage.manager().post("/money/payments/1/confirmation", data={"key": "a" * 16})
    assert sent.status_code in (404, 422)
    assert _balance(stage, AccountKind.BANK) == 0
