from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import reading, transaction
from app.kernel.errors import Refusal
from app.models import Message, Reply, RoleKind
from app.web.forms import Form
from app.web.idempotency import Answer, KeyReused, reply_once
from app.web.writing import write_once
from tests.web.stage import AT, application, cooperative, person, signed_in


def counted() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Reply)) or 0


def test_a_repeated_key_gets_the_first_answer_and_works_once(tmp_path: Path) -> None:
    application(tmp_path)
    farmer = person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="1001")
    calls: list[int] = []

    def do() -> Answer:
        calls.append(1)
        return Answer(location=f"/lots/{len(calls)}")

    for _ in range(3):
        with transaction() as session:
            answer = reply_once(
                session, person_id=farmer.id, key="k" * 32, body={"a": ["1"]}, at=AT, do=do
            )
        assert answer == Answer(location="/lots/1")
    assert calls == [1]
    with pytest.raises(KeyReused), transaction() as session:
        reply_once(session, person_id=farmer.id, key="k" * 32, body={"a": ["2"]}, at=AT, do=do)


def test_a_refused_form_keeps_its_reason_and_frees_its_key(tmp_path: Path) -> None:
    app = application(tmp_path)
    farmer = person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="1001")
    client = signed_in(app.test_client(), farmer.id)
    forms: list[Form] = []

    def refuse(session: Session) -> Answer:
        session.add(
            Message(
                person_id=farmer.id,
                cooperative_id=1,
                kind="lot_sold",
                event_key="x",
                figures={},
                written_at=AT,
            )
        )
        raise Refusal(field="quantity")

    @app.post("/try")
    def attempt() -> tuple[str, int]:
        form = Form()
        assert write_once(form, refuse) is None
        forms.append(form)
        return "", form.status

    assert client.post("/try", data={"key": "k" * 32, "quantity": "4"}).status_code == 422
    assert forms[0].errors == {"quantity": "This cannot be done."}
    assert counted() == 0
    with reading() as session:
        assert session.scalars(select(Message.id)).all() == []
