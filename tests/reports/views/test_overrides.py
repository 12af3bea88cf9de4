"""Manual marks: read, refused, applied, shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_samples as samples

from grader.errors import UsageError
from grader.reports.views import overrides
from grader.reports.views.overrides import Override


def written(folder: Path, text: str) -> Path:
    path = folder / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    return path


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
     "[a.b]\ncomment = 1", "[a"],
)  # fmt: skip
def test_a_manual_mark_that_cannot_be_is_refused(tmp_path, table):
    with pytest.raises(UsageError, match=r"overrides\.toml"):
        overrides.load_overrides(written(tmp_path, table))


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
