"""Torch at work for the student: seen where it differentiates or optimises, and not where it computes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest
import torch

from grader.sandbox.calls import Calls
from grader.sandbox.inside.watch import Watch

OpenCalls = Callable[[str], Calls]

SEEN = {
    "x.sum().backward()": "Tensor.backward",
    "torch.autograd.grad(x.sum(), x)": "torch.autograd.grad",
    "torch.func.grad(torch.sum)(x.detach())": "torch.func.grad",
    "torch.optim.SGD([x], lr=0.1)": "torch.optim",
    "torch.nn.Linear(3, 2)(x)": "torch.nn.Linear",
    "torch.nn.Linear(3, 2).forward(x)": "torch.nn.Linear",
    "torch.jit.script(torch.nn.Linear(3, 2))(x)": "torch.nn.Linear",
    "torch._fused_sgd_([x], [x], [], weight_decay=0., momentum=0., lr=.1, dampening=0., "
    "nesterov=False, maximize=False, is_first_step=True)": "torch.optim",
    "from torch.optim.sgd import _single_tensor_sgd as single; "
    "single([x.detach()], [x], [None], None, None, weight_decay=0, momentum=0, lr=.1, dampening=0, "
    "nesterov=False, maximize=False, has_sparse_grad=False)": "torch.optim",
    "helper(x)": "Tensor.backward",
}
NOT_SEEN = [
    "torch.nn.MSELoss()(x, x)",
    "torch.nn.Tanh()(x)",
    "torch.nn.Tanh().forward(x)",
    "torch.nn.Linear(3, 2).weight @ x",
    "torch.nn.init.normal_(x.detach())",
    "x @ x",
]
SOURCE = """
    import torch

    def helper(x):
        x.sum().backward()

    def double(x):
        x = x.clone().requires_grad_()
        {}
        return x
"""


@pytest.mark.parametrize("deed", SEEN)
def test_what_torch_does_for_a_function_is_seen(
    open_calls: OpenCalls, deed: str
) -> None:
    with open_calls(SOURCE.format(deed)) as calls:
        # torch imports some of it only now, which takes its time, and may fail without a folder to write to
        calls.call_seconds = {"double": 20}
        calls.call("double", (torch.ones(3),))
        said = calls.by_torch("double")
        assert said is not None
        assert SEEN[deed] in said


# what asks torch for a derivative without calling a function that is wrapped, or tries to work unseen
UNDER_THE_WRAPPERS = {
    "a wrapper's own function": """
        (cell,) = [
            c.cell_contents
            for c in torch.autograd.grad.__closure__
            if getattr(c.cell_contents, "__name__", "") == "grad"
        ]
        slope = cell(y.sum(), x)[0]
    """,
    "nodes called by hand": """
        node = y.grad_fn
        while not hasattr(node, "variable"):
            slope = node(torch.ones(3))
            node = node.next_functions[0][0]
    """,
    "torch's own operator": """
        torch.ops.aten._backward(y.sum(), [x])
        slope = x.grad
    """,
    "the engine": """
        engine = torch.autograd.Variable._execution_engine
        args = (y.sum(),), (torch.ones(()),), False, False, (x,)
        slope = engine.run_backward(*args, allow_unreachable=True)[0]
    """,
    "forwards": """
        from torch.autograd import forward_ad
        with forward_ad.dual_level():
            dual = torch.tanh(forward_ad.make_dual(plain, torch.ones(3)))
            slope = forward_ad.unpack_dual(dual).tangent
    """,
    "torch.func, from within": """
        from torch._functorch import eager_transforms
        slope = eager_transforms.jacrev(torch.tanh)(plain).diagonal()
    """,
    "hooks of its own": """
        same = lambda saved: saved
        with torch.autograd.graph.saved_tensors_hooks(same, same):
            z = torch.tanh(x)
        slope = z.grad_fn(torch.ones(3))
    """,
    "hooks switched off": """
        with torch.autograd.graph.disable_saved_tensors_hooks("no"):
            z = torch.tanh(x)
        slope = z.grad_fn(torch.ones(3))
    """,
    "hooks taken away": """
        hooks = torch._C._autograd
        hooks._pop_saved_tensors_default_hooks()
        hooks._saved_tensors_hooks_set_tracing(True)
        z = torch.tanh(x)
        slope = z.grad_fn(torch.ones(3))
    """,
    "records cleared": """
        import gc
        slope = torch.autograd.grad(y.sum(), x)[0]
        for thing in gc.get_objects():
            if type(thing).__name__ == "Watch":
                for record in vars(thing).values():
                    if isinstance(record, (dict, set, list)):
                        record.clear()
    """,
    "TorchScript": """
        scripted(x)
        slope = x.grad
    """,
    "the frames hidden": """
        import sys
        sys._getframe = None
        slope = y.grad_fn(torch.ones(3))
    """,
}
DIFFERENTIATES = """
    import torch

    @torch.jit.script
    def scripted(x: torch.Tensor):
        torch.tanh(x).sum().backward()

    def double(plain):
        x = plain.clone().requires_grad_()
        y = torch.tanh(x)
        {}
        return slope.detach()
"""


@pytest.mark.parametrize("way", UNDER_THE_WRAPPERS)
def test_every_derivative_is_seen(open_calls: OpenCalls, way: str) -> None:
    source = textwrap.dedent(DIFFERENTIATES)
    deed = textwrap.dedent(UNDER_THE_WRAPPERS[way])
    body = textwrap.indent(deed.strip(), "    ").strip()
    x = torch.tensor([0.5, -1.0, 2.0])
    with open_calls(source.format(body)) as calls:
        calls.call_seconds = {"double": 20}
        reply = calls.call("double", (x,))
        assert reply.error is None
        # it works, and so there is something to see
        assert torch.allclose(reply.value, 1 - x.tanh() ** 2)
        said = calls.by_torch("double")
        assert said is not None
        assert "torch.autograd" in said


# what keeps the worker from telling; and then the result itself tells
SILENT = {
    "the notes are not sent": """
        frame = sys._getframe()
        while "self" not in frame.f_locals:
            frame = frame.f_back
        watch = frame.f_locals["self"].watch
        watch.tell = type(watch)._note = lambda *_: None
    """,
    "the pipe is cut for a while": """
        kept = os.dup(4)
        os.dup2(1, 4)
        slope = y.grad_fn(torch.ones(3))
        os.dup2(kept, 4)
        return slope
    """,
    "torch's own hook is taken away": """
        libraries = pathlib.Path(torch.__file__).parent / "lib"
        cpu = ctypes.CDLL(str(libraries / "libtorch_cpu.so"))
        cpu._ZN2at23SavedTensorDefaultHooks11set_tracingEb(True)
        y = torch.tanh(x)
    """,
}
HIDES = """
    import ctypes, os, pathlib, sys, torch

    def double(plain):
        x = plain.clone().requires_grad_()
        y = torch.tanh(x)
        {}
        return y.grad_fn(torch.ones(3)).detach()
"""


@pytest.mark.parametrize("way", SILENT)
def test_what_is_not_told_shows_without_autograd(
    open_calls: OpenCalls, way: str
) -> None:
    source = textwrap.dedent(HIDES)
    deed = textwrap.dedent(SILENT[way])
    body = textwrap.indent(deed.strip(), "    ").strip()
    x = torch.tensor([0.5, -1.0, 2.0])
    with open_calls(source.format(body)) as calls:
        calls.call_seconds = {"double": 6}
        reply = calls.call("double", (x,))
        if reply.error is not None and "undefined symbol" in reply.error.text:
            pytest.skip("this torch has nothing there to take away")
        assert reply.error is None
        assert torch.allclose(reply.value, 1 - x.tanh() ** 2)
        assert calls.by_hand.torch_names("double") == set()
        said = calls.by_torch("double")
        assert said is not None
        assert "only where torch can differentiate" in said


@pytest.mark.parametrize(
    "deed",
    [
        "y = torch.tanh(x).detach().numpy()",
        "w = x.detach(); w.requires_grad_(); w.grad = w * 2; w.data -= w.grad",
        "with torch.inference_mode(): y = torch.tanh(x)",
        "with torch.inference_mode(False): y = torch.tanh(x)",
        "with torch.no_grad(): x += 1; x[0] = 3.0; x[1:].mul_(2)",
        "torch.set_grad_enabled(True); y = torch.nn.Tanh()(x) @ x",
        "y = torch.func.vmap(torch.tanh)(x[None]); torch.manual_seed(1)",
        "x = torch.nn.Parameter(x.detach()); x.data.normal_()",
        "y = torch.nn.init.normal_(x.detach()); assert y.grad_fn is None",
    ],
)
def test_what_does_without_autograd(open_calls: OpenCalls, deed: str) -> None:
    source = "import sys\n" + textwrap.dedent(SOURCE).format(deed)
    with open_calls(source) as calls:
        calls.call_seconds = {"double": 20}
        assert calls.call("double", (torch.rand(3),)).error is None
        assert calls.by_torch("double") is None
        assert calls.notices == []


UNUSED_GRAPHS = [
    "y = torch.tanh(x)",
    "y = torch.tanh(x); y.retain_grad(); print(y, y.grad_fn)",
    "x.data.add_(torch.tanh(x).detach())",
    "torch.func.vmap(torch.tanh)(x[None])",
    "torch.set_grad_enabled(False); y = torch.tanh(x)",
    "y = torch.tanh(x)\n    with torch.inference_mode(): torch.tanh(y)",
]


@pytest.mark.parametrize("deed", UNUSED_GRAPHS)
def test_a_graph_that_is_not_used_is_none_of_ours(
    open_calls: OpenCalls, deed: str
) -> None:
    test_what_is_computed_is_not(open_calls, deed)


@pytest.mark.parametrize("deed", NOT_SEEN)
def test_what_is_computed_is_not(open_calls: OpenCalls, deed: str) -> None:
    with open_calls(SOURCE.format(deed)) as calls:
        assert calls.call("double", (torch.ones(3),)).error is None
        assert calls.by_torch("double") is None


def test_what_could_not_be_told_is_told_the_next_time() -> None:
    told = []

    def tell(owner: str, name: str) -> None:
        told.append((owner, name))
        if len(told) == 1:
            raise RecursionError

    watch = Watch()
    watch.start("double")
    watch.tell = tell
    with pytest.raises(RecursionError):
        watch._note("torch.autograd.grad")
    for _ in range(2):
        watch._note("torch.autograd.grad")
    assert told == [("double", "torch.autograd.grad")] * 2
