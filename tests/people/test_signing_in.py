from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.database import Database, reading, transaction
from app.models import Pin, SignInAttempt
from app.people import pins
from app.people.signing_in import WrongSignIn, sign_in
from app.people.throttling import TooManyTries
from tests.people.stage import AT, Stage, enrolled, stage

PIN = "2580"
PHONE = "13912345678"


@pytest.fixture
def here(database: Database) -> Stage:
    return stage()


def fits(who: str, pin: str = PIN, at: datetime = AT, **narrower: int) -> list[str]:
    found = sign_in(who=who, pin=pin, origin="203.0.113.7", at=at, **narrower)
    return [person.name for person in found]


def tries(session_of: Database) -> int:
    with session_of.reading() as session:
        return session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


def test_a_person_signs_in_by_phone_or_by_member_number(here: Stage) -> None:
    person, _ = enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)
    for who in (PHONE, "+86 139 1234 5678", person.member_number):
        assert fits(who) == ["Li Mei"]


def test_the_pin_tells_people_who_share_a_phone_apart(here: Stage) -> None:
    enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)
    enrolled(here.cooperative, "Li Qiang", phone=PHONE, pin="7413")
    enrolled(here.cooperative, "Li Na", phone=PHONE, pin="7413")
    assert fits(PHONE) == ["Li Mei"]
    assert fits(PHONE, "7413") == ["Li Qiang", "Li Na"]


def test_another_cooperatives_people_are_left_out_when_one_is_named(here: Stage) -> None:
    person, _ = enrolled(here.cooperative, "Li Mei", pin=PIN)
    foreign = stage("badong").cooperative
    assert fits(person.member_number, cooperative_id=here.cooperative.id) == ["Li Mei"]
    with pytest.raises(WrongSignIn):
        fits(person.member_number, cooperative_id=foreign.id)


def test_a_wrong_pin_and_an_unknown_number_are_refused_alike(here: Stage) -> None:
    person, _ = enrolled(here.cooperative, "Li Mei", pin=PIN)
    without, _ = enrolled(here.cooperative, "Li Na")
    for who in (person.member_number, without.member_number, "13812345678", "", "x" * 500):
        with pytest.raises(WrongSignIn):
            fits(who, "9999")


def test_refused_tries_stay_counted_and_waits_grow(here: Stage, database: Database) -> None:
    person, _ = enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)
    at = AT
    for _ in range(5):
        with pytest.raises(WrongSignIn):
            fits(PHONE, "9999", at)
    counted = tries(database)
    with pytest.raises(TooManyTries) as refused:
        fits(PHONE, PIN, at)
    assert refused.value.figures == {"minutes": 1}
    assert tries(database) == counted
    waits = []
    for _ in range(8):
        for minutes in range(200):
            try:
                fits(PHONE, "9999", at + timedelta(minutes=minutes))
            except TooManyTries:
                continue
            except WrongSignIn:
                waits.append(minutes)
                at += timedelta(minutes=minutes)
                break
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    # Another way in to the same person is counted by itself, and stays open.
    assert fits(person.member_number, PIN, at) == ["Li Mei"]


def test_a_success_forgives_the_failures_before_it(here: Stage) -> None:
    enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)
    for minute in range(12):
        at = AT + timedelta(minutes=minute)
        if minute % 4 == 3:
            assert fits(PHONE, PIN, at) == ["Li Mei"]
        else:
            with pytest.raises(WrongSignIn):
                fits(PHONE, "9999", at)


def test_guessing_at_many_names_from_one_address_has_to_wait(here: Stage) -> None:
    with transaction() as session:
        session.add_all(
            SignInAttempt(subject="from:203.0.113.7", succeeded=False, at=AT) for _ in range(100)
        )
    with pytest.raises(TooManyTries):
        fits("13812345678")
    with pytest.raises(WrongSignIn):
        fits("13812345678", at=AT + timedelta(minutes=16))


def test_guesses_sent_all_at_once_meet_one_count(here: Stage, database: Database) -> None:
    enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)

    def guess(number: int) -> str:
        try:
            return fits(PHONE, str(4000 + number))[0]
        except (WrongSignIn, TooManyTries) as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count("wrong_sign_in") == 5
    assert answers.count("too_many_tries") == 19


@pytest.mark.parametrize(
    ("pin", "refusal"),
    [
        *((pin, pins.NotAPin) for pin in ("", "258", "123456789", "25a8")),
        *((pin, pins.PinTooEasy) for pin in ("0000", "1234", "8765", "7890", "1212", "258258")),
        ("345678", pins.PinTooEasy),
        ("5678", pins.PinTooEasy),
    ],
)
def test_a_pin_that_strangers_would_try_is_refused(
    here: Stage, pin: str, refusal: type[Exception]
) -> None:
    person, _ = enrolled(here.cooperative, "Li Mei", phone=PHONE, pin=PIN)
    with pytest.raises(refusal), transaction() as session:
        pins.set_pin(session, person_id=person.id, pin=pin, at=AT)
    assert fits(PHONE) == ["Li Mei"]


def test_a_pin_is_kept_as_an_argon2_hash_only(here: Stage) -> None:
    first, _ = enrolled(here.cooperative, "Li Mei", pin=PIN)
    second, _ = enrolled(here.cooperative, "Li Na", pin=PIN)
    with reading() as session:
        hashes = [session.get_one(Pin, person.id).pin_hash for person in (first, second)]
    assert all(pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for pin_hash in hashes)
    assert hashes[0] != hashes[1]
    assert PIN not in "".join(hashes)


def test_a_pin_in_the_persons_own_digits_fits(here: Stage) -> None:
    enrolled(here.cooperative, "Li Mei", phone=PHONE, pin="２５８０")
    assert fits(PHONE, "2580") == fits(PHONE, " ٢٥٨٠ ") == ["Li Mei"]
