"""The OpenAPI description of the API."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request


def show(request: Request) -> dict[str, Any]:
    """Return the OpenAPI description of the API."""
    document: dict[str, Any] = request.app.openapi()
    return document
