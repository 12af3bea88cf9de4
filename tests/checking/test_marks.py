"""What a check says about itself: read from real items of pytest."""

import textwrap
from pathlib import Path

import pytest
import tiny

from grader.checking import marks
from grader.checking.runner import Checks
from grader.exercise import Exercise

CHECKS = """
    import pytest
    from grader.checking import locates, points, requires, shapes

    @points(3)
    @locates("{kind} part")
    @pytest.mark.parametrize("kind", ["odd", "even"])
    def test_values(student, kind):
        \"\"\"double(x) should be twice x, for an {kind} x.

        Not for the student.
        \"\"\"

    @shapes
    def test_shape(student):
        pass

    def test_dtype(student):
        pass

    @requires("values", "shape")
    @requires("dtype")
    def test_pure(student):
        pass
"""


@pytest.fixture
def items(tmp_path: Path) -> dict[str, pytest.Item]:
    folder = tiny.exercise(tmp_path / "tiny")
    (folder / "checks" / "test_double.py").write_text(textwrap.dedent(CHECKS))
    checks = Checks(Exercise.load(str(folder)))
    checks.close()
    return {item.name: item for item in checks.items}


def test_all_of_it(items: dict[str, pytest.Item]) -> None:
    values, pure = items["test_values[odd]"], items["test_pure"]
    assert marks.function_of(values) == "double"
    assert [marks.name_of(item) for item in (values, pure)] == [
        "values[odd]",
        "pure",
    ]
    assert marks.without_parameter("values[odd]") == "values"
    assert [marks.share_of(item) for item in (values, pure)] == [3, 1]
    assert marks.required_by(values) == []
    assert marks.is_about_shapes(items["test_shape"])
    assert not marks.is_about_shapes(values)
    assert sorted(marks.required_by(pure)) == ["dtype", "shape", "values"]
    assert [marks.located_by(item) for item in (values, pure)] == [
        "odd_part",
        None,
    ]


def test_a_title_is_the_first_line_without_a_full_stop(
    items: dict[str, pytest.Item],
) -> None:
    assert (
        marks.title_of(items["test_values[odd]"])
        == "double(x) should be twice x, for an odd x"
    )
    assert marks.title_of(items["test_pure"]) == "pure"
