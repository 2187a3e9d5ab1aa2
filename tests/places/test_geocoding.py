"""Tests of asking a geocoder, against a server on this machine."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.kernel.geo import Position
from app.models import PlacePrecision
from app.places.gazetteer import Gazetteer
from app.places.geocoding import GeocoderSettings, OwnGeocoder
from app.places.lookup import Answer, find

NOMINATIM = [
    {"lat": "30.1", "lon": "109.2", "display_name": "Bajiao, Enshi", "addresstype": "town"},
    {"lat": "0", "lon": "0", "display_name": "Null Island", "addresstype": "town"},
    {"lat": "31", "lon": "112", "display_name": "Hubei", "addresstype": "state"},
]
PHOTON = {
    "features": [
        {
            "geometry": {"coordinates": [109.2, 30.1]},
            "properties": {"name": "Bajiao", "type": "village"},
        }
    ]
}


class Stub(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        time.sleep(self.server.delay_s)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        # A client may have given up waiting, as it should.
        with contextlib.suppress(OSError):
            self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def stub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    server.asked, server.delay_s, server.status, server.headers = [], 0, 200, {}
    server.body = json.dumps(NOMINATIM).encode()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def geocoder(server, kind="nominatim", **options):
    address = f"http://127.0.0.1:{server.server_address[1]}"
    return OwnGeocoder(GeocoderSettings(kind, address, "Farmgate at Enshi", **options))


def test_nominatim_answers_with_source_and_precision_and_nonsense_is_left_out(stub):
    places = geocoder(stub, country="cn").locate("芭蕉侗族乡", language="zh")
    assert [(p.position, p.source, p.precision) for p in places] == [
        (Position(30.1, 109.2), "nominatim", PlacePrecision.TOWN),
        (Position(31.0, 112.0), "nominatim", PlacePrecision.DISTRICT),
    ]
    ((path, agent),) = stub.asked
    assert agent == "Farmgate at Enshi"
    assert "countrycodes=cn" in path


def test_photon_answers_too(stub):
    stub.body = json.dumps(PHOTON).encode()
    (place,) = geocoder(stub, "photon").locate("Bajiao")
    assert (place.position, place.source) == (Position(30.1, 109.2), "photon")
    assert place.precision is PlacePrecision.TOWN


def test_an_answer_is_offered_as_a_choice(stub):
    found = find("芭蕉侗族乡", gazetteer=Gazetteer([]), geocoder=geocoder(stub))
    assert found.answer is Answer.CHOOSE
    assert found.choices[0].place.admin == "Bajiao, Enshi"


@pytest.mark.parametrize("kind", ["nominatim", "photon"])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[]", b"null", b"[1]", b'{"features": [{}]}', b'{"error": "no"}',
     b"[" * 50_000, b" " * 1_100_000, b'[{"lat": "x", "lon": "y"}]',
     b'[{"lat": "nan", "lon": "9"}]', b'{"features": null}'],
)  # fmt: skip
def test_an_answer_of_any_shape_is_no_error(stub, kind, body):
    stub.body = body
    assert geocoder(stub, kind).locate("Bajiao") == ()


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_a_refusing_server_is_an_unknown_place(stub, status):
    stub.status = status
    assert geocoder(stub).locate("Bajiao") == ()


def test_a_slow_server_is_given_up_in_time(stub, caplog):
    stub.delay_s = 1
    began = time.monotonic()
    assert geocoder(stub, timeout_s=0.1).locate("Secret Village") == ()
    assert time.monotonic() - began < 0.9
    assert "GeocoderTimedOut" in caplog.text
    assert "Secret" not in caplog.text


def test_a_server_that_is_not_there_is_an_unknown_place():
    settings = GeocoderSettings("nominatim", "http://127.0.0.1:1", "Farmgate at Enshi")
    assert OwnGeocoder(settings).locate("Bajiao") == ()


def test_a_redirect_is_not_followed(stub):
    stub.status = 302
    stub.headers = {"Location": f"http://localhost:{stub.server_address[1]}/elsewhere"}
    assert geocoder(stub).locate("Bajiao") == ()
    assert len(stub.asked) == 1


def test_a_proxy_of_the_environment_is_not_used(stub, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert len(geocoder(stub).locate("Bajiao")) == 2


@pytest.mark.parametrize(("address", "agent"), [("geo.example", "x"), ("http://a", " ")])
def test_settings_without_scheme_or_user_agent_are_a_mistake(address, agent):
    with pytest.raises(ValueError, match="geocoder"):
        GeocoderSettings("nominatim", address, agent)
