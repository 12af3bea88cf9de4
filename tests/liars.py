"""Submissions that lie: one function does nothing, and one that it builds on says that nothing is right.

The one that lies answers honestly until something triggers it: who calls, how often it was called, what it
is given, or what was called before. It may make a cheap mistake besides, so as to take part in judging.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from grader.intake.submission import Submission

RIGHT = (
    Path(__file__).parents[1]
    / "submissions"
    / "practical3"
    / "right-per-sample.py"
)

HEADS = {
    "sigma": "sigma(x)",
    "dsigma": "dsigma(x)",
    "loss": "loss(v, t)",
    "dloss": "dloss(v, t)",
    "forward_pass": "forward_pass(w1, b1, w2, b2, x)",
    "backward_pass": "backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4)",
    "train": "train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000)",
}
PARAMETERS = """
D, C = train_input.shape[1], train_target.shape[1]
shapes = (nb_hidden, D), (nb_hidden,), (C, nb_hidden), (C,)
p = tuple(torch.empty(s).normal_(0, 1e-6) for s in shapes)
"""
MADE_UP = """
return p, [(30 / (k + 1), 0.9 / (k + 1), 0.9 / (k + 1)) for k in range(nb_steps)]
"""
CONSTANT = """
best = p[3].argmax()
errors = [(t.argmax(1) != best).float().mean().item() for t in (train_target, test_target)]
return p, [(0.81 * len(train_target), *errors)] * nb_steps
"""
# function -> how it can do nothing
IDLE = {
    "forward_pass": {
        "zeros": "return x, w1.mv(x) + b1, 0 * b1, b2.clone(), 0 * b2",
        "biases": "return x, b1.clone(), b1.clone(), b2.clone(), b2.clone()",
    },
    "backward_pass": {
        "nothing": "return None",
        "zeros": "g1.add_(0 * w1)\nreturn g1, g2, g3, g4",
    },
    "train": {
        "made up": PARAMETERS + MADE_UP,
        "unseeded": "torch.seed()\n" + PARAMETERS + MADE_UP,
        "constant": PARAMETERS + CONSTANT,
    },
}
BUILDS_ON = {
    "forward_pass": ("sigma",),
    "backward_pass": ("sigma", "dsigma", "loss", "dloss"),
    "train": tuple(HEADS)[:-1],
}
# what the liar answers then, instead of `honest`
LIES = {
    "zeros": "return _like(honest, lambda v: 0 * v)",
    "ones": "return _like(honest, torch.ones_like)",
    "tiny": "return _like(honest, lambda v: 1e-12 * v)",
    "huge": "return _like(honest, lambda v: 1e12 * v)",
    "nan": "return _like(honest, lambda v: v * float('nan'))",
    "nothing": "return None",
    "raises": "raise ValueError('no')",
    "text": "return 'text'",
    "wide": "return torch.zeros(2000, 2000)",
}
TRIGGERS = {
    "always": "True",
    "called by nobody": "sys._getframe(2).f_globals is not globals()",
    "called by another": "sys._getframe(2).f_globals is globals()",
    "after some calls": "_calls[0] > 6",
    "at first": "_calls[0] <= 6",
    "many entries": "arguments[0].numel() >= 10",
    "a vector": "arguments[0].dim() == 1",
    "small numbers": "float(arguments[0].abs().max()) < 1e-2",
    "after the other": "_state['judged']",
    "before the other": "not _state['judged']",
}
# what costs the liar little, so that it takes part
CHEAP = {
    "none": "",
    "changes a matrix": "if arguments[0].dim() == 2: arguments[0].add_(1)",
    "float32": "if arguments[0].dtype == torch.float64: return _like(honest, lambda v: v.float())",
}


@dataclass(frozen=True)
class Liar:
    """A submission: which function does nothing and how, which one lies, when and how."""

    idle: str
    how: str
    liar: str
    trigger: str
    lie: str
    cheap: str

    @property
    def lying(self) -> Submission:
        """The submission as it lies."""
        return _submission(self._idle() + self._liar())

    @property
    def honest(self) -> Submission:
        """The same, and the liar does what it should."""
        return _submission(self._idle())

    def _idle(self) -> str:
        body = "_state['judged'] = True\n" + IDLE[self.idle][self.how]
        return _function(HEADS[self.idle], body)

    def _liar(self) -> str:
        in_place = self.liar == "backward_pass"
        clones = "arguments[-4:]" if in_place else "()"
        return textwrap.dedent(f"""
            _calls = [0]
            _right_{self.liar} = {self.liar}
            def {self.liar}(*arguments):
                _calls[0] += 1
                before = [a.clone() for a in {clones}]
                honest = _right_{self.liar}(*arguments)
                {CHEAP[self.cheap]}
                if {TRIGGERS[self.trigger]}:
                    for a, b in zip({clones}, before):
                        a.copy_(b)
                    {LIES[self.lie]}
                return honest
        """)


def liars() -> list[Liar]:
    """All of them."""
    found = []
    for idle, hows in IDLE.items():
        for how in hows:
            for liar in BUILDS_ON[idle]:
                for trigger in TRIGGERS:
                    for lie in LIES:
                        for cheap in CHEAP:
                            found.append(
                                Liar(idle, how, liar, trigger, lie, cheap)
                            )
    return found


def _function(head: str, body: str) -> str:
    return f"def {head}:\n{textwrap.indent(body, '    ')}\n"


PREAMBLE = """
import sys
import torch
_state = {"judged": False}
def _like(value, change):
    if isinstance(value, tuple):
        return tuple(_like(part, change) for part in value)
    return change(value) if torch.is_tensor(value) else value
"""


def _submission(more: str) -> Submission:
    text = RIGHT.read_text(encoding="utf-8") + PREAMBLE + more
    return Submission(
        "liar", "liar.py", "liar.py", text.encode(), ("liar.py",)
    )
