"""Several ways to write the same, as one."""

import ast

import pytest

from grader.diagnosis.canonical import Canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("torch.mm(W, x.view(-1, 1))", "W @ x"),
        ("W.mv(x)", "W @ x"),
        ("torch.mul(x, y)", "x * y"),
        ("x.ger(y)", "outer(x, y)"),
        ("torch.outer(x, y)", "outer(x, y)"),
        ("x.t() * f(y).T", "x * f(y)"),  # vectors, and functions of vectors
        ("W.T @ x", "W.t() @ x"),  # but not matrices
        ("W.t() @ x", "W.t() @ x"),
        ("W += x", "W.add_(x)"),
        ("x -= torch.matmul(W, y)", "x.sub_(W @ y)"),
        ("x /= y", "x /= y"),
        ("torch.tanh(x)", "torch.tanh(x)"),
        ("helper(x)", "helper(x)"),
    ],
)
def test_a_way_to_write_it(written, canonical):
    tree = Canonical(frozenset({"W"})).visit(ast.parse(written))
    assert ast.unparse(tree) == canonical
