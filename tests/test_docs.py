"""The documents say what the code does: every name is documented, and no document names what is not there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import agent.cli
import collector.cli
import provisioning.cli
from agent.doctor import CHECKS
from agent.probes import PROBES
from collector.dashboard.routes import ROUTES
from collector.judge.gates import GATES
from collector.judge.policy import SEED
from collector.judge.rules import RULES
from collector.store.tables import spool
from contract import enrolment, findings, probing, reasons, report, wire
from contract.settings import AgentSettings
from provisioning.people import DUTIES
from provisioning.settings import FOLDERS, Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
OPERATIONS = DOCS / "operations.md"
ADRS = sorted((DOCS / "adr").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")), *ADRS]
SCRIPTS = {
    "diemcau-agent": agent.cli.main,
    "diemcau-provision": provisioning.cli.main,
    "diemcau-collector": collector.cli.main,
}
MESSAGES = (
    *(wire.Frame, wire.Snapshot, wire.Presence, wire.Ack, wire.Command, wire.Plan, wire.DryRun, wire.ProbeServer),
    *(report.Report, report.Measurement, report.Failure),
    *(enrolment.EnrolmentRequest, enrolment.EnrolmentAnswer, enrolment.EnrolmentRefusal),
    *(probing.Nonce, probing.Ask, probing.Granted, probing.Booked, probing.Refused, probing.Ended),
)


def section(page: Path, heading: str) -> str:
    """Return the text under a heading, without the sections of its own that follow."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = lines.index(heading) + 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("#")), len(lines))
    return "\n".join(lines[start:end])


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, each as its cells."""
    rows = [line.strip("|").split("|") for line in section(page, heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def names(page: Path, heading: str) -> list[str]:
    """Return what stands in code type in the first column of a table."""
    return [row[0].strip("`") for row in table(page, heading)]


def block(page: Path, heading: str) -> list[str]:
    """Return the lines of the first code block under a heading."""
    return section(page, heading).split("```")[1].splitlines()[1:]


def code(page: Path) -> Iterator[str]:
    """Yield each line of code of a page: lines of its blocks, and what stands between single backticks."""
    for number, part in enumerate(page.read_text(encoding="utf-8").split("```")):
        yield from part.splitlines()[1:] if number % 2 else re.findall(r"`([^`\n]+)`", part)


def commands(group: click.Group, path: str) -> Iterator[str]:
    """Yield the full name of every command under a group that does something by itself."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def problem_of(line: str) -> str:
    """Return what a command line of ours names that does not exist; empty when all of it does."""
    script, *words = line.split()
    command: click.Command = SCRIPTS[script]
    for word in words:
        if word.startswith("-"):
            option = word.split("=")[0]
            known = {name for param in command.params for name in param.opts} | {"--help"}
            if option not in known:
                return f"{command.name} has no option {option}"
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return f"{script} has no command {word}"
            command = command.commands[word]
    return ""


def slug(heading: str) -> str:
    """Return the anchor that a heading gets on GitHub."""
    text = re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower())
    return text.replace(" ", "-")


# --- names


def test_every_probe_is_documented_and_no_other() -> None:
    assert names(DOCS / "probes.md", "## Probes") == [probe.name for probe in PROBES]


def test_probes_are_documented_with_their_deadlines() -> None:
    documented = {row[0].strip("`"): row[2] for row in table(DOCS / "probes.md", "## Probes")}
    assert documented == {probe.name: f"{probe.deadline_s:.0f} s" for probe in PROBES}


def test_every_kind_of_findings_is_documented_and_no_other() -> None:
    text = (DOCS / "probes.md").read_text(encoding="utf-8")
    documented = re.findall(r"^### `(.+)`$", text, re.MULTILINE)
    assert documented == [kind.model_fields["kind"].default for kind in findings.KINDS]


@pytest.mark.parametrize("kind", findings.KINDS, ids=lambda kind: kind.__name__)
def test_every_field_of_findings_is_documented_and_no_other(kind: Any) -> None:
    heading = f"### `{kind.model_fields['kind'].default}`"
    assert names(DOCS / "probes.md", heading) == [name for name in kind.model_fields if name != "kind"]


@pytest.mark.parametrize("platform", ["Linux", "Windows", "macOS", "Android"])
def test_every_fact_that_is_read_by_platform_is_documented_and_no_other(platform: str) -> None:
    whole = (findings.Camera, findings.Sound, findings.Display, findings.Power, findings.Network)
    read = [
        f"{kind.model_fields['kind'].default}.{name}" for kind in whole for name in kind.model_fields if name != "kind"
    ]
    alone = ["host.temperature_c", "host.disk_health", "software.distribution"]
    assert names(DOCS / "platforms.md", f"## {platform}") == [*read, *alone]


def test_every_rule_is_documented_and_no_other() -> None:
    assert names(DOCS / "rules.md", "## Rules") == [rule.fact for rule in RULES]


def test_every_reason_is_documented_and_no_other() -> None:
    assert names(DOCS / "rules.md", "## Reasons") == list(reasons.REASONS)


def test_reasons_are_documented_with_their_usual_owner() -> None:
    documented = {row[0].strip("`"): re.split(r"\W", row[2])[0] for row in table(DOCS / "rules.md", "## Reasons")}
    assert documented == {name: reason.owner for name, reason in reasons.REASONS.items()}


def test_every_limit_of_the_seed_is_documented_and_no_other() -> None:
    documented = {}
    for name, ready, beyond in table(DOCS / "rules.md", "## Limits"):
        sign, number, *bitrate = ready.split(maxsplit=2)
        documented[name.strip("`")] = (sign, float(number), float(beyond.split()[0]), bool(bitrate))
    seed = {}
    for who, facts in tomllib.loads(SEED.read_text(encoding="utf-8"))["limits"].items():
        for fact, metrics in facts.items():
            for metric, limit in metrics.items():
                is_low = "at_least" in limit
                bounds = (limit["at_least"], limit["minimum"]) if is_low else (limit["at_most"], limit["maximum"])
                seed[f"{who}.{fact}.{metric}"] = ("≥" if is_low else "≤", *bounds, limit.get("bitrate", False))
    assert documented == seed


def test_every_gate_is_documented_and_no_other() -> None:
    assert names(DOCS / "rules.md", "## Gates") == [gate.name for gate in GATES]


def test_every_message_is_documented_and_no_other() -> None:
    assert sorted(names(DOCS / "messages.md", "## Topics")) == sorted((*wire.UP, *wire.DOWN, "plan"))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_every_field_of_a_message_is_documented_and_no_other(message: Any) -> None:
    fields = getattr(message, "_fields", None) or list(message.model_fields)
    assert names(DOCS / "messages.md", f"### `{message.__name__}`") == list(fields)


def test_every_reason_for_quarantine_is_documented() -> None:
    heading = "## Why a body is put into quarantine"
    assert names(DOCS / "messages.md", heading) == list(report.REFUSALS)


@pytest.mark.parametrize(("heading", "model"), [("## The centre", Settings), ("## The agent", AgentSettings)])
def test_every_setting_is_documented_with_its_default_and_no_other(heading: str, model: Any) -> None:
    documented = {row[0].strip("`"): row[1].strip("`") for row in table(DOCS / "settings.md", heading)}
    defaults = {
        name: "" if field.is_required() else json.dumps(field.default) for name, field in model.model_fields.items()
    }
    assert documented == defaults


def test_every_folder_of_the_centre_is_documented() -> None:
    row = next(row for row in table(DOCS / "settings.md", "## The centre") if row[0] == "`home`")
    assert set(FOLDERS) <= set(re.findall(r"`(\w+)`", row[2]))


def test_every_duty_is_documented_and_no_other() -> None:
    assert names(OPERATIONS, "## Chuẩn bị trung tâm / Set the centre up") == list(DUTIES)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_command_is_documented_and_no_other(script: str) -> None:
    documented = [" ".join(line.split()) for line in names(OPERATIONS, f"### `{script}`")]
    assert sorted(documented) == sorted(commands(SCRIPTS[script], script))


def test_every_check_of_the_doctor_is_documented_and_no_other() -> None:
    assert names(OPERATIONS, "## Máy bị gì? / What is wrong with a machine") == [check.name for check in CHECKS]


def test_every_route_is_documented_and_no_other() -> None:
    assert names(ARCHITECTURE, "## Pages") == [f"{route.method} {route.path}" for route in ROUTES]


def test_ports_in_the_architecture_are_the_defaults() -> None:
    for row in table(ARCHITECTURE, "## The parts of `run`"):
        for setting in re.findall(r"`(\w+_port)`", row[3]):
            assert str(Settings.model_fields[setting].default) in row[2].replace(";", " ").replace(",", " ").split()


def test_every_table_is_documented_and_no_other() -> None:
    assert sorted(names(ARCHITECTURE, "## Tables")) == sorted(spool.metadata.tables)


def test_names_in_the_glossary_are_those_that_people_see() -> None:
    heading = "## Tên các mức, bên xử lý, sự việc / Names of levels, owners and facts"
    documented = {row[0].strip("`"): (row[1], row[2]) for row in table(DOCS / "glossary.md", heading)}
    assert documented == {**reasons.LEVEL_NAMES, **reasons.OWNER_NAMES, **reasons.FACT_NAMES}


# --- what documents point at


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_resolves(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in map(slug, file.read_text(encoding="utf-8").splitlines())):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_of_a_document_exists(page: Path) -> None:
    lines = [line.removeprefix("$ ").split(" #")[0] for line in code(page)]
    ours = [line for line in lines if line.split(" ")[0] in SCRIPTS]
    assert [problem for problem in map(problem_of, ours) if problem] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_of_a_document_exists(page: Path) -> None:
    known = set(names(DOCS / "settings.md", "## Environment")) | {
        f"DIEMCAU_{name.upper()}" for name in Settings.model_fields
    }
    assert set(re.findall(r"\b(?:DIEMCAU|DEMO)_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


def mapped(page: Path, heading: str) -> list[Path]:
    """Return what a map shows: at the margin files and folders of the root, indented those of the folder above."""
    shown, folder = [], Path()
    for line in block(page, heading):
        is_inside = line.startswith("  ")
        entries = re.split(r"\s{2,}", line.strip())[0].split()
        if not is_inside:
            folder = Path(entries[0])
        shown += [folder / entry if is_inside else Path(entry) for entry in entries]
    return shown


@pytest.mark.parametrize(
    ("page", "heading"), [(ROOT / "README.md", "## Bản đồ / The map"), (ARCHITECTURE, "## The house")]
)
def test_every_file_of_a_map_exists(page: Path, heading: str) -> None:
    assert [path for path in mapped(page, heading) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("package", ["contract", "agent", "provisioning", "collector"])
def test_the_map_shows_every_module_and_folder_of_a_package(package: str) -> None:
    found = {path.relative_to(ROOT) for path in (ROOT / package).iterdir() if (path / "__init__.py").exists()}
    found |= {path.relative_to(ROOT) for path in (ROOT / package).glob("*.py") if path.name != "__init__.py"}
    assert found - set(mapped(ARCHITECTURE, "## The house")) == set()


def test_adding_a_thing_takes_four_files_at_most() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    additions = re.findall(r"^### Adding .*$", text, re.MULTILINE)
    assert len(additions) >= 5
    for heading in additions:
        steps = re.findall(r"^\d\. .*\]\(", section(ARCHITECTURE, heading), re.MULTILINE)
        assert 1 <= len(steps) <= 4, heading


# --- decisions


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_decision_has_its_form_and_fits_a_page(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {page.name[:4]} ")
    assert lines[2].startswith("Status: ")
    assert [line for line in lines if line.startswith("## ")] == [
        "## Context",
        "## Decision",
        "## Consequences",
        "## Alternatives refused",
    ]
    assert any(line.startswith("Sources: ") for line in lines)
    assert len(lines) <= 55


def test_every_decision_is_listed_in_the_architecture() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    assert [page.name for page in ADRS if f"(adr/{page.name})" not in text] == []
