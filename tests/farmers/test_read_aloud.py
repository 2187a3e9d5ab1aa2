"""The form read aloud: the cooperative's recordings, else a voice of the phone, else nothing."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import func, select

from app.kernel.database import reading, transaction
from app.models import Cooperative, VoiceClip
from tests.farmers.conftest import Farm, Live

SOUND = b"OggS" + bytes(60)
OTHER = b"ID3" + bytes(60)
FORM = "/harvests/new"
VOICES = """(voices) => {
  window.spoken = [];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => voices, cancel: () => {},
    speak: (one) => { window.spoken.push(one.text); setTimeout(() => one.onend()); },
  } });
}"""


def send(farm: Farm, data: bytes, *, language: str = "en", step: str = "price") -> str:
    client = farm.client(farm.market.luo_id)
    address = f"/set-up/clips/{language}/{step}"
    reply = client.post(address, data={"clip": (BytesIO(data), "clip.ogg")}, follow_redirects=True)
    return str(reply.get_data(as_text=True)) if reply.status_code == 200 else str(reply.status_code)


def number_of_clips() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(VoiceClip)) or 0


def test_a_recording_is_kept_replaced_played_and_removed(farm: Farm) -> None:
    for data in (SOUND, SOUND, OTHER):
        assert "Saved. Phones play it" in send(farm, data)
        assert number_of_clips() == 1
    tan = farm.client(farm.market.tan_id)
    listed = tan.get("/clips/en.json").json
    assert list(listed) == ["price"]
    assert tan.get("/clips/zh.json").json == {}
    sound = tan.get(listed["price"])
    assert (sound.data, sound.mimetype) == (OTHER, "audio/mpeg")
    part = tan.get(listed["price"], headers={"Range": "bytes=0-2"})
    assert (part.status_code, part.data) == (206, b"ID3")
    with reading() as session:
        clip_id = session.scalars(select(VoiceClip.id)).one()
    for _ in range(2):
        farm.client(farm.market.luo_id).post(f"/set-up/clips/{clip_id}/removal")
        assert number_of_clips() == 0
    assert tan.get(listed["price"]).status_code == 404


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<html>", "This file is not a recording."),
        (b"", "This file is not a recording."),
        (SOUND + bytes(200_000), "This recording is too big."),
    ],
)
def test_what_is_no_short_recording_is_refused(farm: Farm, data: bytes, told: str) -> None:
    assert told in send(farm, data)
    assert number_of_clips() == 0


def test_a_language_or_step_that_nobody_has_is_not_found(farm: Farm) -> None:
    assert send(farm, SOUND, language="fr") == "404"
    assert send(farm, SOUND, step="dance") == "404"


def test_another_cooperative_neither_hears_nor_removes_it(farm: Farm) -> None:
    send(farm, SOUND)
    with transaction() as session:
        clip = session.scalars(select(VoiceClip)).one()
        other = Cooperative(
            name="Far Hills",
            slug="far",
            country="CN",
            currency="CNY",
            time_zone="Asia/Shanghai",
            languages=["en"],
            created_at=farm.at,
        )
        session.add(other)
        session.flush()
        clip.cooperative_id = other.id
    assert farm.client(farm.market.tan_id).get(f"/clips/{clip.id}").status_code == 404
    farm.client(farm.market.luo_id).post(f"/set-up/clips/{clip.id}/removal")
    assert number_of_clips() == 1


def test_a_voice_of_the_phone_reads_every_step(phone: BrowserContext, live: Live) -> None:
    phone.add_cookies([live.cookie(live.farm.market.tan_id)])
    voices = '[{"lang": "en-GB", "localService": true}]'
    phone.add_init_script(f"({VOICES})({voices})")
    page = phone.new_page()
    page.goto(live.address + FORM)
    page.tap("text=Read it to me")
    page.wait_for_function("window.spoken.length === 6")
    said = page.evaluate("window.spoken")
    assert "potato" in said[0]
    assert "The least you want for it" in said[3]
    page.wait_for_selector("[data-hear][aria-pressed=false]")


def test_a_recording_is_played_where_there_is_no_voice(phone: BrowserContext, live: Live) -> None:
    phone.add_cookies([live.cookie(live.farm.market.tan_id)])
    # A voice that is not on the phone itself does not count.
    voices = '[{"lang": "en-GB", "localService": false}]'
    phone.add_init_script(f"({VOICES})({voices})")
    page = phone.new_page()
    page.goto(live.address + FORM)
    page.wait_for_selector("form[data-ready]")
    page.wait_for_timeout(500)
    assert page.locator("[data-hear]").count() == 0
    send(live.farm, SOUND)
    page.evaluate("caches.delete('pages')")
    page.goto(live.address + FORM)
    with page.expect_request("**/clips/*?v=*"):
        page.tap("text=Read it to me")
    assert page.evaluate("window.spoken") == []
