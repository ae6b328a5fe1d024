"""How the sites of a session stand, counted by province and district."""

from __future__ import annotations

from fastapi import HTTPException
from pydantic import BaseModel, Field
from starlette.requests import Request

from collector.dashboard.api.asking import Chosen, UnitCode
from collector.dashboard.api.summary import LevelCounts
from collector.dashboard.figures import Area, Figures, latest
from collector.dashboard.render import Seeing, now


class Unit(BaseModel):
    """A unit of the map on the event's day, and its sites; a province counts those of all that lies in it."""

    code: str = Field(description="Of the General Statistics Office, with leading zeros.")
    name: str
    parent: str | None = Field(description="Code of the province that a district lies in; null: it is a province.")
    sites: int
    levels: LevelCounts
    dropped: int = Field(description="Sites that disconnected together and are not back.")
    is_partial: bool = Field(description="Only the sites that you may see are counted; the unit may have others.")


class Units(BaseModel):
    """The units that are seen."""

    session: int
    items: list[Unit]


def show(request: Request, sight: Seeing, session: Chosen, parent: UnitCode = None) -> Units:
    """List the provinces with their counts, or with `parent` the districts of that province."""
    figures = latest(request.app.state.readings, sight, session.id, now(request))
    if parent is None:
        areas = [area for area in figures.areas.values() if area.unit.parent_id is None]
    else:
        province = figures.find(parent)
        if province is None:
            raise HTTPException(404, "no such unit")
        areas = figures.within(province)
    return Units(session=session.id, items=[_unit(figures, area) for area in areas])


def _unit(figures: Figures, area: Area) -> Unit:
    parent = figures.units.get(area.unit.parent_id) if area.unit.parent_id is not None else None
    return Unit(
        code=area.unit.code,
        name=area.unit.name,
        parent=parent.code if parent else None,
        sites=area.sites,
        levels=LevelCounts(**area.levels),
        dropped=area.dropped,
        is_partial=area.is_partial,
    )
