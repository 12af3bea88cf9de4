"""What the statement that raised must show for each slip: one function per slip, and the table of them."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Callable, Mapping, Sequence, Set

import torch
from torch import Tensor

from grader.diagnosis.slips.stop import Stop, called, lines_with

Facts = Mapping[str, str]

# As ratios of difflib: `b` and `b1` are alike, `hidden` and `s1` are not.
_ALIKE = 0.65
_ATTRIBUTE_ALIKE = 0.74
# names by which modules are known
_MODULES = {
    "torch", "math", "np", "numpy", "nn", "F", "functional", "optim", "random", "plt", "time", "tqdm",
    "datasets", "torchvision", "sys", "os",
}  # fmt: skip
# calls that need the truth of what they are given
_ASKS_FOR_TRUTH = {
    "bool",
    "int",
    "max",
    "min",
    "sorted",
    "any",
    "all",
    "filter",
}
_MAKES_A_NUMBER = {"float", "int", "item", "range", "round", "format"}


def _reads(stop: Stop, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name for node in stop.nodes
    )


def _is_bound_nowhere(stop: Stop, name: str) -> bool:
    """Whether the statement reads a name that nothing in the file binds."""
    binds = stop.evidence.binds
    if binds is None or stop.within or not _reads(stop, name):
        return False
    return name not in binds and name not in stop.evidence.signatures


def _missing_import(stop: Stop, facts: Facts) -> Facts | None:
    name = facts["undefined"]
    if name not in _MODULES or not _is_bound_nowhere(stop, name):
        return None
    for node in stop.nodes:
        if isinstance(node, ast.Attribute):
            owner = node.value
            if isinstance(owner, ast.Name) and owner.id == name:
                return {}
    return None


def _misspelt_name(stop: Stop, facts: Facts) -> Facts | None:
    name = facts["undefined"]
    if not _is_bound_nowhere(stop, name):
        return None
    known = {*stop.own_names, *(stop.evidence.binds or ()), *vars(builtins)}
    meant = nearest(name, known - {name}, _ALIKE)
    return {"meant": "`, `".join(meant)} if meant else None


def _undefined_name(stop: Stop, facts: Facts) -> Facts | None:
    return {} if _is_bound_nowhere(stop, facts["undefined"]) else None


def _unbound_local(stop: Stop, facts: Facts) -> Facts | None:
    name = facts["unassigned"]
    is_local = name in stop.own_names and bool(lines_with(stop, name))
    if not is_local or name in stop.evidence.shadows:
        return None
    return {}


def _caret(stop: Stop, _: Facts) -> Facts | None:
    for node in stop.of(ast.BinOp, ast.AugAssign):
        if isinstance(getattr(node, "op", None), ast.BitXor):
            return {}
    return None


def _cuda(stop: Stop, _: Facts) -> Facts | None:
    if stop.calls_by({"cuda", "to"}):
        return {}
    for node in stop.of(ast.Constant, ast.keyword):
        text = getattr(node, "value", None)
        if isinstance(text, str) and text.startswith("cuda"):
            return {}
        if isinstance(node, ast.keyword) and node.arg == "device":
            return {}
    return None


def _argument_count(stop: Stop, facts: Facts) -> Facts | None:
    if stop.within:
        return None
    return {} if stop.calls_by({facts["callee"]}) else None


def _call_order(stop: Stop, _: Facts) -> Facts | None:
    for call in stop.calls:
        callee = called(call)
        parameters = stop.evidence.signatures.get(callee)
        if parameters is not None and _are_permuted(call, parameters):
            return {"callee": callee}
    return None


def _are_permuted(call: ast.Call, parameters: Sequence[str]) -> bool:
    """Whether names of parameters are handed over, several of them, each at another's place."""
    if call.keywords or len(call.args) != len(parameters):
        return False
    displaced = 0
    for argument, parameter in zip(call.args, parameters, strict=True):
        if not isinstance(argument, ast.Name):
            continue
        if argument.id == parameter:
            return False
        displaced += argument.id in parameters
    return displaced > 1


def _missing_parentheses(stop: Stop, _: Facts) -> Facts | None:
    called = {id(call.func) for call in stop.calls}
    for node in stop.of(ast.Attribute):
        if not isinstance(node, ast.Attribute) or id(node) in called:
            continue
        if callable(getattr(Tensor, node.attr, None)):
            return {"method": node.attr}
    return None


def _value_hides_function(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    hidden = stop.own_names & set(stop.evidence.signatures)
    for call in stop.calls:
        if isinstance(call.func, ast.Name) and call.func.id in hidden:
            return {"called": call.func.id}
    return None


def _missing_operator(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    for call in stop.calls:
        if isinstance(call.func, ast.Constant):
            return {"called": str(call.func.value)}
        if not isinstance(call.func, ast.Name):
            continue
        name = call.func.id
        if name in stop.own_names and name not in stop.evidence.shadows:
            return {"called": name}
    return None


def _numpy(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    for node in ast.walk(stop.tree):
        if isinstance(node, ast.Name) and node.id in ("np", "numpy"):
            return {}
        if isinstance(node, ast.Attribute) and node.attr == "numpy":
            return {}
    return None


def _calls_it(stop: Stop, facts: Facts) -> Facts | None:
    if stop.within or not stop.calls_by({facts["callee"]}):
        return None
    return {}


def _here(stop: Stop, _: Facts) -> Facts | None:
    """The exception itself says all that the texts say: here, or in what is called here."""
    return {} if stop.nodes else None


def _asks_attribute(stop: Stop, facts: Facts) -> Facts | None:
    if stop.within:
        return None
    for node in stop.of(ast.Attribute):
        if getattr(node, "attr", None) == facts["attribute"]:
            return {}
    return None


def _misspelt_attribute(stop: Stop, facts: Facts) -> Facts | None:
    if _asks_attribute(stop, facts) is None:
        return None
    owner = torch if facts["owner"] == "torch" else Tensor
    public = {name for name in dir(owner) if not name.startswith("_")}
    meant = nearest(facts["attribute"], public, _ATTRIBUTE_ALIKE)
    return {"meant": meant[0]} if meant else None


def _indexes(stop: Stop, _: Facts) -> Facts | None:
    return {} if any(stop.of(ast.Subscript)) and not stop.within else None


def _names_dimension(stop: Stop, facts: Facts) -> Facts | None:
    if stop.within:
        return None
    wanted = int(facts["dimension"])
    for call in stop.calls:
        given = [*call.args]
        for keyword in call.keywords:
            given.append(keyword.value)
        if any(_number(value) == wanted for value in given):
            return {}
    return None


def _number(value: ast.expr) -> int | None:
    try:
        number = ast.literal_eval(value)
    except ValueError:
        return None
    return number if type(number) is int else None


def _makes_a_number(stop: Stop, _: Facts) -> Facts | None:
    if stop.within or not stop.calls_by(_MAKES_A_NUMBER):
        return None
    return {}


def _needs_truth(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    conditions = (
        ast.If,
        ast.While,
        ast.IfExp,
        ast.Assert,
        ast.BoolOp,
        ast.Not,
    )
    asks = any(stop.of(*conditions)) or stop.calls_by(_ASKS_FOR_TRUTH)
    for node in stop.of(ast.Compare):
        operators = getattr(node, "ops", ())
        # `a < b < c`, and membership, ask for the truth of each comparison
        is_in = any(isinstance(one, ast.In | ast.NotIn) for one in operators)
        asks = asks or is_in or len(operators) > 1
    return {} if asks else None


def _operates(stop: Stop, _: Facts) -> Facts | None:
    operates = any(stop.of(ast.BinOp, ast.AugAssign))
    return {} if operates and not stop.within else None


def _unpacks(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    for node in stop.of(ast.Tuple, ast.List):
        if isinstance(getattr(node, "ctx", None), ast.Store):
            return {}
    return None


def _calls_itself(stop: Stop, _: Facts) -> Facts | None:
    name = stop.tree.name
    return {"callee": name} if stop.calls_by({name}) else None


def _none_value(stop: Stop, _: Facts) -> Facts | None:
    if stop.within:
        return None
    return {} if any(stop.of(ast.Call, ast.Name)) else None


CONFIRMS: Mapping[str, Callable[[Stop, Facts], Facts | None]] = {
    "missing-import": _missing_import,
    "misspelt-name": _misspelt_name,
    "undefined-name": _undefined_name,
    "unbound-local": _unbound_local,
    "caret-for-power": _caret,
    "cuda-device": _cuda,
    "argument-count": _argument_count,
    "call-order": _call_order,
    "missing-parentheses": _missing_parentheses,
    "value-hides-function": _value_hides_function,
    "missing-operator": _missing_operator,
    "numpy-for-torch": _numpy,
    "tensor-needed": _calls_it,
    "none-value": _none_value,
    "misspelt-attribute": _misspelt_attribute,
    "no-such-attribute": _asks_attribute,
    "index-of-number": _indexes,
    "no-such-dimension": _names_dimension,
    "number-of-a-vector": _makes_a_number,
    "truth-of-a-vector": _needs_truth,
    "integer-tensor": _here,
    "mixed-types": _here,
    "index-out-of-range": _indexes,
    "unfit-operands": _operates,
    "unpacking-count": _unpacks,
    "endless-recursion": _calls_itself,
}


def nearest(name: str, known: Set[str], alike: float) -> list[str]:
    """The known names most like this one, all that are equally like it, two at most."""
    near = difflib.get_close_matches(name, sorted(known), 3, alike)
    ratios = {}
    for other in near:
        # two letters that have changed places are the commonest slip
        is_permuted = sorted(other) == sorted(name)
        ratio = difflib.SequenceMatcher(None, other, name).ratio()
        ratios[other] = 1.0 if is_permuted else ratio
    best = max(ratios.values(), default=0.0)
    return sorted(other for other in near if ratios[other] == best)[:2]
