"""What tests see of a batch: what happens in it, and the marks in its folder."""

from grader import results
from grader.grading import batch


class Recorder(batch.Watcher):
    """Remembers what happens in a batch, and does something when a submission starts."""

    def __init__(self, on_start=lambda _: None):
        self.order, self.finished_ids, self.kept, self.lost, self.on_start = (
            [],
            [],
            [],
            [],
            on_start,
        )

    def started(self, submission):
        self.order.append(submission.id)
        self.on_start(submission)

    def finished(self, result, kept):
        (self.kept if kept else self.finished_ids).append(result.submission.id)

    def again(self, submission, why):
        self.lost.append((submission.id, why))


def marks(folder):
    graded = (
        results.from_json(path.read_text())
        for path in folder.glob("*/grade.json")
    )
    return {result.submission.id: result.score for result in graded}
