"""What the course's prologue serves to a submission."""

import types

from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
INPUTS = EXERCISE.inputs


def test_the_prologue_serves_what_the_data_set_holds() -> None:
    prologue = types.ModuleType("prologue")
    (text,) = set(EXERCISE.prologues().values())
    exec(text, prologue.__dict__)
    prologue.install(*INPUTS.course_data({}))
    train_input, train_target, test_input, test_target = prologue.load_data(
        one_hot_labels=True, normalize=True, flatten=True
    )
    assert train_input.shape == (1000, 784)
    assert train_target.shape == (1000, 10)
    assert len(test_input) == len(test_target) == 797
    assert abs(float(train_input.mean())) < 1e-4
    assert set(train_target.unique().tolist()) == {0.0, 1.0}


def test_a_star_brings_what_the_courses_own_module_brings() -> None:
    prologue = types.ModuleType("prologue")
    (text,) = set(EXERCISE.prologues().values())
    exec(text, prologue.__dict__)
    prologue.install(*INPUTS.course_data({}))
    names = {"torch", "os", "argparse", "args", "parser", "datasets"}
    assert names <= vars(prologue).keys()
    pairs, target, classes = prologue.generate_pair_sets(5)[:3]
    assert (pairs.shape, target.shape, classes.shape) == (
        (5, 2, 14, 14),
        (5,),
        (5, 2),
    )
