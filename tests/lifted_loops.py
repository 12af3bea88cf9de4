"""A small exercise's loop, lifted from a test's source: `back` is what a training calls for each sample."""

from texts import python

from grader.reading.lifting import LoopWanted
from grader.reading.slicing import slice_functions

WANTED = LoopWanted(
    around=("back", "fore"),
    state=("w", "b"),
    parameters=("inputs", "targets", "nb_hidden", "nb_steps"),
)
BACK = "def back(w, x): pass\n"
FORE = "def fore(w, x): pass\n"


def lifted(source):
    text = python(source) if isinstance(source, str) else source
    names = "back", "fore", "fit"
    found = slice_functions(text, names, ("fit",), loops={"fit": WANTED})
    return found.lifted.get("fit")


def lines(found):
    return [statement.line for statement in found.statements]
