"""Nothing in grader/ is written for nobody.

Every function, class, constant and method is used: by a command, by an exercise's files, by a template, or by
something else that is used. What is imported but not used, and what only tests use, does not count. Names of
functions, classes and constants are followed through the imports; a method counts as used where anything that
is used reads an attribute of its name.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
GRADER = ROOT / "grader"
DUNDER = re.compile(r"__\w+__")

Definition = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.Assign
    | ast.AnnAssign
)


@dataclass
class Uses:
    """What a piece of code uses: top-level names as (module, name), and names of attributes."""

    names: set[tuple[str, str]] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)

    def add(self, other: Uses) -> None:
        self.names |= other.names
        self.attributes |= other.attributes


@dataclass
class Module:
    """A module: what its imports name, its definitions, and what its other statements use."""

    name: str
    tree: ast.Module
    imports: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # local name -> (module, name or "")

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = target(
                        node.module, alias.name
                    )

    def definitions(self) -> Iterator[tuple[str, Definition]]:
        """The top-level functions, classes and constants by their names."""
        for node in self.tree.body:
            if isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ):
                yield node.name, node
            elif isinstance(node, ast.Assign) and isinstance(
                node.targets[0], ast.Name
            ):
                yield node.targets[0].id, node
            elif isinstance(node, ast.AnnAssign) and isinstance(
                node.target, ast.Name
            ):
                yield node.target.id, node

    def uses(self, nodes: Iterable[ast.AST]) -> Uses:
        """What these nodes use."""
        found = Uses()
        for node in nodes:
            for inner in ast.walk(node):
                self._add_use(inner, found)
        return found

    def _add_use(self, node: ast.AST, found: Uses) -> None:
        if isinstance(node, ast.Name):
            found.names.add(self.imports.get(node.id, (self.name, node.id)))
        elif isinstance(node, ast.Attribute):
            found.attributes.add(node.attr)
            module, name = self.imports.get(
                getattr(node.value, "id", ""), ("", "")
            )
            if module and not name:
                found.names.add((module, node.attr))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # a name in a getattr, an annotation in quotes, code that another process runs
            for path in re.findall(r"[\w.]*\w", node.value):
                module, _, name = path.rpartition(".")
                found.attributes.add(name)
                found.names.add((self.name, name))
                found.names |= {
                    (whole, name) for whole in LONG_NAMES.get(module, ())
                }


def target(module: str, name: str) -> tuple[str, str]:
    """What `from module import name` names: a module of grader, or something in one."""
    whole = f"{module}.{name}".removeprefix("grader.")
    if source_of(whole) is not None:
        return whole, ""
    return module.removeprefix("grader."), name


def source_of(module: str) -> Path | None:
    path = GRADER.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def long_names() -> dict[str, list[str]]:
    """The last part of a module's name -> the whole names."""
    found: dict[str, list[str]] = {}
    for path in GRADER.rglob("*.py"):
        parts = path.relative_to(GRADER).with_suffix("").parts
        found.setdefault(parts[-1], []).append(".".join(parts))
    return found


LONG_NAMES = long_names()


def modules() -> dict[str, Module]:
    found = {}
    for path in sorted(GRADER.rglob("*.py")):
        name = ".".join(
            path.relative_to(GRADER).with_suffix("").parts
        ).removesuffix(".__init__")
        found[name] = Module(name, ast.parse(path.read_text(encoding="utf-8")))
    return found


def split_class(
    node: ast.ClassDef, known: set[str]
) -> tuple[list[ast.AST], dict[str, ast.AST]]:
    """What belongs to a class wherever it is used, and its methods, which have to be used themselves.

    Python itself calls a method with two underscores; a library calls one of a class with a base of its own;
    pytest calls its hooks by their names.
    """
    bases = [
        base.id if isinstance(base, ast.Name) else "?" for base in node.bases
    ]
    of_library = any(
        base not in known and not hasattr(builtins, base) for base in bases
    )
    own: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list]
    methods: dict[str, ast.AST] = {}
    for inner in node.body:
        is_method = isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
        name = getattr(inner, "name", "")
        called_by_name = DUNDER.fullmatch(name) or name.startswith("pytest_")
        if is_method and not called_by_name and not of_library:
            methods[name] = inner
        else:
            own.append(inner)
    return own, methods


def is_registered(node: ast.AST) -> bool:
    """Whether a decorator that is called, such as `@app.command()`, hands it to somebody."""
    decorators = getattr(node, "decorator_list", [])
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
        for one in decorators
    )


def outside_uses() -> Uses:
    """What the exercises, the templates and the installed command use."""
    found = Uses(names={("cli", "main")})
    for path in (ROOT / "reference").rglob("*.py"):
        module = Module("", ast.parse(path.read_text(encoding="utf-8")))
        found.add(module.uses([module.tree]))
        found.names |= set(module.imports.values())
    for path in [
        *(ROOT / "templates").glob("*.html"),
        *(ROOT / "reference").rglob("*.toml"),
    ]:
        found.attributes |= set(
            re.findall(r"\w+", path.read_text(encoding="utf-8"))
        )
    return found


def unreachable() -> list[str]:
    """What nothing uses, as "module.name" or "module.Class.method"."""
    known = modules()
    classes = {"Protocol", "NamedTuple", "TypedDict", "Enum"}
    for module in known.values():
        classes |= {
            name
            for name, node in module.definitions()
            if isinstance(node, ast.ClassDef)
        }
    names: dict[tuple[str, str], Uses] = {}
    methods: dict[str, tuple[str, str, Uses]] = {}
    used = outside_uses()
    for module in known.values():
        defined = dict(module.definitions())
        for name, node in defined.items():
            parts: list[ast.AST] = [node]
            if isinstance(node, ast.ClassDef):
                parts, own_methods = split_class(node, classes)
                for method, body in own_methods.items():
                    methods[f"{module.name}.{name}.{method}"] = (
                        name,
                        method,
                        module.uses([body]),
                    )
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                parts = [node.value] if node.value else []
            names[module.name, name] = module.uses(parts)
            if is_registered(node) or DUNDER.fullmatch(name):
                used.add(module.uses([node]))
                used.names.add((module.name, name))
        others = [
            node for node in module.tree.body if node not in defined.values()
        ]
        used.add(
            module.uses(
                node
                for node in others
                if not isinstance(node, ast.Import | ast.ImportFrom)
            )
        )
        for local, imported in module.imports.items():
            names.setdefault((module.name, local), Uses(names={imported}))
    reach(used, names, methods)
    imported = {
        (module.name, local)
        for module in known.values()
        for local in module.imports
    }
    left = [
        f"{module}.{name}"
        for module, name in names.keys() - imported - used.names
    ]
    left += [
        path
        for path, (_, method, _) in methods.items()
        if method not in used.attributes
    ]
    return sorted(left)


def reach(
    used: Uses,
    names: dict[tuple[str, str], Uses],
    methods: dict[str, tuple[str, str, Uses]],
) -> None:
    """Add to `used` what the used definitions use, until there is nothing more."""
    names, methods = dict(names), dict(methods)
    while True:
        found = [names.pop(name) for name in used.names & names.keys()]
        called = [
            path
            for path, (_, method, _) in methods.items()
            if method in used.attributes
        ]
        found += [methods.pop(path)[2] for path in called]
        if not found:
            return
        for uses in found:
            used.add(uses)


def test_nothing_is_written_for_nobody() -> None:
    assert unreachable() == []
