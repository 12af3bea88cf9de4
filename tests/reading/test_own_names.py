"""What the file calls the required functions: obvious variants of their names, where there is no doubt."""

import pytest
from texts import notebook, python

from grader.notices import Notice
from grader.reading.own_files import OwnFiles
from grader.reading.own_modules import OwnModules
from grader.reading.own_names import Expected
from grader.reading.slicing import slice_functions

EXPECTED = {
    "sigma": Expected(1, 1, also=["activation"]),
    "dsigma": Expected(1, 1, derivative_of="sigma"),
    "loss": Expected(2, 2, also=["compute_loss"]),
    "dloss": Expected(2, 2, derivative_of="loss"),
    "back_pass": Expected(3, 3),
    "train": Expected(2, 4),
}


def sliced(text):
    return slice_functions(text, list(EXPECTED), ["train"], expected=EXPECTED)


def names_in(source):
    return sliced(python(source)).own_names


def defining(name, parameters):
    return f"def {name}({parameters}):\n    return 1\n"


VARIANTS = {
    "sigma": [
        "Sigma",
        "SIGMA",
        "sigma_",
        "_sigma",
        "activation",
        "Activation",
    ],
    "dsigma": [
        "d_sigma",
        "dSigma",
        "sigma_prime",
        "sigmaPrime",
        "derivative_sigma",
        "sigma_derivative",
        "grad_sigma",
        "deriv_of_sigma",
        "activation_prime",
        "d_activation",
    ],
    "dloss": [
        "d_loss",
        "grad_loss",
        "loss_grad",
        "lossDerivative",
        "dcompute_loss",
    ],
    "back_pass": ["backPass", "BackPass", "backpass", "Back_Pass"],
    "train": ["Train", "TRAIN"],
}
PARAMETERS = {"dloss": "v, t", "back_pass": "a, b, c", "train": "a, b, c=1"}
PAIRS = [
    (name, variant) for name, those in VARIANTS.items() for variant in those
]


@pytest.mark.parametrize(("name", "variant"), PAIRS)
def test_a_variant_is_taken(name, variant):
    parameters = PARAMETERS.get(name, "x")
    found = sliced(python(f"a = 1\n\n{defining(variant, parameters)}"))
    assert found.own_names == {name: variant}
    assert found.definitions[name].first_line == 3
    names = {"names": f"`{variant}` (`{name}`)"}
    assert found.notices == (Notice("own-names", names),)


@pytest.mark.parametrize(
    "other",
    ["sigmoid", "tanh", "dsig", "my_sigma_function", "prime", "grad", "back"],
)
def test_what_is_no_obvious_variant_is_not_taken(other):
    assert names_in(defining(other, "x")) == {}


TWO = defining("d_sigma", "x") + defining("sigma_prime", "x")


@pytest.mark.parametrize(
    "source",
    [
        defining("sigma", "x") + defining("Sigma", "x"),
        "from torch import tanh as sigma\n" + defining("Sigma", "x"),
        "sigma = make('tanh')\n" + defining("Sigma", "x"),
        "def sigma(x:\n    return 1\n\n" + defining("Sigma", "x"),
        TWO,
        defining("Sigma", "x, y"),
        defining("Sigma", "*, x"),
        defining("Sigma", "x, *, y"),
        "class Sigma:\n    pass\n",
        "def outer():\n    def Sigma(x):\n        return x\n",
        "async def Sigma(x):\n    return x\n",
        defining("Sigma", "x") + "Sigma = 3\n",
    ],
)
def test_a_variant_is_left_where_there_is_doubt(source):
    found = sliced(python(source))
    assert found.own_names == {}
    assert not any(notice.kind == "own-names" for notice in found.notices)


@pytest.mark.parametrize(
    "value", ["0", "compute_loss(1, 2)", "losses[-1]", "a + 1"]
)
def test_a_variable_does_not_stand_in_the_way(value):
    source = f"{defining('compute_loss', 'v, t')}loss = {value}\nfor i in a:\n    loss += 1\n"
    assert names_in(source) == {"loss": "compute_loss"}


@pytest.mark.parametrize(
    "parameters", ["v, t=None", "v, t, how=2", "*both", "v, *rest"]
)
def test_the_number_of_arguments_is_that_of_a_call(parameters):
    assert names_in(defining("d_loss", parameters)) == {"dloss": "d_loss"}


def test_a_lambda_and_a_cell():
    text = notebook("a = 1", "Sigma = lambda x: x + a", "def F(x): pass")
    found = sliced(text)
    assert found.own_names == {"sigma": "Sigma"}
    assert [statement.cell for statement in found.statements] == [1, 2]
    assert found.definitions["sigma"].cell == 2


def test_why_no_variant_is_taken():
    missing = sliced(python(TWO + defining("Back_Pass", "a"))).missing
    assert (
        "it defines `d_sigma` and `sigma_prime`: call the one"
        in missing["dsigma"]
    )
    assert (
        "`Back_Pass`, whose number of parameters is 1 and not 3"
        in missing["back_pass"]
    )


def test_a_training_under_another_name_is_not_run():
    found = sliced(python(defining("Train", "a, b") + "w = Train(1, 2)\n"))
    assert [statement.line for statement in found.statements] == [1]
    assert found.own_names == {"train": "Train"}


def test_strict_names():
    source = python(defining("Sigma", "x"))
    assert slice_functions(source, list(EXPECTED)).own_names == {}


@pytest.mark.parametrize(
    ("line", "handed_in", "taken"),
    [
        ("from nowhere_at_all import optimizer, loss", {}, True),
        ("from nowhere_at_all.parts import loss", {}, True),
        # a library, which may well have it
        ("from torch.nn.functional import loss", {}, False),
        (
            "from beside import loss",
            {("beside",): defining("loss", "v, t")},
            False,
        ),
    ],
)
def test_an_import_in_vain_does_not_stand_in_the_way(line, handed_in, taken):
    texts = {path: python(source) for path, source in handed_in.items()}
    own = OwnModules(OwnFiles(texts=texts), list(EXPECTED), ["train"])
    source = f"{line}\n{defining('loss_', 'v, t')}"
    found = slice_functions(
        python(source), list(EXPECTED), ["train"], own, expected=EXPECTED
    )
    assert found.own_names == ({"loss": "loss_"} if taken else {})
