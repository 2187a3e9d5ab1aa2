"""Text messages: once, in words, and honest about what is not known."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from sqlalchemy import event, func, select, update

from app import messages
from app.jobs.leasing import LeaseLost
from app.kernel.database import transaction
from app.kernel.errors import NotFound
from app.messages import Notice, delivering, overseeing, posting, reasons, sending
from app.messages.services import DELIVER_JOB
from app.messages.texting import GatewaySettings, HttpGateway, Text
from app.models import DeliveryState, Job, Message, MessageDelivery, Person, QuietHours
from config import ROOT
from tests.market import AT
from tests.messages.conftest import PHONE, Outbox
from tests.messages.services_of_others import DROP, closed_port


def sent_words(outbox: Outbox) -> list[str]:
    return [parse_qs(body.decode())["words"][0] for _, _, body in outbox.gateway.got]


def test_what_a_person_is_told_comes_to_the_phone_once(outbox: Outbox) -> None:
    outbox.tell()
    outbox.tell()
    outbox.work()
    outbox.work()
    assert sent_words(outbox) == [
        "The market on Tue, May 5 is cancelled. Nothing is owed or charged."
        " https://farm.example/m/1"
    ]
    assert outbox.gateway.got[0][1]["content-type"] == "application/x-www-form-urlencoded"
    assert PHONE in parse_qs(outbox.gateway.got[0][2].decode())["number"]
    assert outbox.only() == (DeliveryState.SENT, None)


def test_a_message_is_in_the_language_of_the_moment_it_is_sent(outbox: Outbox) -> None:
    outbox.tell()
    with outbox.database.transaction() as session:
        session.execute(update(Person).values(language="zh"))
    outbox.work()
    assert "5月5日" in sent_words(outbox)[0]


def test_people_who_share_a_phone_read_whose_message_it_is(outbox: Outbox) -> None:
    with outbox.database.transaction() as session:
        session.execute(
            update(Person).where(Person.id == outbox.market.xiang_id).values(phone=PHONE)
        )
    outbox.tell()
    outbox.work()
    assert sent_words(outbox)[0].startswith("Tan Guihua: The market on")


def test_no_text_message_tells_money_or_a_code(outbox: Outbox) -> None:
    outbox.tell("settled", net_minor=18_383)
    outbox.tell("paid_out", "entry:1", amount_minor=18_383)
    outbox.tell("lot_sold", "lot:1", sold_g=5000, net_price=215, crop_id=outbox.market.potato_id)
    outbox.work()
    words = " ".join(sent_words(outbox))
    assert "5 kg of your potato" in words and "You were paid." in words
    assert "¥" not in words and "183" not in words and "2.15" not in words


@pytest.mark.parametrize(
    ("answer", "body", "state", "reason"),
    [
        (DROP, "", DeliveryState.UNKNOWN, reasons.NO_ANSWER),
        (500, "oops", DeliveryState.UNKNOWN, reasons.SERVER_FAULT),
        (503, "", DeliveryState.UNKNOWN, reasons.SERVER_FAULT),
        (503, "code 11: no such number", DeliveryState.FAILED, reasons.REFUSED),
        (200, "code 11: no such number", DeliveryState.FAILED, reasons.REFUSED),
        (200, "something else", DeliveryState.UNKNOWN, reasons.ODD_ANSWER),
        (400, "", DeliveryState.FAILED, reasons.REFUSED),
        (302, "", DeliveryState.FAILED, reasons.REFUSED),
        (202, "id=7 accepted", DeliveryState.SENT, None),
    ],
)
def test_an_answer_is_taken_for_what_it_is_and_nothing_goes_twice(
    outbox: Outbox, answer: int, body: str, state: DeliveryState, reason: str | None
) -> None:
    outbox.gateway.answer, outbox.gateway.body = answer, body
    channels = outbox.channels(accepted=r"\baccepted\b", refused=r"^code \d+:")
    outbox.tell()
    outbox.work(channels)
    outbox.pass_time(AT + timedelta(hours=5))
    outbox.work(channels)
    assert outbox.only() == (state, reason)
    assert len(outbox.gateway.got) == 1


def test_a_gateway_that_answers_too_late_may_have_sent_it(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.gateway.waits_s = 5
    monkeypatch.setitem(posting.post.__kwdefaults__, "answer_s", 0.2)
    outbox.tell()
    outbox.work()
    assert outbox.only() == (DeliveryState.UNKNOWN, reasons.NO_ANSWER)


def test_where_no_connection_comes_about_it_is_tried_again_later_and_later(
    outbox: Outbox,
) -> None:
    outbox.tell()
    there = outbox.gateway.url
    outbox.gateway.url = closed_port().rstrip("/")
    outbox.work()
    assert outbox.only() == (DeliveryState.WAITING, reasons.UNREACHABLE)
    outbox.work()
    assert [one.attempt for one in outbox.deliveries()] == [1]
    outbox.gateway.url = there
    outbox.pass_time(AT + timedelta(seconds=32))
    outbox.work()
    assert outbox.only() == (DeliveryState.SENT, None)


def test_after_enough_tries_it_has_failed(outbox: Outbox) -> None:
    outbox.gateway.url = closed_port().rstrip("/")
    outbox.tell()
    for _ in range(delivering.MOST_TRIES + 2):
        outbox.work()
        outbox.pass_time(outbox.clock.now() + timedelta(hours=2))
        with outbox.database.transaction() as session:
            session.execute(update(QuietHours).values(from_minute=0, until_minute=0))
    assert outbox.only() == (DeliveryState.FAILED, reasons.UNREACHABLE)


def test_a_sender_that_dies_after_the_request_leaves_an_unknown_end(outbox: Outbox) -> None:
    outbox.tell()
    channels = outbox.channels()
    with outbox.database.transaction() as session:
        ids = list(session.scalars(select(Message.id)))
        delivering.make(session, message_ids=ids, channels=channels, at=AT)
    with outbox.database.transaction() as session:
        parcel = sending.claim(session, channels=channels, at=AT)
    assert parcel is not None
    # The gateway takes it; the process dies before it writes that down.
    assert sending.ask(parcel, channels=channels, at=AT) == reasons.SENT
    outbox.work()
    assert outbox.only()[0] is DeliveryState.SENDING
    outbox.pass_time(AT + delivering.LEASE + timedelta(seconds=2))
    outbox.work()
    assert outbox.only() == (DeliveryState.UNKNOWN, reasons.INTERRUPTED)
    assert len(outbox.gateway.got) == 1
    # A sender that was only slow still knows best.
    with transaction() as session:
        delivering.end(
            session, delivery_id=parcel.delivery_id, attempt=1, outcome=reasons.SENT, at=AT
        )
    assert outbox.only() == (DeliveryState.SENT, None)


def test_a_worker_that_is_really_killed_after_the_gateways_yes_sends_nothing_twice(
    outbox: Outbox,
) -> None:
    outbox.tell()
    outbox.database.dispose()
    command = [sys.executable, "-m", "tests.messages.dying_sender", outbox.database.url]
    ended = subprocess.run([*command, f"{outbox.gateway.url}/send"], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert outbox.only()[0] is DeliveryState.SENDING
    for hours in (0, 1, 2):
        outbox.pass_time(AT + timedelta(hours=hours))
        outbox.work()
    assert outbox.only() == (DeliveryState.UNKNOWN, reasons.INTERRUPTED)
    assert len(outbox.gateway.got) == 1


def test_a_late_answer_changes_nothing_that_was_sent_again(outbox: Outbox) -> None:
    outbox.gateway.answer = DROP
    outbox.tell()
    outbox.work()
    (delivery,) = outbox.deliveries()
    with transaction() as session:
        overseeing.send_again(
            session,
            delivery_id=delivery.id,
            cooperative_id=outbox.market.cooperative_id,
            person_id=outbox.market.luo_id,
            at=AT,
        )
    with transaction() as session:
        delivering.end(session, delivery_id=delivery.id, attempt=1, outcome=reasons.SENT, at=AT)
    assert outbox.only()[0] is DeliveryState.WAITING
    outbox.gateway.answer = 200
    outbox.work()
    assert outbox.only() == (DeliveryState.SENT, None)
    assert len(outbox.gateway.got) == 2


def test_what_a_manager_called_arrived_stays_so(outbox: Outbox) -> None:
    outbox.gateway.answer = 500
    outbox.tell()
    outbox.work()
    (delivery,) = outbox.deliveries()
    decision = {
        "delivery_id": delivery.id,
        "cooperative_id": outbox.market.cooperative_id,
        "person_id": outbox.market.luo_id,
        "at": AT,
    }
    with pytest.raises(NotFound), transaction() as session:
        overseeing.call_arrived(session, **{**decision, "cooperative_id": 0})
    with transaction() as session:
        overseeing.call_arrived(session, **decision)
    with pytest.raises(overseeing.NothingToDecide), transaction() as session:
        overseeing.send_again(session, **decision)
    assert outbox.only() == (DeliveryState.SENT, reasons.ARRIVED)


def test_quiet_hours_are_those_of_the_cooperatives_own_clock(outbox: Outbox) -> None:
    # 21:30 in Enshi is 13:30 UTC.
    outbox.pass_time(AT.replace(hour=13, minute=30))
    outbox.tell()
    outbox.tell("new_device", "phone")
    outbox.work()
    assert [words[:14] for words in sent_words(outbox)] == ["You are signed"]
    outbox.pass_time(AT.replace(hour=21, minute=59))
    outbox.work()
    assert len(outbox.gateway.got) == 1
    # Six in the morning in Enshi.
    outbox.pass_time(AT.replace(hour=22, minute=0, second=1))
    outbox.work()
    assert len(outbox.gateway.got) == 2


def test_what_comes_too_late_after_the_quiet_hours_is_sent_in_them_or_not_at_all(
    outbox: Outbox,
) -> None:
    night = AT.replace(hour=14)
    outbox.pass_time(night)
    with outbox.database.transaction() as session:
        for kind, useful_until in (
            ("truck_window", night + timedelta(hours=8)),
            ("truck_window_changed", night + timedelta(hours=14)),
            ("lot_parked", night + timedelta(hours=1)),
        ):
            messages.tell(
                session,
                person_id=outbox.market.tan_id,
                cooperative_id=outbox.market.cooperative_id,
                kind=kind,
                event_key="1",
                figures={
                    "village": "Longma",
                    "from_at": AT.isoformat(),
                    "until_at": AT.isoformat(),
                    "crop_id": outbox.market.potato_id,
                },
                at=night,
                useful_until=useful_until,
            )
    outbox.work()
    assert [words[:15] for words in sent_words(outbox)] == ["The truck comes"]
    outbox.pass_time(night + timedelta(hours=9))
    outbox.work()
    ends = [(one.state.value, one.reason) for one in outbox.deliveries()]
    assert ends == [("sent", None), ("sent", None), ("failed", reasons.TOO_LATE)]


def test_nobody_without_a_phone_or_a_channel_has_a_delivery(outbox: Outbox) -> None:
    with outbox.database.transaction() as session:
        session.execute(update(Person).values(phone=None))
    outbox.tell()
    outbox.work()
    assert outbox.deliveries() == []


def test_two_senders_at_once_send_each_message_once(outbox: Outbox) -> None:
    for number in range(12):
        outbox.tell(event=f"day:{number}")
    threads = [threading.Thread(target=outbox.work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.work()
    assert {one.state for one in outbox.deliveries()} == {DeliveryState.SENT}
    assert len(outbox.gateway.got) == len(outbox.deliveries()) == 12


def test_an_event_that_is_told_at_once_by_several_is_told_once(outbox: Outbox) -> None:
    def tell() -> None:
        for number in range(10):
            outbox.tell(event=f"day:{number}")

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with outbox.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 10


def test_telling_ten_thousand_is_a_matter_of_a_few_statements(outbox: Outbox) -> None:
    statements: list[str] = []

    def note(_1: object, _2: object, statement: str, *_3: object) -> None:
        statements.append(statement)

    event.listen(outbox.database.engine, "before_cursor_execute", note)
    notices = [Notice(outbox.market.tan_id, f"line:{n}", {"crop": "c"}) for n in range(10_000)]
    with outbox.database.transaction() as session:
        told = messages.tell_all(
            session,
            cooperative_id=outbox.market.cooperative_id,
            kind="line_allocated",
            notices=notices,
            at=AT,
        )
    event.remove(outbox.database.engine, "before_cursor_execute", note)
    assert told == 10_000
    # Twenty inserts of messages; and a job for each five hundred, at two statements.
    assert len(statements) < 100
    with outbox.database.reading() as session:
        jobs = session.scalars(select(Job).where(Job.kind == DELIVER_JOB)).all()
    assert sum(len(job.payload["message_ids"]) for job in jobs) == 10_000


def test_a_message_that_is_not_committed_is_sent_nowhere(outbox: Outbox) -> None:
    with pytest.raises(LeaseLost), outbox.database.transaction() as session:
        messages.tell(
            session,
            person_id=outbox.market.tan_id,
            cooperative_id=outbox.market.cooperative_id,
            kind="day_cancelled",
            event_key="day:1",
            figures={},
            at=AT,
        )
        raise LeaseLost
    assert outbox.work() == 0


def test_a_gateway_may_want_json_or_an_address(outbox: Outbox) -> None:
    text = Text(1, PHONE, 'Say "hé" & {go}', AT)
    json_wanted = GatewaySettings(
        url=f"{outbox.gateway.url}/json",
        body="json",
        fields={"to": "{plain_to}", "text": "<{text}>"},
        headers={"Authorization": "Bearer abc"},
    )
    assert HttpGateway(json_wanted).send(text) == reasons.SENT
    in_address = GatewaySettings(url=f"{outbox.gateway.url}/get?to={{to}}&t={{text}}", method="GET")
    assert HttpGateway(in_address).send(text) == reasons.SENT
    (first, second) = outbox.gateway.got
    assert first[1]["authorization"] == "Bearer abc"
    assert '"to": "8613912345678", "text": "<Say \\"hé\\" & {go}>"' in first[2].decode()
    assert second[0] == "/get?to=%2B8613912345678&t=Say%20%22h%C3%A9%22%20%26%20%7Bgo%7D"


@pytest.mark.parametrize("url", ["ftp://x/", "http://{to}/", "https:///send", "gateway"])
def test_no_gateway_has_its_host_from_a_message(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        GatewaySettings(url=url)


def test_a_redirect_is_not_followed(outbox: Outbox) -> None:
    outbox.gateway.answer = 302
    outbox.tell()
    outbox.work()
    assert [path for path, _, _ in outbox.gateway.got] == ["/send"]


def test_no_log_has_a_number_or_a_text(outbox: Outbox, capfd: pytest.CaptureFixture[str]) -> None:
    outbox.tell()
    outbox.work()
    time.sleep(0)
    said = capfd.readouterr()
    assert "13912345678" not in said.out + said.err
    assert "cancelled" not in said.out + said.err


def test_a_delivery_of_every_message_is_one_row_a_channel(outbox: Outbox) -> None:
    outbox.tell()
    outbox.work()
    with outbox.database.transaction() as session:
        ids = list(session.scalars(select(Message.id)))
        assert delivering.make(session, message_ids=ids, channels=outbox.channels(), at=AT) == 0
        assert session.scalar(select(func.count()).select_from(MessageDelivery)) == 1
