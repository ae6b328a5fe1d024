"""What is wrong with the settings is told with its place, in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.settings import load


@pytest.mark.parametrize(
    ("content", "vi", "en"),
    [
        ('{\n"web_port": }', "dòng 2, cột 13: không đúng dạng JSON", "line 2, column 13: this is not JSON"),
        ("[]", 'phải có dạng {"tên": giá trị}', 'must be of the form {"name": value}'),
        ('{"colour": 1}', "colour: không có cài đặt tên này.", "colour: there is no such setting."),
        ('{"web_port": 70000}', "web_port: không được quá 65535.", "web_port: must be 65535 or less."),
        ('{"broker_port": 0}', "broker_port: phải từ 1 trở lên.", "broker_port: must be 1 or more."),
        ('{"web_port": "x"}', "web_port: phải là số nguyên.", "web_port: must be a whole number."),
        ('{"host": 5}', "host: phải là chữ", "host: must be text"),
        ('{"broker_urls": "x"}', "broker_urls: phải là danh sách", "broker_urls: must be a list"),
        ('{"broker": "emqx"}', "broker: phải là 'nats' or 'mosquitto'.", "broker: must be 'nats' or 'mosquitto'."),
        (
            '{"broker_edge_ports": [0]}',
            "broker_edge_ports: phải từ 1 trở lên.",
            "broker_edge_ports: must be 1 or more.",
        ),
        (
            '{"public_host": "diemcau.example.vn", "is_broker_plain": true}',
            "is_broker_plain: chỉ dùng được khi public_host là 127.0.0.1 hoặc localhost",
            "is_broker_plain: needs a public_host of 127.0.0.1 or localhost",
        ),
        ('{"is_demo": "x"}', "is_demo: phải là true hoặc false.", "is_demo: must be true or false."),
    ],
)
def test_a_wrong_file_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, vi: str, en: str
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)
    for lang, text in (("vi", vi), ("en", en)):
        monkeypatch.setenv("DIEMCAU_LANG", lang)
        with pytest.raises(ValueError, match=r"settings\.json") as told:
            load({"DIEMCAU_HOME": str(tmp_path)})
        assert str(told.value).startswith(str(file))
        assert text in str(told.value)
        assert "pydantic" not in str(told.value)


def test_every_wrong_setting_is_told_and_a_wrong_variable_is_the_place(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"colour": 1, "web_port": 80}')
    with pytest.raises(ValueError, match="colour") as told:
        load({"DIEMCAU_HOME": str(tmp_path), "DIEMCAU_WEB_PORT": "much"})
    assert len(str(told.value).splitlines()) == 2
    assert "\nDIEMCAU_WEB_PORT: " in "\n" + str(told.value)


def test_a_list_stands_in_a_variable_with_commas(tmp_path: Path) -> None:
    environ = {"DIEMCAU_HOME": str(tmp_path), "DIEMCAU_BROKER": "mosquitto", "DIEMCAU_BROKER_EDGE_PORTS": "9001,9002"}
    assert load(environ).broker_ports == (9001, 9002)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_bytes('{"host": "Điểm Cầu"}'.encode("utf-16"))
    with pytest.raises(ValueError, match=r"settings\.json.*UTF-8"):
        load({"DIEMCAU_HOME": str(tmp_path)})
