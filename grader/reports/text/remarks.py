"""What wrong numbers show, in sentences."""

from __future__ import annotations

from collections.abc import Callable

from grader.results import Remark


def sentence(remark: Remark, words: Callable[..., str]) -> str:
    """The sentence of a remark. words: puts an English sentence into the report's language."""
    what, value = remark.about, remark.value
    if remark.kind.startswith(("step-", "samples-", "never-")):
        return _of_step(remark, words)
    if not what:
        what = words("What the function gives")
    sentences = {
        "zero": words("%(what)s is 0 everywhere.", what=what),
        "opposite": words("%(what)s has the opposite sign.", what=what),
        "factor": words(
            "%(what)s is %(value)s times what it should be.",
            what=what,
            value=value,
        ),
        "divided": words(
            "%(what)s is what it should be, divided by its number of entries.",
            what=what,
        ),
        "is": words(
            "%(what)s has the value of %(value)s.", what=what, value=value
        ),
        "square": words(
            "%(what)s is the square of what it should be.", what=what
        ),
        "absolute": words(
            "%(what)s is the absolute value of what it should be.", what=what
        ),
        "sum": words(
            "%(what)s is the sum of the entries that it should have.",
            what=what,
        ),
        "mean": words(
            "%(what)s is the mean of the entries that it should have.",
            what=what,
        ),
        "one-off": words(
            "%(what)s has each entry one place later than it should.",
            what=what,
        ),
        "one-off-back": words(
            "%(what)s has each entry one place earlier than it should.",
            what=what,
        ),
        "transposed": words(
            "%(what)s is the transpose of what it should be.", what=what
        ),
        "reordered": words(
            "%(what)s has its entries in reverse order.", what=what
        ),
        "unused": words("Never used: %(value)s.", value=value),
        "shape": words(
            "The shape of %(what)s, and the one it should have: %(value)s.",
            what=what,
            value=value,
        ),
    }
    return sentences[remark.kind]


def _of_step(remark: Remark, words: Callable[..., str]) -> str:
    """The same of a remark on a step of a training."""
    what, value = remark.about, remark.value
    if what and remark.kind in ("step-opposite", "step-factor"):
        sentences = {
            "step-opposite": words(
                "A step moves %(what)s in the opposite direction.", what=what
            ),
            "step-factor": words(
                "A step moves %(what)s %(value)s times as far as it should.",
                what=what,
                value=value,
            ),
        }
        return sentences[remark.kind]
    sentences = {
        "never-moves": words("A step does not move %(what)s.", what=what),
        "step-opposite": words("A step goes in the opposite direction."),
        "step-factor": words(
            "A step is %(value)s times as long as it should be.", value=value
        ),
        "samples-unused": words(
            "Of %(what)s samples, counted from 0, these have no part in a step: %(value)s.",
            what=what,
            value=value,
        ),
        "samples-only": words(
            "Of %(what)s samples, counted from 0, only these have a part in a step: %(value)s.",
            what=what,
            value=value,
        ),
    }
    return sentences[remark.kind]
