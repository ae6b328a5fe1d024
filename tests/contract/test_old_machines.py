"""What the resident imports stays within the standard library, and all of a site's code within Python 3.8."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
FILES = sorted([*HOUSE.glob("contract/*.py"), *HOUSE.glob("agent/**/*.py")])
SINCE_3_9 = {"list", "dict", "tuple", "set", "frozenset", "type", "deque", "defaultdict", "OrderedDict", "Counter"} | {
    *("Callable", "Iterable", "Iterator", "Generator", "Mapping", "Sequence", "Collection", "Awaitable", "Coroutine"),
    *("Pattern", "Match", "Popen", "PathLike", "Queue", "AbstractContextManager", "AbstractAsyncContextManager"),
}
TYPING = {"typing", "typing_extensions"}
LATER_NAMES = {  # what Python 3.8 does not have, of what comes to mind in code like this
    *("removeprefix", "removesuffix", "is_relative_to", "with_stem", "pairwise", "batched", "bit_count", "randbytes"),
    *("to_thread", "TaskGroup", "UTC", "StrEnum", "add_note", "tomllib", "zoneinfo", "graphlib", "stdlib_module_names"),
    *("functools.cache", "Path.readlink", "zip.strict", "dataclass.slots", "dataclass.kw_only"),
}
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))


@pytest.mark.parametrize("module", ["wire", "stamp", "clock", "languages"])
def test_what_the_resident_imports_needs_nothing_but_the_standard_library(module: str) -> None:
    program = f"""
import sys
sys.path.append({str(HOUSE)!r})
import contract.{module}
foreign = {{name.partition(".")[0] for name in sys.modules}} - sys.stdlib_module_names - {{"contract", "__main__"}}
print(*sorted(foreign), *(name for name in sys.modules if name.startswith("contract.")))
"""
    found = subprocess.run([sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [f"contract.{module}"]


@every_file
def test_python_3_8_can_parse_it(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 8))


@every_file
def test_python_3_8_evaluates_no_later_generic(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    postponed = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    assert postponed or not any(isinstance(node, ast.AnnAssign | ast.arg) for node in ast.walk(tree))
    imported = _from_typing(tree)
    late = [
        f"{file.name}:{node.lineno}: {ast.unparse(node)}"
        for evaluated in _evaluated(tree)
        for node in ast.walk(evaluated)
        if isinstance(node, ast.expr) and (_is_late_generic(node, imported) or _is_late_union(node))
    ]
    assert late == []


@every_file
def test_python_3_8_has_every_name_it_uses(file: Path) -> None:
    assert [found for found in _named(ast.parse(file.read_text(encoding="utf-8"))) if found in LATER_NAMES] == []


def _named(tree: ast.AST) -> Iterator[str]:
    """Yield every name that code takes from elsewhere: attributes, imports, and arguments as `function.argument`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            yield from (node.attr, f"{owner}.{node.attr}")
            if node.attr == "readlink" and owner != "os":
                yield "Path.readlink"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (name for alias in node.names for name in (alias.name, f"{node.module}.{alias.name}"))
        elif isinstance(node, ast.Call):
            yield from (f"{ast.unparse(node.func)}.{keyword.arg}" for keyword in node.keywords)


@pytest.mark.parametrize(
    ("source", "is_late"),
    [
        ("'a'.removeprefix('b')", True),
        ("from functools import cache", True),
        ("import functools\n@functools.cache\ndef f(): pass", True),
        ("import zoneinfo", True),
        ("zip(a, b, strict=True)", True),
        ("Path('a').readlink()", True),
        ("os.readlink('a')", False),
        ("from functools import lru_cache", False),
        ("self.cache", False),
        ("zip(a, b)", False),
    ],
)
def test_the_check_of_names_itself_knows_early_from_late(source: str, is_late: bool) -> None:
    assert any(name in LATER_NAMES for name in _named(ast.parse(source))) is is_late


def _from_typing(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module in TYPING
        for alias in node.names
    }


def _evaluated(tree: ast.AST, *, in_class: bool = False) -> Iterator[ast.AST]:
    """Yield what runs when a module does: all but annotations, save those of classes, which pydantic evaluates."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.AnnAssign):
            yield from (part for part in (node.annotation if in_class else None, node.value) if part is not None)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d))
            for statement in node.body:
                yield from _evaluated(ast.Module([statement], []))
        elif isinstance(node, ast.ClassDef):
            yield from (*node.bases, *node.decorator_list)
            yield from _evaluated(ast.Module(node.body, []), in_class=True)
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.withitem):
            yield from _evaluated(node, in_class=in_class)
        else:
            yield node


def _is_late_generic(node: ast.AST, from_typing: set[str]) -> bool:
    if not isinstance(node, ast.Subscript):
        return False
    if isinstance(node.value, ast.Attribute):
        owner = node.value.value
        return node.value.attr in SINCE_3_9 and isinstance(owner, ast.Name) and owner.id not in TYPING
    return isinstance(node.value, ast.Name) and node.value.id in SINCE_3_9 - from_typing


def _is_late_union(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.BitOr):
        return False
    return any(_is_type(side) for side in (node.left, node.right))


def _is_type(node: ast.AST) -> bool:
    """Tell whether an operand of `|` can only be a type: None, or the name of a builtin one."""
    names = {"int", "str", "float", "bool", "bytes", *SINCE_3_9}
    return (isinstance(node, ast.Constant) and node.value is None) or (isinstance(node, ast.Name) and node.id in names)


@pytest.mark.parametrize(
    ("source", "is_late"),
    [
        ("X = list[int]", True),
        ("X = int | None", True),
        ("class A:\n    x: dict[str, int]", True),
        ("class A:\n    def f(self) -> None:\n        x = isinstance(1, int | str)", True),
        ("def f(x=Callable[[], int]): pass", True),
        ("import re\nX = re.Pattern[str]", True),
        ("from typing import Callable\nX = Callable[[], int]", False),
        ("def f(x: list[int]) -> int | None: ...", False),
        ("x: list[int] = []", False),
        ("X = a | b", False),
        ("X = values[0]", False),
    ],
)
def test_the_check_itself_knows_early_from_late(source: str, is_late: bool, tmp_path: Path) -> None:
    file = tmp_path / "source.py"
    file.write_text("from __future__ import annotations\n" + source, encoding="utf-8")
    if is_late:
        with pytest.raises(AssertionError, match=r"source\.py:"):
            test_python_3_8_evaluates_no_later_generic(file)
    else:
        test_python_3_8_evaluates_no_later_generic(file)
