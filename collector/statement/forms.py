"""The forms of a statement: read FORMS to know what it can be drawn as.

To add one: its file, its line here, its name in the command (commands/statement.py, which begins without this).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from collector.dashboard.words import Words
from collector.statement import docx, figures, pdf, xlsx
from collector.statement.body import Body
from collector.statement.document import Signed
from collector.statement.draw import draw


class Form(NamedTuple):
    """A kind of file: the end of its name, its media type, and what draws it."""

    name: str
    media_type: str
    write: Callable[[Body, Signed, Words], bytes]


def _json(body: Body, signed: Signed, w: Words) -> bytes:
    """Return the body as it was signed, the figures that follow from it, and who signed; for programs."""
    told = {"signed": signed._asdict(), "figures": figures.summary(body), "body": body.model_dump(mode="json")}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMS = (
    Form("pdf", "application/pdf", lambda body, signed, w: pdf.write(draw(body, signed, w), w)),
    Form("docx", f"{_OFFICE}.wordprocessingml.document", lambda body, signed, w: docx.write(draw(body, signed, w), w)),
    Form("xlsx", f"{_OFFICE}.spreadsheetml.sheet", lambda body, signed, w: xlsx.write(body, draw(body, signed, w), w)),
    Form("json", "application/json", _json),
)
BY_NAME = {form.name: form for form in FORMS}
