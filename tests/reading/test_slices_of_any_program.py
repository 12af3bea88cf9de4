"""A slice gives what the whole program gives: small programs of any statements, and the program run whole."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from texts import run, sliced

NUMBERS = tuple("abcde")
LISTS = tuple("pqr")
FUNCTIONS = tuple("ghk")
AT_THE_TOP = FUNCTIONS[-1] + "z"


@dataclass
class Program:
    """A program as it is written: its lines, and the names that have a value so far."""

    lines: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def write(self, *lines: str) -> None:
        self.lines.extend(lines)


def bind(known: list[str], name: str) -> None:
    if name not in known:
        known.append(name)


@st.composite
def programs(draw):
    """A program that runs, whose last function `f` returns what the names hold that it reads."""
    program = Program()
    program.write("from math import floor, pi")
    for _ in range(draw(st.integers(1, 14))):
        draw(st.sampled_from(STATEMENTS))(draw, program)
    known = program.numbers + program.lists
    calls = [f"{name}()" for name in program.functions]
    parts = draw(st.lists(st.sampled_from([*known, *calls, "0"]), max_size=4))
    program.write(
        "def f():", f"    return ({''.join(p + ', ' for p in parts)})"
    )
    return "\n".join(program.lines)


def value(draw, program, within=AT_THE_TOP) -> str:
    """An expression that gives a number. Functions call those before them only, so that every call ends."""
    options = [str(draw(st.integers(-3, 3))), "floor(pi)"]
    options += program.numbers
    options += [f"len({name})" for name in program.lists]
    options += [f"sum({name})" for name in program.lists]
    options += [f"{name}()" for name in program.functions if name < within]
    one, other = (draw(st.sampled_from(options)) for _ in range(2))
    return draw(
        st.sampled_from(
            [
                one,
                f"{one} + {other}",
                f"({one} if {other} else 1)",
                f"(lambda v: v + {one})({other})",
                f"sum(i for i in range(3) if i != {one})",
            ]
        )
    )


def assigns(draw, program):
    name = draw(st.sampled_from(NUMBERS))
    program.write(f"{name} = {value(draw, program)}")
    bind(program.numbers, name)


def assigns_several(draw, program):
    one, other = draw(st.permutations(NUMBERS))[:2]
    program.write(
        f"{one}, {other} = {value(draw, program)}, {value(draw, program)}"
    )
    bind(program.numbers, one)
    bind(program.numbers, other)


def updates(draw, program):
    if program.numbers:
        name = draw(st.sampled_from(program.numbers))
        program.write(f"{name} += {value(draw, program)}")


def makes_a_list(draw, program):
    name = draw(st.sampled_from(LISTS))
    program.write(f"{name} = [{value(draw, program)}, 1]")
    bind(program.lists, name)


def changes_a_list(draw, program):
    if program.lists:
        name = draw(st.sampled_from(program.lists))
        change = draw(
            st.sampled_from(
                [
                    "{}.append({})",
                    "{}[0] = {}",
                    "{} += [{}]",
                    "{}[0] += {}",
                    "{}.extend([{}])",
                ]
            )
        )
        program.write(change.format(name, value(draw, program)))


def fills_by_a_loop(draw, program):
    if program.lists:
        name = draw(st.sampled_from(program.lists))
        program.write(
            "for i in range(3):",
            f"    {name}.append(i + {value(draw, program)})",
        )


def chooses(draw, program):
    name = draw(st.sampled_from(NUMBERS))
    program.write(
        f"if {value(draw, program)} > 1:",
        f"    {name} = {value(draw, program)}",
        "else:",
        f"    {name} = {value(draw, program)}",
    )
    bind(program.numbers, name)


def tries(draw, program):
    name = draw(st.sampled_from(NUMBERS))
    program.write(
        "try:",
        f"    {name} = 1 // ({value(draw, program)})",
        "except ZeroDivisionError:",
        f"    {name} = {value(draw, program)}",
    )
    bind(program.numbers, name)


def defines(draw, program):
    name = draw(st.sampled_from(FUNCTIONS))
    default = value(draw, program)
    inner = value(draw, program, within=name)
    program.write(f"def {name}(v={default}):", f"    return v + {inner}")
    bind(program.functions, name)


def defines_a_lambda(draw, program):
    name = draw(st.sampled_from(FUNCTIONS))
    program.write(f"{name} = lambda: {value(draw, program, within=name)}")
    bind(program.functions, name)


def changes_by_a_call(draw, program):
    if program.lists:
        name = draw(st.sampled_from(program.lists))
        program.write(
            "def change():",
            f"    {name}.append({value(draw, program)})",
            "change()",
        )


def binds_by_a_call(draw, program):
    name = draw(st.sampled_from(NUMBERS))
    program.write(
        "def change():",
        f"    global {name}",
        f"    {name} = {value(draw, program)}",
        "change()",
    )
    bind(program.numbers, name)


def prints(draw, program):
    program.write(f"print({value(draw, program)}, end='')")


def uses_a_class(draw, program):
    name = draw(st.sampled_from(NUMBERS))
    program.write(
        "class C:",
        f"    kept = {value(draw, program)}",
        f"{name} = C.kept",
    )
    bind(program.numbers, name)


def deletes(draw, program):
    # what a function reads is still needed
    if program.numbers and not program.functions:
        name = draw(st.sampled_from(program.numbers))
        program.numbers.remove(name)
        program.write(f"del {name}")


STATEMENTS = [
    assigns,
    assigns_several,
    updates,
    makes_a_list,
    changes_a_list,
    fills_by_a_loop,
    chooses,
    tries,
    defines,
    defines_a_lambda,
    changes_by_a_call,
    binds_by_a_call,
    prints,
    uses_a_class,
    deletes,
]


@given(programs())
def test_a_slice_gives_what_the_whole_program_gives(program: str) -> None:
    whole: dict[str, object] = {}
    exec(program, whole)
    found = sliced(program)
    assert run(found)["f"]() == whole["f"](), program


@given(programs())
def test_a_slice_is_statements_of_the_file_in_its_order(program: str) -> None:
    lines = [statement.line for statement in sliced(program).statements]
    assert lines == sorted(lines)
