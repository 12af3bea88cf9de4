"""Submissions whose functions return, or leave in their arguments, values of any kind.

Each function computes what is right, and something is then done to a part of it: another dtype, layout, size
or type, or something that is no tensor at all. What is done is an expression in `v`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from hypothesis import strategies as st

from grader.intake.submission import Submission

DTYPES = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "bool",
    "complex32",
    "complex64",
    "complex128",
)
# Where v is a tensor, these are too.
TENSORS = (
    "v.to_sparse()",
    "v.to_sparse().coalesce().to_sparse_csr()",
    "torch.quantize_per_tensor(v.float(), 0.1, 0, torch.qint8)",
    "torch.nested.nested_tensor([v, v])",
    "v.to('meta')",
    "v.to_mkldnn()",
    "v.clone().requires_grad_()",
    "torch.nn.Parameter(v)",
    "v.as_subclass(Own)",
    "(v + 0j).conj()",
    "torch.complex(v, v).imag",
    "v.unsqueeze(0)",
    "v.unsqueeze(-1)",
    "v.reshape((1,) * 7 + tuple(v.shape))",
    "v.reshape(-1)",
    "v.flip(0)",
    "v.sum()",
    "v[:0]",
    "v[..., None].expand(*v.shape, 3)",
    "torch.cat([v, v])",
    "v[:-1]",
    "v[1]",
    "v * float('nan')",
    "v * float('inf')",
    "v * -1e38",
    "v.double() * 1e300",
    "v * 1e-320",
    "v * 0",
    "-v",
    "torch.empty(0)",
    "torch.empty(0, 3)",
    "torch.empty(3, 0, 2)",
    "torch.zeros(1000, 1000)",
    "torch.zeros(1).expand(3, 10**9)",
    "torch.zeros((1,) * 12)",
    "torch.tensor(0.5)",
    "torch.tensor(True)",
    "torch.tensor(2**62)",
    "torch.tensor([])",
)
VALUES = (
    "None",
    "True",
    "0",
    "-7",
    "2**62",
    "10**30",
    "0.5",
    "float('nan')",
    "float('-inf')",
    "1j",
    "complex('nan')",
    "''",
    "'0.5'",
    "'\\ud800 \\x00 \\x1b[31m <b>'",
    "b'bytes'",
    "...",
    "object()",
    "Own",
    "print",
    "{}",
    "{'v': v, 3: v, None: 0.5}",
    "set()",
    "range(3)",
    "iter([v])",
    "[]",
    "()",
    "(v,)",
    "[v]",
    "(v, v)",
    "[[v], [v, [v]]]",
    "[0.5] * 3000",
    "deep(40)",
    "Text('text')",
    "Number(0.5)",
    "List([v])",
    "Pair(v, v)",
    "numpy.float32(0.5)",
    "numpy.bool_(True)",
    "numpy.datetime64('2026-01-01')",
    "numpy.array(None)",
    "numpy.array(['a'])",
    "numpy.array(0.5)",
    "numpy.ma.masked",
    "Exception('text')",
    "torch.float32",
    "torch.Size([3])",
)
OF_TENSORS = (
    "v.tolist()",
    "v.numpy()",
    "v.item()",
    "float(v.sum())",
    "complex(v.sum())",
    "tuple(v)",
    "list(v)",
    "str(v)",
    "dict(enumerate(v))",
)

CODE = '''
import collections
import numpy
import torch

class Own(torch.Tensor): pass
class Text(str): pass
class Number(float): pass
class List(list): pass
Pair = collections.namedtuple("Pair", "a b")

def deep(depth):
    return [] if depth == 0 else [deep(depth - 1)]

def done(change, value, path):
    """The value with something done to the part at this path; as it is where that cannot be."""
    try:
        if not path:
            return change(value)
        place, *rest = path
        parts = list(value)
        parts[place] = done(change, parts[place], rest)
        return tuple(parts) if isinstance(value, tuple) else parts
    except Exception:
        return value

def right_sigma(x):
    return torch.tanh(x)

def right_dsigma(x):
    return 1 - torch.tanh(x).pow(2)

def right_loss(v, t):
    return (v - t).pow(2).sum()

def right_dloss(v, t):
    return 2 * (v - t)

def right_forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    return x, s1, x1, s2, sigma(s2)

def right_backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    a = dsigma(s2) * dloss(x2, t)
    b = dsigma(s1) * w2.t().mv(a)
    g3.add_(torch.outer(a, x1))
    g4.add_(a)
    g1.add_(torch.outer(b, x))
    g2.add_(b)

def right_train(a, t, c, u, nb_hidden=50, nb_steps=1000):
    t = 0.9 * t
    n, m = a.shape[1], t.shape[1]
    shapes = (nb_hidden, n), (nb_hidden,), (m, nb_hidden), (m,)
    p = [torch.empty(s).normal_(0, 1e-6) for s in shapes]
    h = []
    for _ in range(nb_steps):
        g = [torch.zeros_like(q) for q in p]
        total = wrong = 0
        for x, y in zip(a, t):
            q = forward_pass(*p, x)
            backward_pass(*p, y, *q, *g)
            total += loss(q[-1], y).item()
            wrong += (q[-1].argmax() != y.argmax()).item()
        rest = sum((forward_pass(*p, x)[-1].argmax() != y.argmax()).item() for x, y in zip(c, u))
        h.append((total, wrong / len(a), rest / len(c)))
        for q, d in zip(p, g):
            q.sub_(0.1 / len(a) * d)
    return tuple(p), h
'''
PARAMETERS = {
    "sigma": "x",
    "dsigma": "x",
    "loss": "v, t",
    "dloss": "v, t",
    "forward_pass": "w1, b1, w2, b2, x",
    "backward_pass": "w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2",
    "train": "train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000",
}
# How the parts of what a function returns are reached, by index; the first is all of it.
PATHS: dict[str, list[tuple[int, ...]]] = {
    "forward_pass": [(), (0,), (1,), (2,), (3,), (4,)],
    "train": [
        (),
        (0,),
        (0, 0),
        (0, 1),
        (0, 3),
        (1,),
        (1, 0),
        (1, -1),
        (1, 0, 0),
        (1, -1, 1),
        (1, -1, 2),
    ],
}


@dataclass(frozen=True)
class Hostile:
    """What is done to what one function returns at `path`, or else to one of its arguments in place.

    argument: the name of a parameter; empty where it is done to what is returned.
    """

    function: str
    expression: str
    path: tuple[int, ...] = ()
    argument: str = ""

    def text(self) -> str:
        """The function's definition."""
        parameters = PARAMETERS[self.function]
        names = [each.split("=")[0].strip() for each in parameters.split(",")]
        change = f"lambda v: {self.expression}"
        if self.argument:
            change = f"lambda v: setattr(v, 'data', {self.expression})"
        value = self.argument or "value"
        text = f"""
            def {self.function}({parameters}):
                value = right_{self.function}({", ".join(names)})
                changed = done({change}, {value}, {list(self.path)})
                return {"value" if self.argument else "changed"}
        """
        return textwrap.dedent(text)


def expressions() -> st.SearchStrategy[str]:
    """Expressions in v, a tensor: one of the above, or one of what another one gives."""
    casts = st.sampled_from(DTYPES).map(lambda name: f"v.to(torch.{name})")
    tensors = st.one_of(casts, st.sampled_from(TENSORS))
    values = st.sampled_from(VALUES + OF_TENSORS)
    simple = st.one_of(tensors, tensors, values)
    nested = st.tuples(simple, tensors).map(
        lambda two: f"(lambda v: {two[0]})({two[1]})"
    )
    return st.one_of(simple, nested)


@st.composite
def of_function(draw: st.DrawFn, function: str) -> Hostile:
    """Something hostile in one function."""
    expression = draw(expressions())
    names = PARAMETERS[function].split(", ")
    in_place = draw(st.integers(0, 3)) == 0 or function == "backward_pass"
    if in_place:
        names = [name for name in names if "=" not in name]
        return Hostile(function, expression, (), draw(st.sampled_from(names)))
    path = draw(st.sampled_from(PATHS.get(function, [()])))
    return Hostile(function, expression, path)


@st.composite
def hostiles(draw: st.DrawFn) -> list[Hostile]:
    """Something hostile in one or several functions, in the exercise's order."""
    # mostly one or two: a check is skipped where another one has failed
    most = draw(st.sampled_from([1, 1, 1, 2, 2, 3, 7]))
    names = st.sampled_from(list(PARAMETERS))
    functions = draw(st.sets(names, min_size=1, max_size=most))
    found = []
    for function in PARAMETERS:
        if function in functions:
            found.append(draw(of_function(function)))
    return found


def submission(hostile: list[Hostile]) -> Submission:
    """A submission with these functions; the others are right."""
    own = {one.function: one.text() for one in hostile}
    text = CODE
    for function, parameters in PARAMETERS.items():
        names = [each.split("=")[0] for each in parameters.split(", ")]
        right = f"\ndef {function}({parameters}):\n    return right_{function}({', '.join(names)})\n"
        text += own.get(function, right)
    return Submission(
        "hostile", "Hostile", "hostile.py", text.encode(), ("hostile.py",)
    )
