"""A slip is named where every call stopped for it, and the statement that raised shows it."""

from __future__ import annotations

import pytest
import torch
from inprocess import Here

from grader.diagnosis.observation import Evidence
from grader.diagnosis.slips import slip_of

X, Y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, -1.0, 2.0])
SHOWN = {
    "misspelt-name": ["return x + yy", "z = [x * wx for w in y]\n    return z"],
    "undefined-name": ["return x + quite_another"],
    "missing-import": ["return np.tanh(x)", "return math.pi * x"],
    "unbound-local": ["s += x\n    return s", "s = s + x\n    return s"],
    "caret-for-power": ["return x^2", "z = x - y\n    z ^= 2\n    return z"],
    "missing-operator": ["return 2(x - y)", "return x(x - y)"],
    "missing-parentheses": ["return x.t @ y", "return x.size[0]", "return x * y.sum"],
    "none-value": ["return x * print(y)", "return print(x).sum()"],
    "misspelt-attribute": ["return torch.tahn(x)", "return x.summ()"],
    "no-such-attribute": ["return [x, y].backwards()", "return x.quite_another()"],
    "index-of-number": ["return x.sum().data[0]", "return (x * y).sum()[0]"],
    "no-such-dimension": ["return x.sum(dim=1)", "return x.sum(1)", "return x.size(1) * y"],
    "number-of-a-vector": ["return x.item()", "return float(x)"],
    "truth-of-a-vector": ["if x != y:\n        return x", "return x if x == y else y", "return max(x, y)"],
    "integer-tensor": ["return x.long().mean()", "return torch.zeros(3).long().add_(x)"],
    "mixed-types": ["return torch.ones(3, 3) @ x.double()"],
    "unpacking-count": ["a, b = x\n    return a", "a, b, c, d = x\n    return a"],
    "index-out-of-range": ["return x[3]", "return [x[i] for i in range(4)]"],
    "unfit-operands": ["return 'loss' - x.sum().item()"],
    "tensor-needed": ["return torch.tanh(0.5)", "return torch.tanh(x.tolist())"],
    "endless-recursion": ["return f(x, y)"],
    "argument-count": ["return g(x)", "return g(x, y, 1)", "return g(x, z=y)"],
    "call-order": ["return h(b, a, x)"],
}  # fmt: skip
FILE = """
def g(v, t):
    return v - t
def h(a, b, c):
    return a.mv(c) + b
a, b = torch.ones(3, 3), torch.ones(3)
"""
# Python warns of what is called and cannot be
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")
CASES = [(id_, body) for id_, bodies in SHOWN.items() for body in bodies]


def slip(body: str, rows=((X, Y), (X + 1, Y))):
    text = f"def f(x, y):\n    {body}\n"
    prober = Here(FILE + "\n" * 10 + text, {"torch": torch})
    first = (FILE + "\n" * 10).count("\n") + 1
    evidence = Evidence(
        source=text,
        first_line=first,
        binds=("torch", "g", "h", "f", "a", "b"),
        signatures={"g": ("v", "t"), "h": ("a", "b", "c"), "f": ("x", "y")},
    )
    outcomes = prober.calls("f", rows)
    return slip_of(evidence, outcomes, ("x", "y")), first


@pytest.mark.parametrize(("id_", "body"), CASES)
def test_a_slip_is_named_at_its_line(id_, body):
    found, first = slip(body)
    assert found is not None
    assert found[0] == id_
    assert first < found[1].line <= first + body.count("\n") + 1


RIGHT_OR_OTHER = [
    "return x + y",
    "raise ValueError('too many values to unpack (expected 2)')",
    "raise NameError(\"name 'oops' is not defined\")",
    "raise TypeError(\"'NoneType' object\" + ' is not')",
    "raise RuntimeError('Boolean value of Tensor with more than one value is ambiguous')",
    "return x + torch.ones(4)",
    "return torch.ones(2, 2).mv(x)",
]


@pytest.mark.parametrize("body", RIGHT_OR_OTHER)
def test_an_exception_alone_is_no_evidence(body):
    found, _ = slip(body)
    assert found is None


def test_one_call_that_returns_tells_against_a_slip():
    found, _ = slip("return x.item()", [(X, Y), (torch.ones(1), Y)])
    assert found is None


def test_a_name_that_the_file_may_bind_is_no_slip():
    text = "def f(x, y):\n    return x + scale\n"
    prober = Here(text, {"torch": torch})
    outcomes = prober.calls("f", [(X, Y)])
    for binds in (("scale",), None):
        evidence = Evidence(source=text, binds=binds)
        assert slip_of(evidence, outcomes, ("x", "y")) is None


def test_a_def_with_too_few_parameters():
    text = "def f(x):\n    return x\n"
    outcomes = Here(text, {}).calls("f", [(X, Y)])
    found = slip_of(Evidence(source=text), outcomes, ("x", "y"))
    assert found is not None and found[0] == "parameter-count"
