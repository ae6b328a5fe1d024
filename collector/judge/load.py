"""Reads a policy, and refuses one that asks for what no rule judges or leaves open what a rule must know."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from collector.judge.gates import GATES
from collector.judge.outcomes import DIRECTIONS
from collector.judge.policy import Policy
from collector.judge.rules import RULES

_METRICS = {rule.fact: rule.metrics for rule in RULES}
_NOT_FROM_EVIDENCE = {"presence"}
_GATE_NAMES = {gate.name for gate in GATES}


def load_policy(text: str) -> Policy:
    """Read a policy; raises ValueError that says what is wrong with it and where."""
    try:
        values = tomllib.loads(text)
        values["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        policy = Policy.model_validate(values)
    except ValidationError as error:
        raise ValueError("\n".join(map(_told, error.errors(include_url=False)))) from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from error
    problems = [*_facts_without_rule(policy), *_limits_without_rule(policy), *_rules_without_policy(policy)]
    problems += _directions_without_need(policy)
    if problems:
        raise ValueError("\n".join(problems))
    return policy


def _told(problem: ErrorDetails) -> str:
    place = ".".join(map(str, problem["loc"]))
    text = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {text}" if place else text  # what concerns the whole policy names its place itself


def _needs(policy: Policy) -> Iterator[tuple[str, str, str]]:
    for role, media in policy.needs.items():
        for medium, facts in media.items():
            for fact in facts:
                yield role, medium, fact


def _facts_without_rule(policy: Policy) -> Iterator[str]:
    named = [(f"needs.{role}.{medium}", fact) for role, medium, fact in _needs(policy)]
    named += [("sources", fact) for fact in policy.sources] + [("validity_h", fact) for fact in policy.validity_h]
    return (f"{place}: no rule judges {fact}" for place, fact in named if fact not in _METRICS)


def _limits_without_rule(policy: Policy) -> Iterator[str]:
    """Tell of limits that nobody would ever look at, or that would call the bad side good."""
    for who, limits in policy.limits.items():
        for fact, metrics in limits.items():
            for name, limit in metrics.items():
                metric = _METRICS.get(fact, {}).get(name)
                if metric is None:
                    yield f"limits.{who}.{fact}.{name}: no rule judges this"
                elif limit.is_low != (metric.side == "at_least"):
                    yield f"limits.{who}.{fact}.{name}: must be given by {metric.side}"


def _rules_without_policy(policy: Policy) -> Iterator[str]:
    """Tell of what a rule would look for in vain: whose word counts, how long, within which limits."""
    for fact in sorted({fact for _, _, fact in _needs(policy)} - _NOT_FROM_EVIDENCE):
        if not policy.sources.get(fact):
            yield f"sources.{fact} is missing"
        if set(policy.validity_h.get(fact, {})) != _GATE_NAMES:
            yield f"validity_h.{fact} must name each of {', '.join(sorted(_GATE_NAMES))}"
    for role, medium, fact in _needs(policy):
        if _METRICS.get(fact) and not policy.bounds(role, medium, fact, 1.0):  # then any value would do
            yield f"limits.{role}.{fact} is missing, and {medium} needs it"


def _directions_without_need(policy: Policy) -> Iterator[str]:
    """Tell of lines that could not be tested: a direction that needs nothing has no pace, and no end."""
    for role, medium, fact in _needs(policy):
        bounds = policy.bounds(role, medium, fact, 1.0) if fact == "line" else {}
        for name in (f"{way}_mbps" for way in DIRECTIONS if bounds):
            if name not in bounds:
                yield f"limits.{role}.{fact}.{name} is missing, and {medium} needs it"
