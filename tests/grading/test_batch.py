"""A batch ends with every grade, whatever its submissions do and whichever process is killed."""

import dataclasses
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import tiny
from watching import Recorder, marks

from grader import results
from grader.errors import OutputError, UsageError
from grader.exercise import Exercise
from grader.grading import batch


def children(pid):
    """The processes that a process has started, theirs included, as (pid, command line)."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            found += [(child, command), *children(child)]
    return found


def test_submissions_that_hang_exit_or_crash_cost_only_their_own_marks(plan):
    sources = {
        "right": tiny.RIGHT,
        "hangs": tiny.HANGS,
        "exits": tiny.EXITS,
        "crashes": tiny.CRASHES,
    }
    sources |= {"wrong": tiny.WRONG, "broken": "def double(x:"}
    order = plan(sources)
    graded = batch.run(order)
    assert marks(order.folder) == {**dict.fromkeys(sources, 0.0), "right": 2.0}
    assert [r.submission.id for r in graded.results] == sorted(sources)
    assert not graded.faults
    notices = {
        r.submission.id: " ".join(map(str, r.notices)) for r in graded.results
    }
    assert "did not return within 2 s" in notices["hangs"]
    assert "ended its process" in notices["exits"]
    for name in ("index.html", "gradebook.csv", "right/report.html"):
        assert (order.folder / name).is_file()


def kill_while_a_worker_runs(what, killed):
    """Kill the trusted process or the zygote once a submission is at work; a worker has its zygote's name."""
    deadline = time.monotonic() + 30
    zygotes = []
    while len(zygotes) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
        (trusted,) = (child.pid for child in multiprocessing.active_children())
        zygotes = [
            pid
            for pid, command in children(trusted)
            if b"zygote.main" in command and b"bwrap" not in command
        ]
    killed.append(trusted if what == "trusted" else zygotes[0])
    os.kill(killed[0], signal.SIGKILL)


@pytest.mark.parametrize("what", ["trusted", "zygote"])
def test_a_process_that_is_killed_costs_a_retry(plan, what):
    killed = []

    def on_start(_):
        if len(watcher.order) == 2:
            kill = threading.Timer(
                0.5, kill_while_a_worker_runs, (what, killed)
            )
            kill.start()

    watcher = Recorder(on_start)
    order = plan({f"s{i}": tiny.SLOW for i in range(3)})
    graded = batch.run(order, watcher)
    assert killed
    assert [id_ for id_, _ in watcher.lost] == ["s1"]
    assert not graded.faults
    assert marks(order.folder) == {f"s{i}": 2.0 for i in range(3)}


def test_who_breaks_the_grader_twice_gets_a_result_that_says_so(plan):
    # a check that ends the trusted process, for one submission only
    order = plan({"a": tiny.RIGHT, "killer": tiny.WRONG, "z": tiny.RIGHT})
    check = order.exercise.folder / "checks" / "test_double.py"
    check.write_text(
        "import os, torch\n\ndef test_values(student):\n"
        '    """double(x) is twice x."""\n'
        "    if student.double(torch.ones(1)).item() == 1:\n        os.kill(os.getpid(), 9)\n"
    )
    order = dataclasses.replace(
        order, exercise=Exercise.load(str(order.exercise.folder))
    )
    watcher = Recorder()
    graded = batch.run(order, watcher)
    assert marks(order.folder) == {"a": 2.0, "killer": 0.0, "z": 2.0}
    assert list(graded.faults) == ["killer"]
    assert [id_ for id_, _ in watcher.lost] == ["killer"]
    killer = results.from_json(
        (order.folder / "killer" / "grade.json").read_text()
    )
    assert "could not be graded" in str(killer.notices[0])
    watcher = Recorder()
    batch.run(order, watcher)
    assert sorted(watcher.kept) == ["a", "z"]  # a fault is not kept


def test_a_grading_process_that_hangs_is_ended(plan, monkeypatch):
    order = plan({"a": tiny.RIGHT, "killer": tiny.WRONG})
    check = order.exercise.folder / "checks" / "test_double.py"
    check.write_text(
        "import time, torch\n\ndef test_values(student):\n"
        "    while student.double(torch.ones(1)).item() == 1:\n        time.sleep(1)\n"
    )
    order = dataclasses.replace(
        order, exercise=Exercise.load(str(order.exercise.folder))
    )
    # 12 s: three versions of a submission have 20 s each
    monkeypatch.setattr(batch, "_PATIENCE", -48.0)
    graded = batch.run(order)
    assert "did not finish in time" in str(graded.faults["killer"])
    assert marks(order.folder)["a"] == 2.0


def test_an_unusable_format_or_folder_of_data_is_told_before_anything_is_graded(
    plan, tmp_path
):
    with pytest.raises(UsageError, match="no format 'pdf'"):
        batch.run(plan({"a": tiny.RIGHT}, formats=("pdf",)))
    with pytest.raises(UsageError, match="is not a folder"):
        batch.run(plan({"a": tiny.RIGHT}, data=tmp_path / "none"))


def test_ctrl_c_keeps_what_is_done_and_a_second_run_goes_on(plan, tmp_path):
    order = plan({f"s{i}": tiny.SLOW for i in range(5)})
    command = [
        sys.executable,
        "-m",
        "grader",
        "grade",
        str(tmp_path / "class"),
        "--out",
        str(order.folder),
    ]
    command += ["--exercise", str(order.exercise.folder), "--jobs", "1"]
    # a shell's background job would have it ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("2/5"):
                os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 130
    assert (
        "2 of 5 are graded. Run the same command again to go on."
        in "".join(lines)
    )
    assert len(marks(order.folder)) == 2
    watcher = Recorder()
    batch.run(dataclasses.replace(order, seed=None), watcher)
    assert (len(watcher.kept), len(watcher.finished_ids)) == (2, 3)


def test_processes_end_with_a_parent_that_is_killed(plan, tmp_path):
    order = plan({f"s{i}": tiny.SLOW for i in range(5)})
    command = [
        sys.executable,
        "-m",
        "grader",
        "grade",
        str(tmp_path / "class"),
        "--out",
        str(order.folder),
    ]
    with subprocess.Popen(
        [*command, "--exercise", str(order.exercise.folder), "--jobs", "2"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        below = [pid for pid, _ in children(process.pid)]
        process.kill()
    deadline = time.monotonic() + 20
    while (
        alive := [pid for pid in below if running(pid)]
    ) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert below
    assert not alive


def running(pid):
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            != "Z"
        )
    except OSError:
        return False


# -- faults injected into a batch ------------------------------------------------------------------------


def at_the_third(act):
    """A recorder that acts as the third submission is handed to a process."""

    def on_start(_):
        if len(watcher.order) == 3:
            act()

    watcher = Recorder(on_start)
    return watcher


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 64 KB, and what makes that disk larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")

    def enlarge():
        subprocess.run(
            ["mount", "-o", "remount,size=4m", str(folder)], check=True
        )

    yield folder, enlarge
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_ends_the_batch_in_a_sentence_and_loses_nothing(
    plan, small_disk
):
    disk, enlarge = small_disk
    sources = {f"s{i}": tiny.RIGHT for i in range(6)}
    order = dataclasses.replace(plan(sources), folder=disk / "out")
    with pytest.raises(
        OutputError, match=r"No space left.* of 6 are graded\. Run the same"
    ):
        batch.run(order)
    enlarge()
    kept = sorted(marks(order.folder))
    assert kept
    watcher = Recorder()
    batch.run(order, watcher)
    assert sorted(watcher.kept) == kept
    assert marks(order.folder) == dict.fromkeys(sources, 2.0)
    unfinished = [path.name for path in order.folder.rglob(".*")]
    assert not unfinished


def test_a_folder_that_vanishes_ends_the_batch_in_a_sentence(plan, tmp_path):
    order = plan({f"s{i}": tiny.RIGHT for i in range(4)})
    away = tmp_path / "away"
    watcher = at_the_third(lambda: order.folder.rename(away))
    with pytest.raises(OutputError, match="out is not there any more"):
        batch.run(order, watcher)
    assert len(marks(away)) == 2
    away.rename(order.folder)
    watcher = Recorder()
    batch.run(order, watcher)
    assert (len(watcher.kept), len(watcher.finished_ids)) == (2, 2)


def test_a_submission_whose_own_folder_cannot_be_made_keeps_its_mark(plan):
    order = plan({"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.WRONG})
    order.folder.mkdir()
    (order.folder / "b").write_text("A file in its place.")
    graded = batch.run(order)
    assert [result.score for result in graded.results] == [2.0, 2.0, 0.0]
    kinds = [notice.kind for notice in graded.results[1].notices]
    assert "not-written" in kinds
    book = (order.folder / "gradebook.csv").read_text()
    assert '"b","b","2","2"' in book
    assert sorted(marks(order.folder)) == ["a", "c"]


def test_files_that_vanish_or_change_are_graded_as_they_were_read(
    plan, tmp_path
):
    handed_in = tmp_path / "class"

    def act():
        (handed_in / "gone.py").unlink()
        (handed_in / "zchanged.py").write_text(tiny.WRONG)

    sources = {"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT}
    sources |= {"gone": tiny.RIGHT, "zchanged": tiny.RIGHT}
    order = plan(sources)
    graded = batch.run(order, at_the_third(act))
    assert not graded.faults
    assert marks(order.folder) == {
        **dict.fromkeys(sources, 2.0),
        "gone": 0.0,
        "zchanged": 0.0,
    }
    by_id = {each.submission.id: each for each in graded.results}
    digest = hashlib.sha256(tiny.WRONG.encode()).hexdigest()
    assert by_id["zchanged"].submission.sha256 == digest
    # a file that comes back is graded; one that has changed is graded as it is now
    (handed_in / "gone.py").write_text(tiny.RIGHT)
    watcher = Recorder()
    batch.run(plan(sources), watcher)
    assert marks(order.folder) == dict.fromkeys(sources, 2.0)
    assert sorted(watcher.kept) == ["a", "b", "c"]


def test_two_graders_do_not_write_into_one_folder(plan):
    order = plan({"a": tiny.RIGHT})

    def run_again():
        with pytest.raises(UsageError, match="another grader is writing"):
            batch.run(order)
        tried.append(True)

    tried = []
    batch.run(order, Recorder(lambda _: run_again()))
    assert tried
    # the folder is free again
    batch.run(order)


class _Gone(batch.Watcher):
    """A terminal that has gone: whatever is told it fails."""

    def begin(self, total):
        raise UnicodeEncodeError("ascii", str(total), 0, 1, "no letter")

    def started(self, submission):
        raise BrokenPipeError(submission.id)

    def finished(self, result, kept):
        raise RuntimeError(result.submission.id, kept)

    def end(self):
        raise OSError


def test_who_watches_ends_no_grading(plan):
    order = plan({"a": tiny.RIGHT, "b": tiny.WRONG})
    graded = batch.run(order, _Gone())
    assert not graded.faults
    assert marks(order.folder) == {"a": 2.0, "b": 0.0}
