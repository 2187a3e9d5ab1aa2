from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel.database import Database, reading, transaction
from app.kernel.errors import NotFound, Refusal
from app.models import Enrolment, Person, RoleKind
from app.people import codes
from app.people.check_digits import is_checked, typed_digits, with_check_digit
from app.people.enrolling import NoName, NoSuchLanguage, enrol
from app.people.phones import NotAPhone, as_dialled, normalised
from app.people.roles import RoleWanted, roles_of
from tests.people.stage import AT, Stage, enrolled, stage

digits = st.text("0123456789", min_size=1, max_size=15)


@given(digits, st.data())
def test_every_wrong_digit_and_every_swap_of_neighbours_is_found(
    number: str, data: st.DataObject
) -> None:
    checked = with_check_digit(number)
    assert is_checked(checked)
    place = data.draw(st.integers(0, len(checked) - 1))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != checked[place]))
    assert not is_checked(checked[:place] + wrong + checked[place + 1 :])
    first = data.draw(st.integers(0, len(checked) - 2))
    swapped = checked[:first] + checked[first + 1] + checked[first] + checked[first + 2 :]
    assert swapped == checked or not is_checked(swapped)


def test_digits_are_read_in_every_script_and_grouping() -> None:
    assert typed_digits("１２３ 4-5\u2009٦७") == "1234567"
    assert typed_digits("+86 139 1234") == "+861391234"


@pytest.mark.parametrize("typed", ["139 1234 5678", "+86 13912345678", "0086-139-1234-5678"])
def test_a_phone_is_kept_in_one_form_however_it_was_typed(typed: str) -> None:
    assert normalised(typed, country="CN") == "+8613912345678"


@pytest.mark.parametrize("typed", ["", "12", "call me", "139 1234 56789 0", "+999 12345678"])
def test_a_number_that_cannot_be_called_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(NotAPhone) as refused:
        normalised(typed, country="CN")
    assert refused.value.field == "phone"


def test_a_phone_is_shown_as_it_is_dialled() -> None:
    assert as_dialled("+8613912345678", country="CN") == "139 1234 5678"
    assert as_dialled("+254712123456", country="CN") == "+254 712 123456"


@pytest.fixture
def here(database: Database) -> Stage:
    return stage()


def test_a_person_is_enrolled_with_roles_a_checked_number_and_a_code(here: Stage) -> None:
    wanted = RoleWanted(RoleKind.FARMER, village_id=here.village.id)
    person, code = enrolled(here.cooperative, "  Li   Mei ", wanted, phone="13912345678")
    assert (person.name, person.phone) == ("Li Mei", "+8613912345678")
    assert len(person.member_number) == 6
    assert is_checked(person.member_number)
    with reading() as session:
        assert [role.village_id for role in roles_of(session, person.id)] == [here.village.id]
        assert codes.find(session, code=codes.in_groups(code), at=AT).id == person.id
        assert code not in str(session.scalars(select(Enrolment.code_hash)).all())


@pytest.mark.parametrize(
    ("name", "phone", "language", "refusal"),
    [
        (" ", None, "en", NoName),
        ("Li Mei", "12", "en", NotAPhone),
        ("Li Mei", None, "sw", NoSuchLanguage),
    ],
)
def test_a_wrong_value_is_refused_and_nobody_is_saved(
    here: Stage, name: str, phone: str | None, language: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal), transaction() as session:
        enrol(
            session,
            cooperative_id=here.cooperative.id,
            name=name,
            phone=phone,
            language=language,
            roles=[RoleWanted(RoleKind.FARMER)],
            created_by_id=here.manager.id,
            at=AT,
        )
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_role_in_another_cooperatives_village_is_refused(here: Stage) -> None:
    foreign = stage("badong").village
    with pytest.raises(NotFound):
        enrolled(here.cooperative, "Li Mei", RoleWanted(RoleKind.FARMER, village_id=foreign.id))


def test_a_code_works_once_and_takes_the_persons_other_codes_with_it(here: Stage) -> None:
    person, first = enrolled(here.cooperative, "Li Mei")
    with transaction() as session:
        second = codes.new_code(session, person_id=person.id, created_by_id=None, at=AT)
    with transaction() as session:
        assert codes.use_enrolment(session, code=first, at=AT).id == person.id
    for used in (first, second):
        with pytest.raises(codes.CodeUsed), transaction() as session:
            codes.use_enrolment(session, code=used, at=AT)


def test_a_code_with_a_slip_an_unknown_and_an_old_one_are_told_apart(here: Stage) -> None:
    _, code = enrolled(here.cooperative, "Li Mei")
    slip = ("1" if code[0] != "1" else "2") + code[1:]
    unknown = with_check_digit("12345678901")
    with reading() as session:
        for typed, refusal in (
            (slip, codes.NotACode),
            (code[:11], codes.NotACode),
            ("", codes.NotACode),
            (unknown, codes.CodeUnknown),
        ):
            with pytest.raises(refusal):
                codes.find(session, code=typed, at=AT)
        with pytest.raises(codes.CodeTooOld):
            codes.find(session, code=code, at=AT + timedelta(days=30))
