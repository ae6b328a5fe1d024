"""How a fact is read: by one try, which gives its value or why there is none."""

from __future__ import annotations

from typing import Any, Callable, Type, TypeVar

from pydantic import ValidationError

from contract.fields import Message
from contract.findings import Fact

_Findings = TypeVar("_Findings", bound=Message)


def fact(read: Callable[[], Any]) -> Fact[Any]:
    """Return what `read` returns as a fact; what it raises, and None, become the reason why there is no value."""
    try:
        value = read()
    except (FileNotFoundError, LookupError):
        return Fact(why="absent")
    except PermissionError:
        return Fact(why="denied")
    except (NotImplementedError, AttributeError, ImportError):
        return Fact(why="unsupported")
    except Exception as error:  # noqa: BLE001 - one fact that cannot be read must not cost the others
        is_denied = type(error).__name__ == "AccessDenied"  # psutil's, which not every probe imports
        return Fact(why="denied" if is_denied else "error")
    return Fact(why="absent") if value is None else Fact(value=value)


def found(kind: Type[_Findings], **facts: Fact[Any]) -> _Findings:
    """Return findings of a kind; a value that its field does not take, out of a strange system, becomes an error."""
    try:
        return kind(**facts)
    except ValidationError as error:
        strange = {str(place["loc"][0]) for place in error.errors()} & set(facts)
        return kind(**{**facts, **{name: Fact(why="error") for name in strange}})


def unsupported() -> Any:
    """Stand for a fact that this system does not tell; raises NotImplementedError."""
    raise NotImplementedError
