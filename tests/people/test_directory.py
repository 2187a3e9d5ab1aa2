from datetime import timedelta

import pytest

from app.kernel.database import Database, reading, transaction
from app.kernel.errors import NotFound
from app.models import Person, RoleKind
from app.people import codes, directory, pins, roles, sessions
from app.people.roles import RoleWanted
from app.people.signing_in import WrongSignIn, sign_in
from tests.people.stage import AT, Stage, enrolled, stage


@pytest.fixture
def here(database: Database) -> Stage:
    return stage()


def names(here: Stage, **wanted: object) -> list[str]:
    with reading() as session:
        found = directory.page(
            session,
            cooperative_id=here.cooperative.id,
            **wanted,  # type: ignore[arg-type]
        )
    return [person.name for person in found]


def test_people_are_found_by_name_phone_and_number(here: Stage) -> None:
    mei, _ = enrolled(here.cooperative, "Li Mei", phone="13912345678")
    enrolled(here.cooperative, "Chen 100%")
    stage("badong")
    assert names(here) == ["Chen 100%", "Li Mei", "Wang Fang"]
    assert names(here, search="li m") == ["Li Mei"]
    assert names(here, search="139 1234") == ["Li Mei"]
    assert names(here, search=mei.member_number) == ["Li Mei"]
    assert names(here, search="%") == ["Chen 100%"]
    assert names(here, kind=RoleKind.MANAGER) == ["Wang Fang"]


def test_a_list_pages_by_key_also_through_equal_names(here: Stage) -> None:
    for _ in range(5):
        enrolled(here.cooperative, "Li Mei")
    seen: list[Person] = []
    with reading() as session:
        while found := directory.page(
            session,
            cooperative_id=here.cooperative.id,
            after_id=seen[-1].id if seen else None,
            limit=2,
        ):
            seen.extend(found)
    assert [person.name for person in seen] == ["Li Mei"] * 5 + ["Wang Fang"]
    assert len({person.id for person in seen}) == 6


def test_only_those_who_have_not_enrolled_yet_can_be_listed(here: Stage) -> None:
    enrolled(here.cooperative, "Li Mei", pin="2580")
    enrolled(here.cooperative, "Li Na")
    assert names(here, only_without_pin=True) == ["Li Na", "Wang Fang"]


def test_a_reset_ends_pin_codes_and_sessions_and_gives_a_new_code(here: Stage) -> None:
    mei, old_code = enrolled(here.cooperative, "Li Mei", pin="2580")
    with transaction() as session:
        token = sessions.start(session, person_id=mei.id, device="phone", at=AT)
    with transaction() as session:
        new_code = directory.reset_pin(
            session,
            person_id=mei.id,
            cooperative_id=here.cooperative.id,
            by_id=here.manager.id,
            at=AT,
        )
    with pytest.raises(WrongSignIn):
        sign_in(who=mei.member_number, pin="2580", origin="test", at=AT)
    with reading() as session:
        assert sessions.find(session, token=token, at=AT) is None
        assert codes.find(session, code=new_code, at=AT).id == mei.id
        with pytest.raises(codes.CodeUsed):
            codes.find(session, code=old_code, at=AT)


def test_a_manager_cannot_reset_a_person_of_another_cooperative(here: Stage) -> None:
    elsewhere = stage("badong")
    with pytest.raises(NotFound), transaction() as session:
        directory.reset_pin(
            session,
            person_id=elsewhere.manager.id,
            cooperative_id=here.cooperative.id,
            by_id=here.manager.id,
            at=AT,
        )


def test_an_account_that_opens_another_cooperative_is_not_taken_over(here: Stage) -> None:
    elsewhere = stage("badong")
    with transaction() as session:
        roles.grant(
            session,
            person_id=elsewhere.manager.id,
            cooperative_id=here.cooperative.id,
            kind=RoleKind.BUYER,
            at=AT,
        )
    with pytest.raises(directory.BelongsElsewhere), transaction() as session:
        directory.reset_pin(
            session,
            person_id=elsewhere.manager.id,
            cooperative_id=here.cooperative.id,
            by_id=here.manager.id,
            at=AT,
        )


def test_a_cooperative_keeps_its_last_manager(here: Stage) -> None:
    other, _ = enrolled(here.cooperative, "Zhao Lei", RoleWanted(RoleKind.MANAGER))
    with transaction() as session:
        held = roles.roles_of(session, here.manager.id)[0]
        roles.end(session, role_id=held.id, cooperative_id=here.cooperative.id, at=AT)
        roles.end(session, role_id=held.id, cooperative_id=here.cooperative.id, at=AT)
        assert roles.roles_of(session, here.manager.id) == []
    with pytest.raises(roles.LastManager), transaction() as session:
        last = roles.roles_of(session, other.id)[0]
        roles.end(session, role_id=last.id, cooperative_id=here.cooperative.id, at=AT)


def test_a_foreign_role_cannot_be_ended(here: Stage) -> None:
    elsewhere = stage("badong")
    with reading() as session:
        foreign = roles.roles_of(session, elsewhere.manager.id)[0]
    with pytest.raises(NotFound), transaction() as session:
        roles.end(session, role_id=foreign.id, cooperative_id=here.cooperative.id, at=AT)


def test_phone_name_and_language_can_be_put_right(here: Stage) -> None:
    mei, _ = enrolled(here.cooperative, "Li Mei", phone="13912345678")
    home = here.cooperative.id
    with transaction() as session:
        directory.change_name(session, person_id=mei.id, name="Li Meihua")
        directory.change_phone(session, person_id=mei.id, cooperative_id=home, phone=" ")
        directory.change_language(session, person_id=mei.id, cooperative_id=home, language="zh")
        changed = session.get_one(Person, mei.id)
        assert (changed.name, changed.phone, changed.language) == ("Li Meihua", None, "zh")


def test_a_used_device_stays_signed_in_and_an_unused_one_does_not(here: Stage) -> None:
    with transaction() as session:
        token = sessions.start(session, person_id=here.manager.id, device="phone", at=AT)
    later, much_later = AT + timedelta(days=179), AT + timedelta(days=300)
    with transaction() as session:
        found = sessions.find(session, token=token, at=later)
        assert found is not None
        sessions.touch(session, session_id=found.id, at=later)
    with reading() as session:
        assert sessions.find(session, token=token, at=much_later) is not None
        assert sessions.find(session, token=token, at=later + timedelta(days=180)) is None


def test_changing_the_pin_can_sign_out_all_other_devices(here: Stage) -> None:
    with transaction() as session:
        for device in ("phone", "laptop"):
            sessions.start(session, person_id=here.manager.id, device=device, at=AT)
        kept = sessions.devices(session, person_id=here.manager.id, at=AT)[0]
        pins.set_pin(session, person_id=here.manager.id, pin="2580", at=AT)
        sessions.revoke_all(session, person_id=here.manager.id, at=AT, but_session_id=kept.id)
    with reading() as session:
        left = sessions.devices(session, person_id=here.manager.id, at=AT)
    assert [device.device for device in left] == ["laptop"]
