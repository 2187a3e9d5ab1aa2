"""One key, one effect, on every database and with the repeat sent at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app.kernel.database import Database, reading, transaction
from app.kernel.errors import Refusal
from app.models import Cooperative, Reply, Village
from app.web.idempotency import Answer, KeyReused, reply_once
from tests.people.stage import AT, Stage, stage

KEY = "k" * 32


@pytest.fixture
def here(database: Database) -> Stage:
    return stage()


def add_village(here: Stage, name: str, key: str = KEY) -> Answer:
    with transaction() as session:

        def do() -> Answer:
            village = Village(cooperative_id=here.cooperative.id, name=name, admin=None)
            session.add(village)
            session.flush()
            return Answer(location=f"/villages/{village.id}")

        return reply_once(
            session, person_id=here.manager.id, key=key, body={"name": [name]}, at=AT, do=do
        )


def villages(name: str) -> int:
    with reading() as session:
        return (
            session.scalar(select(func.count()).select_from(Village).where(Village.name == name))
            or 0
        )


def test_the_repeat_gets_the_first_answer(here: Stage) -> None:
    assert add_village(here, "Sancha") == add_village(here, "Sancha")
    assert villages("Sancha") == 1


def test_repeats_sent_all_at_once_have_one_effect(here: Stage) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: add_village(here, "Sancha").location, range(16)))
    assert len(answers) == 1
    assert villages("Sancha") == 1


def test_another_content_under_the_same_key_is_refused(here: Stage) -> None:
    add_village(here, "Sancha")
    with pytest.raises(KeyReused):
        add_village(here, "Banqiao")
    assert villages("Banqiao") == 0


def test_a_refusal_frees_the_key_and_leaves_nothing(here: Stage) -> None:
    def refuse() -> Answer:
        raise Refusal

    with pytest.raises(Refusal), transaction() as session:
        session.get_one(Cooperative, here.cooperative.id).name = "Changed"
        reply_once(session, person_id=here.manager.id, key=KEY, body={}, at=AT, do=refuse)
    with reading() as session:
        assert session.scalars(select(Reply.id)).all() == []
        assert session.get_one(Cooperative, here.cooperative.id).name != "Changed"
    assert add_village(here, "Sancha").location
