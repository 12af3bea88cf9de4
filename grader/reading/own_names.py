"""What a submission calls the required functions: as the hand-out does, or by an obvious variant of the name.

A variant differs in case or underscores, or the exercise lists it. For a derivative, it may also say in
another way that it is one (`sigma_prime`, `grad_loss`). A variant is taken only if the file binds the
hand-out's own name to no function, and if it alone takes the right number of arguments.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.reading.own_files import OwnFiles
from grader.reading.statements import File
from grader.reading.trees import (
    LOOPS,
    Function,
    binder_of,
    function_of,
    kind_of,
    parameters,
)

# what stands before or after the name of a function for its derivative: "" where nothing does
_AFFIXES = (
    ("d", ""),
    ("grad", ""),
    ("gradof", ""),
    ("gradient", ""),
    ("gradientof", ""),
    ("deriv", ""),
    ("derivof", ""),
    ("derivative", ""),
    ("derivativeof", ""),
    ("", "prime"),
    ("", "grad"),
    ("", "gradient"),
    ("", "deriv"),
    ("", "derivative"),
)
# what an assignment may give a name that is surely no function
_VALUES = (
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Subscript,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Set,
    ast.ListComp,
)


Functions = Mapping[str, Function]  # the file's own, by name


@dataclass(frozen=True)
class Expected:
    """A required function: how many positional arguments it takes, and what else it may be called.

    derivative_of: the required function whose derivative it is.
    """

    least: int
    most: int
    also: Sequence[str] = ()
    derivative_of: str | None = None


@dataclass(frozen=True)
class OwnNames:
    """What a file calls the required functions.

    names: required name -> the student's, where that is another. unclear: required name -> one sentence on
    why none of the file's variants is taken.
    """

    names: Mapping[str, str]
    unclear: Mapping[str, str]


def own_names(
    expected: Mapping[str, Expected],
    file: File,
    handed_in: OwnFiles | None = None,
    imported: Iterable[File] = (),
) -> OwnNames:
    """What the file calls the functions.

    expected: all required functions; empty where names are strict. handed_in: the modules beside the file.
    imported: those of them that it leads to, the nearest ones first.
    """
    handed_in = handed_in or OwnFiles()
    functions = _functions(file)
    for module in imported:
        for name, function in _functions(module).items():
            functions.setdefault(name, function)
    names: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for name, wanted in expected.items():
        variants = _variants(name, expected, functions)
        if not variants or _is_defined(name, variants, file, handed_in):
            continue
        usable = []
        for own in variants:
            if _takes(functions[own], wanted):
                usable.append(own)
        if len(usable) == 1:
            names[name] = usable[0]
        else:
            unclear[name] = _why_none(
                name, wanted, variants, usable, functions
            )
    # a function that could be two of them is neither
    taken = Counter(names.values())
    for name, own in list(names.items()):
        if taken[own] > 1:
            del names[name]
    return OwnNames(names, unclear)


def _functions(file: File) -> dict[str, Function]:
    """The functions that the file defines at its top level, by name; the last definition stands."""
    functions: dict[str, Function] = {}
    for statement in file.statements:
        for name in statement.binds:
            functions.pop(name, None)
            tree = binder_of(statement.tree, name)
            function = function_of(tree)
            if function is not None:
                functions[name] = function
    return functions


def _variants(
    name: str, expected: Mapping[str, Expected], functions: Functions
) -> list[str]:
    """The file's functions whose names are variants of a required one."""
    spellings = set(_spellings(name, expected))
    variants = []
    for own in functions:
        if own not in expected and _plain(own) in spellings:
            variants.append(own)
    return variants


def _spellings(name: str, expected: Mapping[str, Expected]) -> Iterator[str]:
    """All that a required function may be called, without case and underscores."""
    wanted = expected[name]
    yield _plain(name)
    yield from map(_plain, wanted.also)
    if wanted.derivative_of is not None:
        for spelling in _spellings(wanted.derivative_of, expected):
            for before, after in _AFFIXES:
                yield f"{before}{spelling}{after}"


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _is_defined(
    name: str, variants: Sequence[str], file: File, handed_in: OwnFiles
) -> bool:
    """Whether the file itself binds a required name to what may be a function."""
    for statement in file.statements:
        if name not in statement.binds:
            continue
        tree = binder_of(statement.tree, name)
        if _is_value(tree, variants) or _is_import_in_vain(tree, handed_in):
            continue
        return True
    return any(broken.defines(name) for broken in file.broken)


def _is_import_in_vain(tree: ast.stmt, handed_in: OwnFiles) -> bool:
    """Whether it imports from a module that is neither here nor handed in: that binds nothing."""
    if (
        not isinstance(tree, ast.ImportFrom)
        or tree.level
        or tree.module is None
    ):
        return False
    if handed_in.resolve(tree.module) is not None:
        return False
    # of a package only: to look for a module within it would import it
    package = tree.module.partition(".")[0]
    if package in sys.modules or package in handed_in.standins:
        return False
    return importlib.util.find_spec(package) is None


def _is_value(tree: ast.stmt, variants: Sequence[str]) -> bool:
    """Whether a statement surely binds no function, as `loss = 0` and `loss = my_loss(v, t)`."""
    if isinstance(tree, (*LOOPS, ast.AugAssign)):
        return True
    if kind_of(tree) != "assignment":
        return False
    value = getattr(tree, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in variants
    return isinstance(value, _VALUES)


def _takes(function: Function, wanted: Expected) -> bool:
    """Whether a function can be called with a number of positional arguments that is wanted."""
    arguments = function.args
    if None in arguments.kw_defaults:
        # one of them must be given by its name
        return False
    most = len(parameters(function))
    least = most - len(arguments.defaults)
    if least > wanted.most:
        return False
    return most >= wanted.least or arguments.vararg is not None


def _why_none(
    name: str,
    wanted: Expected,
    variants: Sequence[str],
    usable: Sequence[str],
    functions: Functions,
) -> str:
    if usable:
        listed = " and ".join(f"`{own}`" for own in sorted(usable))
        return f"The file never defines `{name}`; it defines {listed}: call the one that is meant `{name}`."
    own = variants[0]
    count = len(parameters(functions[own]))
    return (
        f"The file never defines `{name}`; it defines `{own}`, whose number of parameters is {count} and not "
        f"{wanted.least}."
    )
