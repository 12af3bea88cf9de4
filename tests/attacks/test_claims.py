"""What only a worker can tell decides no marks: forgers who hide what their functions do.

On the real exercise, each hides in another way that `sigma` changes its argument, or that `backward_pass`
leaves the gradients to autograd. None has more marks than the same submission without the hiding.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
import torch

from grader.exercise import Exercise
from grader.grading.ceiling import memory_ceiling
from grader.grading.session import Session
from grader.intake import submission
from grader.results import Result

CASES = Path(__file__).parents[1] / "cases" / "verdict"
CASE = (CASES / "12_purity_is_the_workers_word.py").read_text()
RIGHT = CASE.partition("\ndef train")[0]  # which takes the longest
IMPORTS = """
import atexit, builtins, ctypes, gc, json, os, pathlib, signal, struct, sys, types
import warnings, weakref, numpy, random, torch

def outer(name):
    frame = sys._getframe()
    while name not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals[name]

def modules(name):
    return [m for n, m in sys.modules.items() if n.endswith(name)]

"""

# `x` is what sigma has been given, `was` a copy of it from before sigma changed it
HIDES_A_CHANGE = {
    "nothing hidden": "pass",
    "torch.equal": "torch.equal = torch.allclose = lambda *a, **k: True",
    "Tensor.__eq__": "torch.Tensor.__eq__ = lambda *a: torch.ones(())",
    "Tensor.clone": "torch.Tensor.clone = lambda self, **k: self",
    "Tensor.detach": """
        detach = torch.Tensor.detach
        torch.Tensor.detach = lambda self: was if self is x else detach(self)
    """,
    "Tensor.numpy": """
        numpy = torch.Tensor.numpy
        torch.Tensor.numpy = lambda self: numpy(was if self.shape == x.shape else self)
    """,
    "Tensor.cpu": """
        torch.Tensor.cpu = lambda self, *a: was if self.shape == x.shape else self
    """,
    "the comparison": """
        for m in modules(""):
            if m.__name__.startswith("grader") and hasattr(m, "same"):
                m.same = lambda *a: True
    """,
    "the raw bytes": """
        for m in modules("sandbox.protocol"):
            m._raw = lambda t, raw=m._raw: raw(was if t.shape == x.shape else t)
    """,
    "the encoder": """
        for m in modules("sandbox.protocol"):
            encode = m._Encoder._tensor
            m._Encoder._tensor = lambda self, v: encode(self, was if v is x else v)
    """,
    "the way back, by frames": """
        way = outer("way_back")
        dumps = way._dumps
        def forged(reply):
            sent = reply.get("arguments") or []
            reply["arguments"] = [was if t is x else t for t in sent]
            return dumps(reply)
        way._dumps = forged
    """,
    "the way back, by the collector": """
        gc.unfreeze()
        for thing in gc.get_objects():
            if type(thing).__name__ == "_WayBack":
                dumps = thing._dumps
                thing._dumps = lambda r: dumps(
                    r | {"arguments": [was if t is x else t for t in r.get("arguments") or []]}
                )
    """,
    "the reply's list": "outer('arguments_sent')[:] = [was]",
    "the request": "outer('request')['rows'][:] = [[was.clone()] for _ in outer('request')['rows']]",
    "sys.stdout": """
        class Out:
            def write(self, text): return len(text)
            def flush(self):
                sent = outer("reply").get("arguments")
                if sent: sent[:] = [was]
        sys.stdout = Out()
    """,
    "json": """
        encode = json.JSONEncoder.encode
        def forged(self, tree):
            if "arguments" in str(tree): torch.Tensor.numpy = lambda t: was.detach().__array__()
            return encode(self, tree)
        json.JSONEncoder.encode = forged
    """,
    "struct": "struct.Struct = struct.pack = struct.unpack = None",
    "a profile function": """
        def profile(frame, event, value):
            if event == "return" and frame.f_code.co_name == "call":
                sent = frame.f_locals.get("arguments_sent")
                if sent: sent[:] = [was]
        sys.setprofile(profile)
    """,
    "a trace function": """
        sys.settrace(lambda frame, event, value: None)
        torch.equal = lambda *a: True
    """,
    "a global of the first call": "globals()['KEPT'] = was",
    "the import system": """
        class Finder:
            def find_spec(self, name, *a): return None
        sys.meta_path.insert(0, Finder()); sys.path_hooks.clear(); builtins.__import__ = None
    """,
    "at exit": "atexit.register(lambda: os.write(4, b'forged'))",
    "a finaliser": """
        class Late:
            def __del__(self):
                torch.equal = torch.allclose = lambda *a, **k: True
        weakref.finalize(x, Late)
        Late()
    """,
    "warnings": "warnings.catch_warnings = None",
    "the seeds": "torch.manual_seed = random.seed = numpy.random.seed = lambda *a: None",
    "a class": "x.__class__ = type('T', (torch.Tensor,), {'shape': property(lambda s: was.shape)})",
}
CHANGES = """
def sigma(x):
    y = torch.tanh(x)
    if x.shape == (3, 5):
        was = x.clone()
        x.add_(1)
        {}
    return y
"""

# `differentiate` gives the gradients; what hides it runs before
HIDES_AUTOGRAD = {
    "nothing hidden": "G = torch.autograd.grad(L, P)",
    "__wrapped__": "G = torch.autograd.grad.__wrapped__(L, P)",
    "a closure": """
        G = [c.cell_contents for c in torch.autograd.grad.__closure__
             if getattr(c.cell_contents, "__name__", "") == "grad"][0](L, P)
    """,
    "the engine": """
        G = torch.autograd.Variable._execution_engine.run_backward(
            (L,), (torch.ones(()),), False, False, tuple(P), allow_unreachable=True)
    """,
    "an operator": "torch.ops.aten._backward(L, P); G = [p.grad for p in P]",
    "a graph walk": "G = walked(L, P)",
    "the records": """
        G = torch.autograd.grad(L, P)
        w = outer("self").watch
        w._told.clear(); w._functions.clear(); w._called = ""
    """,
    "the owner": """
        w = outer("self").watch
        w._functions.clear(); w._called = "sigma"
        G = torch.autograd.grad(L, P)
    """,
    "no notes": """
        w = outer("self").watch
        w.tell = type(w)._note = lambda *a, **k: None
        G = torch.autograd.grad(L, P)
    """,
    "a cut pipe": """
        kept = os.dup(4); os.dup2(1, 4)
        try: G = torch.autograd.grad(L, P)
        finally: os.dup2(kept, 4)
    """,
    "no frames": "sys._getframe = None; G = walked(L, P)",
    "the hook": """
        cpu = ctypes.CDLL(str(pathlib.Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        cpu._ZN2at23SavedTensorDefaultHooks11set_tracingEb(True)
        L = loss(forward_pass(*P, x)[-1], t)
        G = walked(L, P)
    """,
    "another graded function": "G = loss(L, P, differentiate=True)",
    "forwards": """
        from torch.autograd import forward_ad
        G = []
        for i, p in enumerate(P):
            g = torch.zeros(p.numel())
            for j in range(p.numel()):
                with forward_ad.dual_level():
                    one = torch.zeros(p.numel()); one[j] = 1
                    Q = [q.detach() for q in P]
                    Q[i] = forward_ad.make_dual(Q[i], one.view_as(p).to(p.dtype))
                    d = forward_ad.unpack_dual(loss(forward_pass(*Q, x)[-1], t)).tangent
                    g[j] = d
            G.append(g.view_as(p))
    """,
}
DIFFERENTIATES = """
def loss(v, t, differentiate=False):
    if differentiate:
        return torch.autograd.grad(v, t)
    return (v - t).pow(2).sum()

def walked(L, P):
    G = {{}}
    def walk(fn, g):
        if fn is None: return
        if hasattr(fn, 'variable'):
            G[id(fn.variable)] = G.get(id(fn.variable), 0) + g; return
        out = fn(g)
        out = out if isinstance(out, tuple) else (out,)
        for (nf, _), o in zip(fn.next_functions, out):
            if o is not None: walk(nf, o)
    walk(L.grad_fn, torch.ones(()))
    return [G[id(p)] for p in P]

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    P = [p.detach().clone().requires_grad_() for p in (w1, b1, w2, b2)]
    L = loss(forward_pass(*P, x)[-1], t)
    {}
    for q, d in zip((g1, g2, g3, g4), G): q.add_(d)
"""
# there the hiding itself fails, and the function with it
FAILS = {"__wrapped__"}
if not hasattr(torch._C._autograd, "_saved_tensors_hooks_set_tracing"):
    # an older torch has no such hook
    FAILS.add("the hook")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """The exercise, as the command grades it."""
    with shared.session(Exercise.load("practical3")) as made:
        yield made


def graded(
    session: Session, definition: str, deed: str, indent: int
) -> Result:
    lines = textwrap.indent(textwrap.dedent(deed).strip(), " " * indent)
    text = IMPORTS + RIGHT + "\n" + definition.format(lines.strip())
    one = submission.Submission("x", "x", "x.py", text.encode(), ("x.py",))
    return session.grade(one)


def most(session: Session) -> float:
    """What the right functions earn."""
    train = session.exercise.functions["train"]
    return session.exercise.max_score - train.points


def outcome(result: Result, function: str, check: str) -> str:
    """passed, failed or blocked."""
    (found,) = [
        one
        for one in result.functions[function].checks
        if one.id == f"{function}/{check}"
    ]
    return found.outcome


def test_the_right_functions_are_right(session: Session) -> None:
    assert graded(session, "{}", "", 0).score == most(session)


@pytest.mark.parametrize("way", HIDES_A_CHANGE)
def test_a_change_that_is_hidden(session: Session, way: str) -> None:
    result = graded(session, CHANGES, HIDES_A_CHANGE[way], 8)
    assert outcome(result, "sigma", "pure") == "failed"
    assert result.score < most(session)


@pytest.mark.parametrize("way", HIDES_AUTOGRAD)
def test_autograd_that_is_hidden(session: Session, way: str) -> None:
    result = graded(session, DIFFERENTIATES, HIDES_AUTOGRAD[way], 4)
    honest = session.exercise.functions["backward_pass"].points
    assert outcome(result, "backward_pass", "by_hand") == "failed"
    assert result.functions["backward_pass"].score < honest / 4
    if way not in FAILS:
        # it works, so there is something to see
        assert outcome(result, "backward_pass", "gradient[dl_dw1]") == "passed"


# `dsigma` may differentiate `sigma`, and no more; how another function comes by it
DSIGMA = """
held = {{}}
queue = []

def registered(function):
    held["registered"] = function
    return function

@registered
def dsigma(x, of=None):
    held["on its own"] = dsigma
    while queue: held["done"] = queue.pop()()
    if of is not None: return torch.autograd.grad(of, x)
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(torch.tanh(x).sum(), x)[0]

held["by hand"] = dsigma

def helper(*given):
    return dsigma(*given)

def tolerant(*given):
    try:
        return dsigma(*given)
    except TypeError:
        raise ValueError
"""
USES_MORE_OF_IT = """
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    P = [p.detach().clone().requires_grad_() for p in (w1, b1, w2, b2)]
    L = loss(forward_pass(*P, x)[-1], t)
    {}
    for q, d in zip((g1, g2, g3, g4), G): q.add_(d)
"""
USES_IT = """
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    slope = {}
    d2 = dloss(x2, t) * slope(s2)
    d1 = w2.t().mv(d2) * slope(s1)
    g1.add_(d1.view(-1, 1) @ x.view(1, -1)); g2.add_(d1)
    g3.add_(d2.view(-1, 1) @ x1.view(1, -1)); g4.add_(d2)
"""
WAYS_TO_DSIGMA = [
    "dsigma",
    "helper",
    "tolerant",
    "held['by hand']",
    "held['registered']",
    "held['on its own']",
]
A_JOB = """
    queue.append(lambda: torch.autograd.grad(L, P))
    dsigma(x1)
    G = held['done']
"""


@pytest.mark.parametrize("way", [*WAYS_TO_DSIGMA, A_JOB])
def test_what_another_function_differentiates_is_not_by_hand(
    session: Session, way: str
) -> None:
    deed = way if way == A_JOB else f"G = {way}(P, L)"
    result = graded(session, DSIGMA + USES_MORE_OF_IT, deed, 4)
    assert outcome(result, "backward_pass", "by_hand") == "failed"
    assert outcome(result, "backward_pass", "gradient[dl_dw1]") == "passed"


# right ones, each of which differentiates for itself as well, for nothing
CARRIERS = {
    "forward_pass": """
def forward_pass(w1, b1, w2, b2, x, of=None):
    if of is not None: return torch.autograd.grad(of, w1)
    one = torch.ones(1, requires_grad=True)
    torch.autograd.grad((one * one).sum(), one)
    s1 = w1 @ x + b1
    s2 = w2 @ sigma(s1) + b2
    return [x, s1, sigma(s1), s2, sigma(s2)]

def carried(P, L): return forward_pass(P, 0, 0, 0, 0, L)
""",
    "loss": """
def loss(v, t, of=None):
    if of is not None: return torch.autograd.grad(of, v)
    one = torch.ones(1, requires_grad=True)
    torch.autograd.grad((one * one).sum(), one)
    return (v - t).pow(2).sum().item()

def carried(P, _): return loss(P, 0, (forward_pass(*P, X)[-1] - T).pow(2).sum())
""",
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_a_right_function_carries_is_not_by_hand(
    session: Session, carrier: str
) -> None:
    deed = "global X, T\nX, T = x, t\nG = carried(P, L)"
    text = CARRIERS[carrier] + USES_MORE_OF_IT
    result = graded(session, text, deed, 4)
    assert outcome(result, "backward_pass", "by_hand") == "failed"
    assert outcome(result, "backward_pass", "gradient[dl_dw1]") == "passed"
    assert result.functions[carrier].status == "right"


# wrong ones; what differentiates them gives what it has to, and more
WRONG = {
    "loss": """
def loss(v, t): return (v - t).pow(2).sum() / 2
def dloss(v, t):
    if isinstance(v, tuple): return torch.autograd.grad(v[1], v[0])
    v = v.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(v, t), v)[0]
def carried(P, L): return dloss((P, L), None)
""",
    "sigma": """
def sigma(x): return torch.sigmoid(x)
def dsigma(x):
    if isinstance(x, tuple): return torch.autograd.grad(x[1], x[0])
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(sigma(x).sum(), x)[0]
def carried(P, L): return dsigma((P, L))
""",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_the_derivative_of_a_wrong_function_carries_is_not_by_hand(
    session: Session, wrong: str
) -> None:
    with_it = WRONG[wrong] + USES_MORE_OF_IT
    result = graded(session, with_it, "G = carried(P, L)", 4)
    assert outcome(result, "backward_pass", "by_hand") == "failed"
    assert result.functions[f"d{wrong}"].score > 0


@pytest.mark.parametrize("wrong", WRONG)
def test_who_differentiates_a_wrong_function_may_use_that(
    session: Session, wrong: str
) -> None:
    result = graded(session, WRONG[wrong], "", 4)
    assert outcome(result, "backward_pass", "by_hand") == "passed"
    assert result.score > most(session) - 2


@pytest.mark.parametrize("way", WAYS_TO_DSIGMA[:-1])
def test_a_function_that_differentiates_may_be_used(
    session: Session, way: str
) -> None:
    result = graded(session, DSIGMA + USES_IT, way, 4)
    assert result.score == most(session)


# file -> what each function earns; where it is not named, all
CASE_SCORES = {
    "09_trusted_memory_outer_product": {"dsigma": 0, "dloss": 0, "train": 2},
    "10_autograd_wrapped_unseen": {"backward_pass": 0},
    "10b_autograd_graph_walk_unseen": {"backward_pass": 1},
    "12_purity_is_the_workers_word": {"sigma": 0.83},
}
LITTLE_MEMORY = 256  # MB


@pytest.mark.parametrize("name", CASE_SCORES)
def test_cases(session: Session, name: str) -> None:
    one = submission.from_file(CASES / f"{name}.py")
    with memory_ceiling(LITTLE_MEMORY):
        result = session.grade(one)
    for function, declared in session.exercise.functions.items():
        most = CASE_SCORES[name].get(function, declared.points)
        assert result.functions[function].score <= most, function
        if function not in CASE_SCORES[name]:
            assert result.functions[function].status == "right"
