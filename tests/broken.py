"""Right submissions with functions broken on purpose, and submissions with one function mended.

A submission is here a `.py` file or a notebook, as bytes, and its name. A function is broken by a text behind
everything else, as the last definition stands; or by taking its definition away.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.diagnosis import Diagnosis
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import FunctionResult

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus"
SAMPLES = ROOT / "submissions" / "practical3"
STYLES = ROOT / "tests" / "cases" / "styles"

MISSING = ""  # the text of a function that is not there
HEADS = {
    "sigma": "sigma(x)",
    "dsigma": "dsigma(x)",
    "loss": "loss(v, t)",
    "dloss": "dloss(v, t)",
    "forward_pass": "forward_pass(w1, b1, w2, b2, x)",
    "backward_pass": "backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)",
    "train": "train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000)",
}
# what any function can do wrong
BODIES = {
    "stub": "pass",
    "not implemented": "raise NotImplementedError",
    "raises": "return undefined_name",
    "hangs": "while True: pass",
    "exits": "import os; os._exit(0)",
    "raises an exit": "raise SystemExit",
    "text": "return 'text'",
    "zero": "return 0",
    "float": "return 0.5",
    "tuple": "return (torch.zeros(3), torch.zeros(3))",
    "empty list": "return []",
    "array": "return numpy.ones(3)",
    "scalar tensor": "return torch.tensor(0.5)",
    "nan": "return torch.full((3,), float('nan'))",
    "columns only": "raise IndexError('Dimension out of range')",
}
# what one function can do wrong, and no edit of the solution shows
OF_FUNCTION = {
    "sigma": {
        "in place": "return x.tanh_()",
        "overflow": """
            a, b = torch.exp(x), torch.exp(-x)
            return (a - b) / (a + b)
        """,
        "row": "return torch.tanh(x).view(1, -1)",
        "column": "return torch.tanh(x).view(-1, 1)",
        "over rows": "return torch.tanh(x[:, 0])",
        "softmax": "return torch.softmax(x, -1)",
        "constant": "return torch.ones_like(x)",
        "double": "return torch.tanh(x).double()",
        "numpy": "return numpy.tanh(x.numpy())",
        "math": "return math.tanh(x)",
        "requires grad": "return torch.tanh(x).requires_grad_()",
        "detached row": "return [float(e) for e in torch.tanh(x)]",
    },
    "dsigma": {
        "in place": "return x.tanh_().pow_(2).neg_().add_(1)",
        "overflow": "return 1 / (torch.exp(x) / 2 + torch.exp(-x) / 2) ** 2",
        "column": "return (1 - torch.tanh(x) ** 2).view(-1, 1)",
        "over rows": "return 1 - torch.tanh(x[:, 0]) ** 2",
        "summed": "return (1 - torch.tanh(x) ** 2).sum()",
        "matrix": "return torch.diag(1 - torch.tanh(x) ** 2)",
        "zeros": "return torch.zeros_like(x)",
        "double": "return (1 - torch.tanh(x) ** 2).double()",
        "numpy": "return 1 - numpy.tanh(x.numpy()) ** 2",
        "through sigma": "return sigma(x) * (1 - sigma(x))",
    },
    "loss": {
        "in place": """
            v.sub_(t)
            return v.pow(2).sum()
        """,
        "over rows": "return ((v - t) ** 2).sum(1)",
        "over rows, mean": "return ((v - t) ** 2).sum(dim=1).mean()",
        "of one entry": "return ((v - t) ** 2).sum().view(1)",
        "column": "return ((v - t) ** 2).sum().view(1, 1)",
        "constant": "return torch.tensor(1.0)",
        "root": "return ((v - t) ** 2).sum().sqrt()",
        "cross entropy": "return -(t * torch.log_softmax(v, 0)).sum()",
        "text of it": "return str(((v - t) ** 2).sum())",
        "added": "return ((v + t) ** 2).sum()",
    },
    "dloss": {
        "in place": """
            v.sub_(t)
            return v.mul_(2)
        """,
        "over rows": "return 2 * (v - t) / v.size(1)",
        "column": "return 2 * (v - t).view(-1, 1)",
        "row": "return 2 * (v - t).view(1, -1)",
        "zeros": "return torch.zeros_like(v)",
        "double": "return 2 * (v - t).double()",
        "added": "return 2 * (v + t)",
    },
    "forward_pass": {
        "in place": """
            b1 += w1.mv(x)
            x1 = torch.tanh(b1)
            s2 = w2.mv(x1) + b2
            return x, b1, x1, s2, torch.tanh(s2)
        """,
        "columns": """
            x = x.view(-1, 1)
            s1 = w1 @ x + b1.view(-1, 1)
            x1 = sigma(s1)
            s2 = w2 @ x1 + b2.view(-1, 1)
            return x, s1, x1, s2, sigma(s2)
        """,
        "four": """
            s1 = w1 @ x + b1
            x1 = sigma(s1)
            s2 = w2 @ x1 + b2
            return s1, x1, s2, sigma(s2)
        """,
        "a dictionary": """
            s1 = w1 @ x + b1
            x1 = sigma(s1)
            s2 = w2 @ x1 + b2
            return {'x0': x, 's1': s1, 'x1': x1, 's2': s2, 'x2': sigma(s2)}
        """,
        "same tensors": """
            s1 = w1 @ x + b1
            x1 = torch.tanh_(s1)
            s2 = w2 @ x1 + b2
            x2 = torch.tanh_(s2)
            return x, s1, x1, s2, x2
        """,
    },
    "backward_pass": {
        "returns": """
            g2 = dsigma(s2) * dloss(x2, t)
            g1 = dsigma(s1) * (w2.t() @ g2)
            return torch.outer(g1, x), g1, torch.outer(g2, x1), g2
        """,
        "parameters": """
            g2 = dsigma(s2) * dloss(x2, t)
            g1 = dsigma(s1) * (w2.t() @ g2)
            w2 -= torch.outer(g2, x1)
            b2 -= g2
            w1 -= torch.outer(g1, x)
            b1 -= g1
        """,
        "nothing of w1": """
            g2 = dsigma(s2) * dloss(x2, t)
            dl_dw2 += torch.outer(g2, x1)
            dl_db2 += g2
        """,
    },
    "train": {
        "nothing": "return (torch.zeros(1),) * 4, []",
    },
}
# (submission, a wrong function of it, one that is right only because it fits that): its derivative, a caller
# that makes up for it or takes what it gives by other names, or one that has it as a default argument.
MAKE_UP = {
    ("039-logistique.py", "sigma", "dsigma"),
    ("047-bias-in-place.py", "forward_pass", "train"),
    ("051-from-activation-everywhere.py", "dsigma", "backward_pass"),
    ("054-mean-both.py", "loss", "dloss"),
    ("055-half-both.py", "loss", "dloss"),
    ("064-gradient-mean.py", "dloss", "backward_pass"),
    ("095-new-names.py", "backward_pass", "train"),
    ("131-logistic-and-no-slope.py", "sigma", "dsigma"),
    ("132-half-and-step.py", "loss", "dloss"),
    ("138-overwrites-and-early.py", "backward_pass", "train"),
    ("143-wrong-order-and-sigma.py", "sigma", "dsigma"),
    ("146-softsign.py", "sigma", "dsigma"),
    ("175-order-made-up-for.py", "dsigma", "backward_pass"),
    ("175-order-made-up-for.py", "forward_pass", "train"),
    ("181-states-first.py", "forward_pass", "train"),
}
PREAMBLE = "import math\nimport numpy\nimport torch\n"


@dataclass(frozen=True)
class Breakage:
    """One way to break one function: its name, and the text that defines it so."""

    function: str
    how: str
    text: str

    def __str__(self) -> str:
        return f"{self.function} ({self.how})"


def breakages(exercise: Exercise) -> dict[str, list[Breakage]]:
    """Function -> every way to break it: missing, what any function can do, its own ways, the catalogue's."""
    found = {}
    for name, head in HEADS.items():
        ways = [Breakage(name, "missing", MISSING)]
        for how, body in {**BODIES, **OF_FUNCTION[name]}.items():
            lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
            ways.append(Breakage(name, how, f"def {head}:\n{lines}\n"))
        ways += _catalogue(exercise, name)
        found[name] = ways
    return found


def _catalogue(exercise: Exercise, function: str) -> Iterator[Breakage]:
    """The reference's function with each of the edits that the exercise knows."""
    trees = exercise.solution.trees
    for known in exercise.misconceptions.of(function):
        for number, form in enumerate(known.forms):
            forest = form.apply(trees)
            assert forest is not None
            yield Breakage(
                function, f"{known.id} {number}", _text(forest, function)
            )


def of_reference(exercise: Exercise, function: str) -> str:
    """A text that defines one function as the reference does, whatever else the module defines."""
    return _text(exercise.solution.trees, function)


def _text(forest: Mapping[str, ast.FunctionDef], function: str) -> str:
    needed = [function]
    if function == "train":
        needed = ["initial_parameters", "error_rate", "train"]
    text = "\n".join(ast.unparse(forest[name]) for name in needed) + "\n"
    # the submission may have names like these of its own
    text = re.sub(
        r"\b(initial_parameters|error_rate)\b", r"reference_\1", text
    )
    for name, value in {
        "ZETA": "0.9",
        "EPSILON": "1e-6",
        "ETA": "0.1",
    }.items():
        text = re.sub(rf"\b{name}\b", value, text)
    return text


def with_functions(name: str, data: bytes, texts: Iterable[str]) -> Submission:
    """The submission with these texts behind everything else."""
    added = PREAMBLE + "\n".join(texts)
    if not name.endswith(".ipynb"):
        whole = data.decode() + "\n\n" + added
        return _submission(name, whole.encode())
    notebook = json.loads(data)
    cell = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": added,
    }
    notebook["cells"].append(cell)
    return _submission(name, json.dumps(notebook).encode())


def with_broken(path: Path, broken: Iterable[Breakage]) -> Submission:
    """A `.py` file with these functions broken."""
    text = path.read_text(encoding="utf-8-sig")
    texts = []
    for one in broken:
        if one.text == MISSING:
            text = _without(text, one.function)
        else:
            texts.append(one.text)
    return with_functions(path.name, text.encode(), texts)


def _without(text: str, function: str) -> str:
    """A file's text without the statements at its top level that bind a function."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not _binds(node, function)]
    return ast.unparse(tree)


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == name
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] == [name]
    return False


def _submission(name: str, data: bytes) -> Submission:
    return Submission(name, name, name, data, (name,))


class WithoutDiagnosis(Session):
    """A session that gives marks alone."""

    def _diagnose(self, *_: Any) -> Diagnosis:
        return Diagnosis()


def quick(exercise: Exercise) -> Exercise:
    """The exercise with so little time for a call that a function which hangs is soon given up."""
    functions = {}
    for name, function in exercise.functions.items():
        seconds = 20.0 if function.slow else 1.0
        functions[name] = function.model_copy(update={"seconds": seconds})
    return dataclasses.replace(exercise, functions=functions)


def right_submissions() -> list[Path]:
    """The corpus's and the samples' `.py` files in which everything is right."""
    labels = tomllib.loads(
        (CORPUS / "labels.toml").read_text(encoding="utf-8")
    )
    found = sorted(SAMPLES.glob("right-*.py"))
    found += sorted(STYLES.glob("*.py"))
    for path in sorted(CORPUS.glob("*.py")):
        if path.name not in labels:
            found.append(path)
    return found


def labelled_submissions() -> list[Path]:
    """All samples and the whole corpus."""
    found = []
    for folder in (SAMPLES, CORPUS):
        for suffix in ("*.py", "*.ipynb"):
            found += folder.glob(suffix)
    return sorted(found)


def lost_by_breaking(
    session: Session, path: Path, breakages: Sequence[Breakage]
) -> list[str]:
    """What functions of a right submission lose as others are broken, a line each."""
    result = session.grade(with_broken(path, breakages))
    names = {one.function for one in breakages}
    lost = []
    for name, function in result.functions.items():
        if name not in names and function.status != "right":
            lost.append(f"{name}: {_told(function)}")
    return lost


def lost_by_mending(session: Session, path: Path) -> list[str]:
    """What functions lose as one that is wrong or missing is put right, a line each; see MAKE_UP."""
    data = path.read_bytes()
    before = session.grade(_submission(path.name, data)).functions
    lost = []
    for mended, function in before.items():
        if function.status == "right" or not _is_built_on(
            session.exercise, mended
        ):
            continue
        text = of_reference(session.exercise, mended)
        after = session.grade(
            with_functions(path.name, data, [text])
        ).functions
        for name, was in before.items():
            makes_up = (path.name, mended, name) in MAKE_UP
            if after[name].score < was.score and not makes_up:
                lost.append(
                    f"{name}, as {mended} is mended: {_told(after[name])}"
                )
    return lost


def _is_built_on(exercise: Exercise, name: str) -> bool:
    """Whether another function builds on this one."""
    earlier = [function.earlier for function in exercise.functions.values()]
    return any(name in names for names in earlier)


def _told(function: FunctionResult) -> str:
    """The marks of a function, and its first failed checks."""
    failed = [check for check in function.checks if check.outcome == "failed"]
    reasons = [f"{check.id}: {check.message}" for check in failed[:2]]
    return f"{function.score} of {function.max_score} ({'; '.join(reasons)})"
