from __future__ import annotations

import pytest

from agent import hardware, original
from agent.doctor import identity
from agent.doctor.check import BAD, OK, WARNING, subject_at
from contract.clock import Clock

IN_2040_US = 2_208_988_800_000_000
IN_3000_US = 32_503_680_000_000_000


def test_a_machine_that_is_not_enrolled_is_told_how(stranger):
    answer = identity.settings(stranger)
    assert (answer.state, answer.text) == (BAD, "máy này chưa đăng ký.")
    assert "diemcau-agent enrol MÃ" in answer.next_step


def test_a_machine_whose_agent_runs_under_another_account_is_told_to_ask_it(stranger, tmp_path, monkeypatch):
    monkeypatch.setattr("agent.paths.SYSTEM_HOME", tmp_path)
    answer = identity.settings(stranger)
    assert answer.state == BAD
    assert answer.next_step == "Chạy: sudo diemcau-agent doctor"
    monkeypatch.setattr("agent.paths.SYSTEM_HOME", stranger.home)
    assert "enrol" in identity.settings(stranger).next_step


def test_settings_that_are_damaged_say_where_and_to_enrol_again(enrolled):
    home = enrolled().home
    (home / "settings.json").write_text('{"device": "dev-00000001"}')
    answer = identity.settings(subject_at(home, Clock()))
    assert answer.state == BAD
    assert "brokers" in answer.text
    assert "Đăng ký lại" in answer.next_step


def test_settings_that_this_account_may_not_read_ask_for_the_right_one(enrolled):
    answer = identity.settings(enrolled()._replace(read=None, problem=PermissionError()))
    assert answer.state == BAD
    assert "sudo" in answer.next_step


def test_an_enrolled_machine_is_well(enrolled):
    machine = enrolled()
    assert "dev-00000001" in identity.settings(machine).text
    assert identity.secrets(machine).state == OK
    assert identity.authority(machine).state == OK


@pytest.mark.parametrize("name", ["password", "permit_key"])
def test_a_secret_that_is_missing_or_empty_is_bad_and_one_that_others_can_read_a_warning(enrolled, name):
    machine = enrolled()
    (machine.home / name).chmod(0o640)
    answer = identity.secrets(machine)
    assert answer.state == WARNING
    assert answer.next_step == f"Chạy: chmod 600 {machine.home / name}"
    (machine.home / name).write_text("")
    assert identity.secrets(machine).text == f"thiếu hoặc rỗng: {name}."
    (machine.home / name).unlink()
    assert identity.secrets(machine).state == BAD


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_cannot_be_read_is_bad(enrolled, content):
    machine = enrolled()
    (machine.home / "ca.pem").unlink()
    if content is not None:
        (machine.home / "ca.pem").write_text(content)
    answer = identity.authority(machine)
    assert answer.state == BAD
    assert "ca.pem" in answer.text


@pytest.fixture
def authority_until_2040(enrolled, tmp_path):
    """A machine whose authority ends with the year 2039."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Điểm Cầu")])
    pem = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    machine = enrolled()
    (machine.home / "ca.pem").write_bytes(pem)
    return machine


@pytest.mark.parametrize(
    ("wall_us", "state", "words"),
    [
        (IN_2040_US - 40 * 86_400_000_000, OK, "có hiệu lực đến"),
        (IN_2040_US - 10 * 86_400_000_000, WARNING, "chỉ còn 10 ngày"),
        (IN_2040_US + 1_000_000, BAD, "đã hết hạn"),
        (IN_3000_US, OK, "không xét"),  # the clock is what is wrong, and that is told by its own check
    ],
)
def test_an_authority_that_ends_is_told_before_it_does(authority_until_2040, clock, wall_us, state, words):
    clock.wall = wall_us
    answer = identity.authority(authority_until_2040._replace(clock=clock))
    assert (answer.state, words in answer.text) == (state, True), answer


def test_a_copy_of_another_machines_disk_is_told_and_how_it_becomes_a_device_of_its_own(enrolled, monkeypatch):
    machine = enrolled()
    assert identity.original(machine).state == OK
    original.keep(machine.home, {"board": ("1" * 16,), "card": ("2" * 16,)})
    monkeypatch.setattr(hardware, "facts", lambda: {"board": ("3" * 16,), "card": ("4" * 16,)})
    answer = identity.original(machine)
    assert (answer.state, "bản sao ổ đĩa của thiết bị dev-00000001" in answer.text) == (BAD, True)
    assert "--move" in answer.next_step
