from __future__ import annotations

import base64
import json
import socket
import unicodedata
from urllib.parse import quote

import psutil
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.doctor.scrub import Known, known_here, scrub
from provisioning import identifiers

KNOWN = Known(
    secrets=("Zq3-_pX9aa01Zq3-_pX9aa01Zq3-_pX9", "ab" * 32),
    folders=("/srv/diem-cau/agent", r"C:\Users\Nguyễn Lan", "/home/lan"),
    names=("nguyenlan", "Nguyễn Lan", "PC-LOP-6A", "an"),
    addresses=("10.20.30.40", "fe80::1234:5678", "02:fc:aa:bb:cc:01", "02fcaabbcc01"),
    kept=frozenset({"203.0.113.7", "diemcau-trung-tam-so-1.example.vn", "d-7k2m9x4q"}),
)
FORMS = (
    str,
    str.upper,
    str.lower,
    quote,
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.replace("\\", "\\\\"),
    lambda text: text.replace("\\", "/"),
    lambda text: unicodedata.normalize("NFD", text),
)


def all_forms(word):
    return {unicodedata.normalize("NFC", form(word)).lower() for form in FORMS}


@given(
    st.text(),
    st.sampled_from([*KNOWN.secrets, *KNOWN.folders, *KNOWN.names[:3], *KNOWN.addresses]),
    st.sampled_from(FORMS),
    st.text(),
)
def test_nothing_that_is_known_is_left_whatever_stands_around_it(before, word, form, after):
    left = unicodedata.normalize("NFC", scrub(before + form(word) + after, KNOWN)).lower()
    assert not [form for form in all_forms(word) if form in left]


@given(st.lists(st.sampled_from([*KNOWN.secrets, *KNOWN.names[:3], *KNOWN.addresses, "/", "\\", "-", " ", "<", "é"])))
def test_nothing_is_put_together_from_what_was_taken_out(parts):
    left = scrub("".join(parts), KNOWN).lower()
    assert not [word for word in (*KNOWN.secrets, *KNOWN.names[:3], *KNOWN.addresses) if word.lower() in left]


@given(st.ip_addresses(), st.sampled_from([" ", "(", '"', "=", "[", "/"]), st.sampled_from([" ", ")", '"', ",", "]"]))
def test_no_address_of_anybody_is_left_but_the_machines_own_word_for_itself(address, before, after):
    assume(str(address) not in ("127.0.0.1", "::1", "::", *KNOWN.kept))
    assert str(address) not in scrub(f"x{before}{address}{after}y", KNOWN)


@given(st.binary(min_size=6, max_size=6), st.sampled_from([":", "-"]))
def test_no_hardware_address_is_left(address, between):
    assert address.hex(between) not in scrub(f"link {address.hex(between)} up", KNOWN)
    assert address.hex(between).upper() not in scrub(f"link {address.hex(between).upper()} up", KNOWN)


@given(st.binary(min_size=16, max_size=64))
def test_no_random_bits_are_left_though_nobody_knows_what_they_were(content):
    token = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    assume(any(letter.isdigit() for letter in token) and not token.isdigit())
    assert token not in scrub(f"key {token}.", KNOWN)
    assert content.hex() not in scrub(f"key {content.hex()}.", KNOWN) or content.hex().isdigit()


def test_no_enrolment_code_is_left_however_it_is_written():
    for _ in range(50):
        code = identifiers.new_code("K7QF2MX").printed()
        for form in (code, code.lower(), code.replace("-", "")):
            assert scrub(f"enrol {form} --server", KNOWN) == "enrol <code> --server"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (r"C:\Users\Hoa\AppData\x.py", r"~\AppData\x.py"),
        ('File "/home/hoa/agent/cli.py", line 3', 'File "~/agent/cli.py", line 3'),
        ("/Users/hoa/Library", "~/Library"),
        ("proxy http://hoa:matkhau@proxy.truong.vn:3128", "proxy http://<name>@proxy.truong.vn:3128"),
        ("hoa@truong.edu.vn", "<name>@truong.edu.vn"),
        ("client d-7k2m9x4q-0011223344556677 lost", "client <secret> lost"),
        ("an và Lan ở văn phòng", "<name> và Lan ở văn phòng"),
    ],
)
def test_what_only_looks_personal_goes_too(text, left):
    assert scrub(text, KNOWN) == left


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25 07:12:30 +0700 Đã kết nối với trung tâm. Cứ để máy chạy.",
        "mqtts://203.0.113.7:8883: máy chủ đang tắt ([Errno 111] Connection refused)",
        "https://diemcau-trung-tam-so-1.example.vn:8443 thiết bị d-7k2m9x4q",
        "127.0.0.1:8090 ::1 Python 3.11.2 Windows 10.0.19045",
        '{"wall_us":1800000000000000,"memory_available_bytes":4000000000}',
        "KeyError in _raise_unless_damaged_or_moved, CertificateVerificationError",
        "accepted_upto dropped_range 12 giờ",
    ],
)
def test_what_a_technician_needs_stays(text):
    assert scrub(text, KNOWN) == text


def test_this_machines_own_names_addresses_and_secrets_are_known(enrolled):
    machine = enrolled("mqtts://203.0.113.7:8883")
    environ = {"HOME": "/home/nguyenlan", "USERNAME": "lan.nguyen", "COMPUTERNAME": "PC-LOP-6A", "USER": "root"}
    known = known_here(machine.home, machine.read, "https://dk.example.vn:8443", environ)
    assert set(known.secrets) == {(machine.home / name).read_text() for name in ("password", "permit_key")}
    assert {"/home/nguyenlan", str(machine.home)} == set(known.folders)
    assert {"nguyenlan", "lan.nguyen", "lan", "PC-LOP-6A", socket.gethostname()} <= set(known.names)
    assert "root" not in known.names
    assert {"203.0.113.7", "dk.example.vn", "dev-00000001"} <= known.kept
    mine = {one.address for found in psutil.net_if_addrs().values() for one in found if one.family == socket.AF_INET}
    assert mine - {"127.0.0.1"} <= set(known.addresses)
