"""Diagnoses of hand-written functions: what is named, what is told as an alternative, what is left alone."""

import pytest
import torch
from inprocess import Here, base, evidence

from grader.diagnosis import Evidence, diagnose, repairs
from grader.diagnosis.matching import explanations
from grader.diagnosis.observation import normalised, trace
from grader.diagnosis.reference_runner import ReferenceRunner
from grader.diagnosis.variant_table import variant_table
from grader.exercise import Exercise

CATALOGUE = Exercise.load("practical3")

STATES = "t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2"
HEADS = {
    "backward_pass": f"def backward_pass(w1, b1, w2, b2, {STATES}):",
    "forward_pass": "def forward_pass(w1, b1, w2, b2, x):",
    "sigma": "def sigma(x):",
    "dsigma": "def dsigma(x):",
    "loss": "def loss(v, t):",
    "dloss": "def dloss(v, t):",
}

BACKWARD = """
g2 = dloss(x2, t) * dsigma(s2)
g1 = (w2.t() @ g2) * dsigma(s1)
dl_dw2 += g2[:, None] * x1[None, :]
dl_db2 += g2
dl_dw1 += g1[:, None] * x[None, :]
dl_db1 += g1
"""

FORWARD = """
s1 = w1 @ x + b1
x1 = sigma(s1)
s2 = w2 @ x1 + b2
x2 = sigma(s2)
return x, s1, x1, s2, x2
"""

TRAIN = """
def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    targets = train_target * 0.9
    n = len(train_input)
    eta = 0.1 / n
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(targets.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(targets.size(1)).normal_(0, 1e-6)
    gradients = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
    history = []
    for _ in range(nb_steps):
        for g in gradients:
            g.zero_()
        total, wrong = 0.0, 0
        for x, t in zip(train_input, targets):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            total += loss(x2, t).item()
            wrong += int(x2.argmax() != t.argmax())
            backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, *gradients)
        test_wrong = 0
        for x, t in zip(test_input, test_target):
            test_wrong += int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
        history.append((total, wrong / n, test_wrong / len(test_input)))
        for p, g in zip((w1, b1, w2, b2), gradients):
            p.sub_(eta * g)
    return (w1, b1, w2, b2), history
"""


def written(function, body, *edits):
    """A function's source from its body, with edits of the text that must apply."""
    for old, new in edits:
        assert old in body
        body = body.replace(old, new)
    lines = body.strip().splitlines()
    return "\n".join([HEADS[function], *("    " + line for line in lines)]) + "\n"


def diagnosed(function, source, plugged=None, names=None):
    names = {**base(CATALOGUE), **(plugged or {}), **(names or {})}
    return diagnose(CATALOGUE, function, Here(source, names), evidence(source, function, names), plugged)


def backward(*edits, **kwargs):
    return diagnosed("backward_pass", written("backward_pass", BACKWARD, *edits), **kwargs)


def forward(*edits, **kwargs):
    return diagnosed("forward_pass", written("forward_pass", FORWARD, *edits), **kwargs)


def trained(*edits, **kwargs):
    source = TRAIN
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    return diagnosed("train", source, **kwargs)


RIGHT = {
    "sigma, exponentials": ("sigma", "return 2 / (1 + torch.exp(-2 * x)) - 1"),
    "dsigma, hyperbolic cosine": ("dsigma", "return 1 / torch.cosh(x.clamp(-40, 40)) ** 2"),
    "loss, a float": ("loss", "return float(torch.dot(v - t, v - t))"),
    "loss, of the norm": ("loss", "return torch.norm(v - t) ** 2"),
    "dloss, in twos": ("dloss", "return (v - t) + (v - t)"),
    "forward, addmv": (
        "forward_pass",
        "s1 = b1 + w1 @ x\ns2 = torch.addmv(b2, w2, s1.tanh())\nreturn [x, s1, s1.tanh(), s2, s2.tanh()]",
    ),
    "backward, broadcast": ("backward_pass", BACKWARD),
    "backward, einsum": (
        "backward_pass",
        """
d2 = torch.einsum('i,i->i', dsigma(s2), dloss(x2, t))
d1 = torch.einsum('ij,i,j->j', w2, d2, dsigma(s1))
dl_dw2.add_(torch.einsum('i,j->ij', d2, x1)); dl_db2.add_(d2)
dl_dw1.add_(torch.einsum('i,j->ij', d1, x)); dl_db1.add_(d1)
""",
    ),
    "backward, views and mm": (
        "backward_pass",
        """
d2 = (dsigma(s2) * dloss(x2, t)).view(-1, 1)
d1 = w2.t().mm(d2) * dsigma(s1).view(-1, 1)
dl_dw2 += d2.mm(x1.view(1, -1))
dl_db2 += d2.view(-1)
dl_dw1 += d1.mm(x.view(1, -1))
dl_db1 += d1.squeeze(1)
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    ),
    "backward, loops": (
        "backward_pass",
        """
d2 = [float(2 * (x2[i] - t[i]) * (1 - x2[i] ** 2)) for i in range(len(t))]
d1 = [sum(float(w2[i, j]) * d2[i] for i in range(len(t))) * float(1 - x1[j] ** 2) for j in range(len(x1))]
for i in range(len(t)):
    dl_db2[i] += d2[i]
    for j in range(len(x1)):
        dl_dw2[i, j] += d2[i] * x1[j]
for j in range(len(x1)):
    dl_db1[j] += d1[j]
    dl_dw1[j] += d1[j] * x
""",
    ),
}


@pytest.mark.parametrize(("function", "body"), RIGHT.values(), ids=RIGHT)
def test_a_right_function_is_accused_of_nothing(function, body):
    found = diagnosed(function, written(function, body))
    assert found.misconceptions == ()
    assert found.first_wrong is None


@pytest.mark.parametrize("seed", range(25))
def test_a_right_training_is_accused_of_nothing_whatever_it_draws(seed):
    found = trained(("targets = train", f"torch.manual_seed({seed})\n    targets = train"))
    assert found.misconceptions == ()


WRONG = {
    "logistic, by hand": (
        "sigma",
        "return torch.exp(x) / (1 + torch.exp(x))",
        {"sigma-logistic", "sigma-overflow"},
    ),
    "overflow": ("sigma", "a, b = x.exp(), (-x).exp()\nreturn (a - b) / (a + b)", {"sigma-overflow"}),
    "in place": ("sigma", "return x.tanh_()", {"mutates-argument"}),
    "half the mean": ("loss", "return 0.5 * ((v - t) ** 2).mean()", {"loss-mean", "loss-half"}),
    "sum first": ("loss", "return (v - t).sum().pow(2)", {"loss-sum-before-square"}),
    "t - v, no factor": ("dloss", "return t - v", {"dloss-no-factor", "dloss-sign"}),
    "summed": ("dloss", "return torch.sum(2 * (v - t))", {"dloss-summed"}),
    "not written": ("forward_pass", "pass", {"not-implemented"}),
    "raises that it is not": ("dsigma", "raise NotImplementedError", {"not-implemented"}),
}


@pytest.mark.parametrize(("function", "body", "ids"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named(function, body, ids):
    assert set(diagnosed(function, written(function, body)).misconceptions) == ids


def test_combined_mistakes_are_named_together_with_their_lines():
    found = backward(("dloss(x2, t)", "dloss(t, x2)"), ("dsigma(s1)", "dsigma(x1)"))
    assert found.misconceptions == ("backward-dloss-swapped", "backward-dsigma-of-x1")
    assert found.lines == {"backward-dloss-swapped": 2, "backward-dsigma-of-x1": 3}
    assert found.first_wrong == "dl_dx2"
    assert found.line == 2


def test_products_written_otherwise_are_told_by_the_sizes_that_let_them_compute():
    found = backward(("(w2.t() @ g2)", "torch.einsum('ij,j->i', w2, g2)"))
    assert found.misconceptions == ("backward-w2-not-transposed",)


def test_the_source_decides_between_mistakes_of_the_same_numbers():
    assert backward(("+=", "-=")).misconceptions == ("backward-subtracts",)
    swapped = backward(("dloss(x2, t)", "dloss(t, x2)"))
    assert (swapped.misconceptions, swapped.alternatives) == (("backward-dloss-swapped",), ())
    neither = backward(("dloss(x2, t)", "(2 * (t - x2))"))
    assert {neither.misconceptions, *neither.alternatives} == {
        ("backward-dloss-swapped",),
        ("backward-subtracts",),
    }


def test_what_is_returned_shows_what_rebinding_hides():
    rebound = [(f"{name} +=", f"{name} = {name} +") for name in ("dl_dw1", "dl_db1", "dl_dw2", "dl_db2")]
    wrong = ("dl_db1 += g1", "dl_db1 += g1\nreturn dl_dw1, dl_db1, dl_dw2, dl_db2")
    found = backward(wrong, *rebound, ("dsigma(s2)", "dsigma(x2)"))
    assert set(found.misconceptions) == {"backward-rebinds", "backward-dsigma-of-x2"}
    assert backward(*rebound).misconceptions == ("backward-rebinds",)


def test_behind_a_missing_global_the_rest_is_diagnosed_too():
    found = backward(("* x[None, :]", "* x0[None, :]"), ("dsigma(s1)", "1"))
    assert found.misconceptions == ("uses-global", "backward-no-dsigma1")
    assert found.facts["name"] == "x0"
    assert found.lines["uses-global"] == 6


def test_a_global_that_is_there_is_noticed_when_it_matters():
    other = {"w2": torch.ones(3, 5)}
    found = diagnosed(
        "forward_pass",
        "def forward_pass(a, b1, c, b2, x):\n    s1 = a.mv(x) + b1\n    x1 = sigma(s1)\n"
        "    s2 = w2.mv(x1) + b2\n    return x, s1, x1, s2, sigma(s2)\n",
        names=other,
    )
    assert found.misconceptions == ("uses-global",)


def test_a_constant_of_the_notebook_is_no_mistake():
    found = diagnosed("dloss", "def dloss(v, t):\n    return FACTOR * (t - v)\n", names={"FACTOR": 2})
    assert found.misconceptions == ("dloss-sign",)


def test_columns_are_told_also_when_something_else_is_wrong():
    columns = """
d2 = dloss(x2, t) * dsigma(s2)
d1 = w2.t().mm(d2) * dsigma({})
dl_dw2 += d2.mm(x1.t()); dl_db2 += d2
dl_dw1 += d1.mm(x.t()); dl_db1 += d1
"""
    right = diagnosed("backward_pass", written("backward_pass", columns.format("s1")))
    assert right.misconceptions == ("backward-column-vectors",)
    wrong = diagnosed("backward_pass", written("backward_pass", columns.format("x1")))
    assert set(wrong.misconceptions) == {"backward-column-vectors", "backward-dsigma-of-x1"}


NOVEL = {
    "dl_dx2": ("dloss(x2, t)", "(x2 - 3 * t)"),
    "dl_ds2": ("dsigma(s2)", "dsigma(s2).sqrt()"),
    "dl_dw2": ("* x1[None, :]", "* x1[None, :].abs()"),
    "dl_db2": ("dl_db2 += g2", "dl_db2 += g2.sum()"),
    "dl_dx1": ("(w2.t() @ g2)", "(w2.t() @ g2.abs())"),
    "dl_ds1": ("dsigma(s1)", "dsigma(s1).sqrt()"),
    "dl_dw1": ("* x[None, :]", "* x[None, :].abs()"),
    "dl_db1": ("dl_db1 += g1", "dl_db1 += g1.sum()"),
}


@pytest.mark.parametrize(("quantity", "edit"), NOVEL.items(), ids=NOVEL)
def test_a_mistake_without_a_name_is_placed(quantity, edit):
    found = backward(edit)
    assert found.misconceptions == ()
    assert found.first_wrong == quantity


@pytest.mark.parametrize(
    ("quantity", "edit"),
    [("s1", ("w1 @ x", "2 * w1 @ x")), ("x2", ("x2 = sigma(s2)", "x2 = torch.softmax(s2, 0)"))],
)
def test_a_forward_mistake_without_a_name_is_placed(quantity, edit):
    found = forward(edit)
    assert (found.misconceptions, found.first_wrong) == ((), quantity)


def test_a_factor_is_told_as_a_fact():
    assert backward(("dl_dw1 += g1", "dl_dw1 += 3 * g1")).facts == {"likeness": "factor", "factor": "3"}


def test_with_earlier_functions_plugged_in_only_what_is_this_functions_own_is_named():
    def half(v, t):
        return v - t

    assert backward(plugged={"dloss": half}).misconceptions == ()
    found = backward(("dsigma(s1)", "dsigma(x1)"), plugged={"dloss": half})
    assert found.misconceptions == ("backward-dsigma-of-x1",)


def test_who_writes_a_formula_out_is_not_blamed_for_the_helper_that_he_got_wrong():
    found = backward(("dsigma(s2)", "(1 - x2 ** 2)"), plugged={"dsigma": lambda x: 1 - x**2})
    assert found.misconceptions == ()


def test_nothing_is_said_of_a_function_that_only_raises_something_else():
    found = diagnosed("backward_pass", written("backward_pass", "raise ValueError(3)"))
    assert found.misconceptions == ()
    assert found.first_wrong is None


def test_a_module_or_a_helper_that_is_missing_is_no_global_of_the_notebook():
    assert backward(("dsigma(s1)", "np.ones(1)")).misconceptions == ()
    assert backward(("dsigma(s1)", "helper(s1)")).misconceptions == ()
    assert backward(("dsigma(s1)", "slopes")).misconceptions == ("uses-global",)


# The attempts of the source notebook.


def test_the_notebooks_first_attempt():
    source = written(
        "backward_pass",
        """
loss = loss(t, x2)
dl_dw2 += dloss(t, x2) * dsigma(x2).t() * x1.t()
dl_db2 += dloss(t, x2) * dsigma(x2)
dl_dw1 += w1 * dloss(t, x2) * dsigma(x2)  * dsigma(x1) * x0
dl_db1 += w1 * dloss(t, x2) * dsigma(x2)  * dsigma(x1)
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    )
    found = diagnosed("backward_pass", source)
    assert set(found.misconceptions) == {
        "shadows-function",
        "uses-global",
        "backward-dloss-swapped",
        "backward-dsigma-of-x2",
        "backward-dsigma-of-x1",
        "backward-elementwise-outer",
    }
    assert (found.facts["hidden"], found.facts["name"]) == ("loss", "x0")


def test_the_notebooks_second_attempt():
    source = written(
        "backward_pass",
        """
dl_dx2 = dloss(t, x2)
dl_ds2 = dl_dx2 * dsigma(s2).t()
dl_dx1 = w2 * dl_ds2
dl_ds1 = dl_dx2 * dsigma(s1).t()
dl_dw2 += dl_ds2 * x1.t()
dl_db2 += dl_ds2
dl_dw1 += dl_ds1 * x0
dl_db1 += dl_ds1
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    )
    found = diagnosed("backward_pass", source)
    assert set(found.misconceptions) == {
        "uses-global",
        "backward-dloss-swapped",
        "backward-skips-dl_dx1",
        "backward-w2-elementwise",
        "backward-elementwise-outer",
    }
    assert found.lines["backward-skips-dl_dx1"] == 5


def test_the_notebooks_slip_in_a_parameters_name_hides_nothing():
    source = written(
        "backward_pass",
        BACKWARD,
        ("dloss(x2, t)", "dloss(t, x2)"),
        ("* x[None, :]", "* x0[None, :]"),
        ("dl_db1 += g1", "dl_db1 += g1\nreturn dl_w1, dl_db1, dl_dw2, dl_db2"),
    ).replace("x2, dl_dw1", "x2, dl_w1")
    found = diagnosed("backward_pass", source)
    assert found.misconceptions == ("uses-global", "backward-dloss-swapped")
    assert found.facts["unbound"] == "dl_dw1"


NOTEBOOK_LOOP = """
def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    train_target = train_target * 0.9
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, math.exp(-6))
    b1 = torch.empty(nb_hidden).normal_(0, math.exp(-6))
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, math.exp(-6))
    b2 = torch.empty(train_target.size(1)).normal_(0, math.exp(-6))
    eta = 0.1
    dl_dw1, dl_db1 = torch.empty(w1.size()), torch.empty(b1.size())
    dl_dw2, dl_db2 = torch.empty(w2.size()), torch.empty(b2.size())
    for i, row in enumerate(train_input):
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()
        t = train_target[i]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, row)
        backward_pass(w1, b1, w2, b2, t, row, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        w1.substract(eta * dl_dw1)
        b1.substract(eta * dl_db1)
        w2.substract(eta * dl_dw2)
        b2.substract(eta * dl_db2)
    return (w1, b1, w2, b2), []
"""


def test_the_notebooks_training_loop():
    found = diagnosed("train", NOTEBOOK_LOOP)
    assert set(found.misconceptions) == {
        "train-update-lost",
        "train-step-size",
        "train-step-per-sample",
        "train-single-epoch",
        "train-init-exp",
    }


# The training.


@pytest.mark.parametrize(
    ("ids", "edits"),
    [
        ({"train-step-size", "train-no-zeta"}, [("0.1 / n", "0.1"), ("* 0.9", "* 1.0")]),
        ({"train-ignores-nb-steps"}, [("range(nb_steps)", "range(4)")]),
        ({"train-ignores-nb-steps"}, [("range(nb_steps)", "range(100)")]),
        (
            {"train-single-epoch", "train-init-exp"},
            [("range(nb_steps)", "range(1)"), ("1e-6", "math.exp(-6)")],
        ),
        ({"mutates-argument"}, [("train_target * 0.9", "train_target.mul_(0.9)")]),
        ({"train-update-lost"}, [("p.sub_", "p.sub")]),
        (
            {"train-accuracy-for-error", "train-percent"},
            [
                ("wrong / n,", "100 - 100 * wrong / n,"),
                ("test_wrong / len(test_input)", "100 - 20 * test_wrong"),
            ],
        ),
        ({"uses-global"}, [("len(train_input)\n", "len(train_data)\n")]),
        (set(), [("1e-6", "1e-3")]),
        (set(), [("eta * g", "0.6 * eta * g")]),
    ],
    ids=lambda value: ", ".join(sorted(value)) if isinstance(value, set) else "",
)
def test_a_mistake_of_the_training_is_named(ids, edits):
    assert set(trained(*edits).misconceptions) == ids


def test_a_history_after_the_update_is_named():
    update = "        for p, g in zip((w1, b1, w2, b2), gradients):\n            p.sub_(eta * g)\n"
    early = trained((update, ""), ("        test_wrong = 0\n", update + "        test_wrong = 0\n"))
    assert early.misconceptions == ("train-stale-history",)


def test_a_training_that_is_not_reproducible_is_not_accused():
    found = trained(("targets = train", "torch.seed()\n    targets = train"), ("0.1 / n", "0.1"))
    assert "train-step-size" not in found.misconceptions


def test_torchs_own_machinery_is_told_by_what_ran_not_by_a_name():
    evident = Evidence(source=TRAIN, calls={"model.backward": 3}, autograd=False)
    prober = Here(TRAIN, base(CATALOGUE))
    assert diagnose(CATALOGUE, "train", prober, evident).misconceptions == ()
    evident = Evidence(source=TRAIN, calls={"model.backward": 3}, autograd=True)
    found = diagnose(CATALOGUE, "train", prober, evident)
    assert (found.misconceptions, found.line) == (("uses-autograd",), 3)


# The comparison itself.


def test_exceptions_are_compared_without_the_order_of_the_operands():
    a = "The size of tensor a (5) must match the size of tensor b (3) at non-singleton dimension 1"
    b = "The size of tensor a (3) must match the size of tensor b (5) at non-singleton dimension 1"
    assert normalised("RuntimeError", a) == normalised("RuntimeError", b)
    assert normalised("RuntimeError", a) != normalised(
        "RuntimeError", a.replace("dimension 1", "dimension 0")
    )


def test_the_tolerance_holds_for_float32_and_not_for_a_percent():
    bench = ReferenceRunner(CATALOGUE, "backward_pass")
    kept = variant_table(CATALOGUE, "backward_pass")
    made = bench.run_variant((0,))
    rounded = type(made)(made.structures, made.errors, tuple(v * (1 + 1e-5) for v in made.numbers))
    off = type(made)(made.structures, made.errors, tuple(v * 1.01 for v in made.numbers))
    assert (0,) in [e.combination for e in explanations(rounded, kept)]
    assert explanations(off, kept) == []


def test_a_reference_without_changes_of_its_arguments_is_observed_by_its_value():
    assert ReferenceRunner(CATALOGUE, "forward_pass").accumulators == ()
    assert trace(ReferenceRunner(CATALOGUE, "loss").outcomes, ()).structures == ("()", "()", "()")


def test_parts_in_any_order_are_told_beside_another_mistake():
    in_order = ("return x, s1, x1, s2, x2", "return s1, s2, x, x1, x2")
    assert forward(in_order).misconceptions == ("forward-order",)
    assert set(forward(in_order, ("s2 = w2 @ x1 + b2", "s2 = w2 @ x1")).misconceptions) == {
        "forward-order",
        "forward-no-bias",
    }


def test_a_column_that_fits_by_chance_on_a_few_samples_is_not_named():
    off = ("wrong += int(x2.argmax() != t.argmax())", "wrong += int(not torch.equal(x2 > 0.5, t > 0.5))")
    assert trained(off).misconceptions == ()


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(a, n):\n    for k in range(1000):\n        for x in a:\n            g(x)", 2),
        ("def f(a, n):\n    b = a\n    for k in range(STEPS):\n        g(k)", 3),
        ("def f(a, n):\n    for x in a:\n        for k in range(3):\n            g(x)", None),
        ("def f(a, n):\n    for k in range(n):\n        g(k)", None),
        ("def f(a, n):\n    for k in range(3):\n        g(k)\n    for k in range(4):\n        g(k)", None),
    ],
)
def test_the_loop_that_a_constant_counts(source, line):
    repaired = repairs.counted_by(source, 1)
    assert (repaired and repaired[1]) == line
    assert line is None or "range(n)" in repaired[0]


def test_a_slip_in_a_name_is_mended_by_the_name_it_resembles():
    source = "def f(w):\n    dl_dw1 = w\n    dl_w1 = g(dl_w1)\n    return dl_w1"
    assert (
        repairs.respelt(source, "dl_w1")
        == "def f(w):\n    dl_dw1 = w\n    dl_dw1 = g(dl_dw1)\n    return dl_dw1"
    )
    assert repairs.respelt("def f(w):\n    total = total + w", "total") is None
