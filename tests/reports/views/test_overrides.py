"""Manual marks: read, refused, applied, shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.reports.views import overrides
from grader.reports.views.overrides import Override


def written(folder: Path, text: str) -> Path:
    path = folder / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    return path


def toml(text: str) -> str:
    # JSON writes texts as TOML does, but for one character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def test_marks_and_comments_are_read(tmp_path):
    table = '[bruno.backward_pass]\npoints = 4.5\ncomment = "Right idea"\n[chloe.loss]\ncomment = "?"\n'
    assert overrides.load_overrides(written(tmp_path, table)) == {
        "bruno": {"backward_pass": Override(4.5, "Right idea")},
        "chloe": {"loss": Override(None, "?")},
    }


def test_a_class_is_marked_and_sorted_by_id():
    found = overrides.marked(
        [samples.wrong(), samples.right()],
        {"bruno": {"backward_pass": Override(4.5)}},
    )
    assert [(result.submission.id, result.score) for result in found] == [
        ("amelie", 20),
        ("bruno", 12.5),
    ]


@pytest.mark.parametrize(
    "table",
    ["[a.b]\npoints = -1", "[a.b]\npoints = nan", "[a.b]\npoints = true", "[a.b]\nmarks = 1", "a = 1",
     "[a.b]\ncomment = 1", "[a", "[a.b]\npoints = 1" + "0" * 400, "[a.b]\npoints = 1" + "0" * 9000,
     "a = " + "[" * 100_000, "[a.b]\npoints = 1e999"],
)  # fmt: skip
def test_a_manual_mark_that_cannot_be_is_refused(tmp_path, table):
    with pytest.raises(UsageError, match=r"overrides\.toml"):
        overrides.load_overrides(written(tmp_path, table))


@given(
    st.dictionaries(
        st.text(max_size=9),
        st.dictionaries(
            st.text(max_size=9),
            st.tuples(st.none() | st.floats(0, 1e6), st.text(max_size=30)),
            max_size=3,
        ),
        max_size=3,
    )
)
def test_any_marks_read_back(tmp_path_factory, marks):
    lines = []
    wanted = {}
    for id_, manual in marks.items():
        key = toml(id_)
        lines.append(f"[{key}]")
        wanted[id_] = {}
        for name, (points, comment) in manual.items():
            lines.append(f"[{key}.{toml(name)}]")
            if points is not None:
                lines.append(f"points = {points!r}")
            lines.append(f"comment = {toml(comment)}")
            wanted[id_][name] = Override(points, comment)
    folder = tmp_path_factory.mktemp("marks")
    path = written(folder, "\n".join(lines))
    assert overrides.load_overrides(path) == wanted


def test_a_manual_mark_must_fit_the_result():
    with pytest.raises(UsageError, match="7 points of at most 6"):
        overrides.apply_overrides(
            samples.wrong(), {"backward_pass": Override(7.0)}
        )
    with pytest.raises(UsageError, match="no function nonsense"):
        overrides.apply_overrides(samples.wrong(), {"nonsense": Override(1.0)})
    assert overrides.unused_overrides({"brno": {}}, [samples.wrong()]) == (
        "brno",
    )
