"""The statement from the terminal: one makes it, one proposes it by the password, another approves it."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.commands import statement as command
from collector.statement import forms
from collector.store.tables import statement
from provisioning import people
from provisioning.store.engine import writing
from tests.collector.commands.conftest import Cli

PASSWORD = "mat-khau-dai"


@pytest.fixture
def cli(cli: Cli, home: Engine) -> Cli:
    """A function that runs `statement` with these arguments, where two people may sign."""
    with writing(home) as connection:
        for login, name, duty in (("noc", "Lan", "noc"), ("ministry", "Minh", "ministry")):
            people.add_person(connection, login, name, PASSWORD, duty, (), "test", time.time_ns() // 1000)
    return lambda *arguments, typed="": cli("statement", *arguments, typed=typed)


def test_it_is_made_proposed_by_one_and_approved_by_another(cli: Cli) -> None:
    made = cli("make")
    assert made.exit_code == 0, made.output
    number, sha256 = made.stdout.split()
    assert cli("approve", number, "--login", "ministry", typed=PASSWORD).exit_code == 1
    assert cli("propose", number, "--login", "noc", typed="sai").exit_code == 1
    assert cli("propose", number, "--login", "noc", typed=PASSWORD).exit_code == 0
    assert cli("approve", number, "--login", "noc", typed=PASSWORD).exit_code == 1
    assert cli("approve", number, "--login", "ministry", typed=PASSWORD).exit_code == 0
    row = cli("list").stdout.rstrip("\n").split("\t")
    assert [*row[:4], *row[5:]] == [number, "live", "country", "Approved", "Buổi sáng", sha256[:16]]
    shown = cli("show", number).stdout
    assert "Buổi sáng (Gặp mặt)" in shown
    assert "40 seats" in shown
    assert "never change" in shown
    assert "Lan" in shown
    assert "Minh" in shown


def test_where_there_is_none_the_list_says_how_to_make_one(cli: Cli) -> None:
    told = cli("list")
    assert told.stdout == ""
    assert "diemcau-collector statement make" in told.output


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(cli: Cli, tmp_path: Path) -> None:
    number = cli("make").stdout.split()[0]
    lacking = cli("export", number, "--to", tmp_path / "none" / "a.pdf")
    assert lacking.exit_code == 1
    assert f"mkdir -p {tmp_path / 'none'}" in lacking.output
    assert cli("export", number, "--to", tmp_path).exit_code == 2
    assert cli("export", number, "--form", "json", "--to", "-").stdout.startswith("{")


def test_nobody_signs_a_body_that_was_changed(cli: Cli, home: Engine) -> None:
    number = cli("make").stdout.split()[0]
    with writing(home) as connection:
        connection.execute(statement.update().values(body="{}"))
    refused = cli("propose", number, "--login", "noc", typed=PASSWORD)
    assert refused.exit_code == 1
    assert "was changed in the database" in refused.output


def test_the_command_names_every_form() -> None:
    assert [form.name for form in forms.FORMS] == list(command.FORMS)


@pytest.mark.parametrize(
    ("name", "chosen", "inside"),
    [
        ("a.pdf", (), b"%PDF"),
        ("a.DOCX", (), b"word/document.xml"),
        ("a.xlsx", (), b"xl/workbook.xml"),
        ("a.json", (), b'"body"'),
        ("a.txt", ("--form", "pdf"), b"%PDF"),
        ("a", (), b"%PDF"),
        ("a", ("--form", "json"), b'"body"'),
        ("a.pdf", ("--form", "xlsx"), b"xl/workbook.xml"),
    ],
)
def test_a_file_is_of_the_form_that_is_told_else_of_its_ending(
    cli: Cli, tmp_path: Path, name: str, chosen: tuple[str, ...], inside: bytes
) -> None:
    number = cli("make").stdout.split()[0]
    assert cli("export", number, *chosen, "--to", tmp_path / name).stdout == f"{tmp_path / name}\n"
    assert inside in (tmp_path / name).read_bytes()


def test_a_file_of_an_ending_that_no_form_has_is_refused(cli: Cli, tmp_path: Path) -> None:
    refused = cli("export", cli("make").stdout.split()[0], "--to", tmp_path / "a.txt")
    assert refused.exit_code == 1
    assert "one of pdf, docx, xlsx, json" in refused.output
    assert not (tmp_path / "a.txt").exists()


def test_a_file_that_is_not_named_is_named_after_the_statement(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    number = cli("make").stdout.split()[0]
    told = cli("export", number, "--form", "json").stdout
    assert told == f"bien-ban-{number}-live.json\n"
    assert (tmp_path / told.strip()).read_bytes().startswith(b"{")


def test_the_hash_that_is_printed_is_that_of_the_body(cli: Cli, tmp_path: Path) -> None:
    number, sha256 = cli("make").stdout.split()
    file = tmp_path / "statement.json"
    cli("export", number, "--form", "json", "--to", file)
    body = json.loads(file.read_text(encoding="utf-8"))["body"]
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == sha256
