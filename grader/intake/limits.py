"""What one submission may cost before it is graded: files, bytes, depth, time; archives in archives too."""

from __future__ import annotations

import time

from grader.errors import GraderError

LARGEST = 64 << 20  # bytes of one file, and of a zip inside a zip
LARGEST_SOURCE = (
    8 << 20
)  # bytes of a .py file, and of all modules of one file together
TOO_LARGE = f"is larger than {LARGEST >> 20} MB; clear the notebook's outputs and hand it in again"
TOO_LARGE_SOURCE = f"is larger than {LARGEST_SOURCE >> 20} MB; take the data out of it and hand it in again"
MOST_FILES = 50_000  # of one submission, with its folders
MOST_BYTES = 128 << 20  # of one submission's code and archives, unpacked
# of processor time that one submission's files may take to be listed: a busy machine costs nobody a mark
MOST_SECONDS = 20.0
MOST_FILES_OF_A_CLASS = 500_000  # in a zip that the instructor names
DEEPEST = 4  # zips within zips
DEEPEST_FOLDER = 50


class Refused(GraderError):
    """A file, folder or zip that is not read; the text is a clause about it."""


class Budget:
    """What is left for one submission. Everything is taken from it before it is read."""

    def __init__(
        self,
        files: int = MOST_FILES,
        size: int = MOST_BYTES,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._most = files, size, seconds
        self.files = files
        self.size = size
        self._end = time.thread_time() + seconds

    def take_files(self, count: int) -> None:
        """Take so many files and folders. Raises Refused where fewer are left."""
        if count > self.files:
            raise Refused(
                f"makes it more than {self._most[0]} files in all; hand in your code alone"
            )
        self.files -= count

    def take_bytes(self, size: int) -> None:
        """Take so many bytes. Raises Refused where fewer are left."""
        if size > self.size:
            raise Refused(
                f"makes it more than {self._most[1] >> 20} MB in all; hand in your code alone"
            )
        self.size -= size

    def check_time(self) -> None:
        """Raise Refused where the time is up."""
        if time.thread_time() > self._end:
            raise Refused(
                f"comes after files that took more than {self._most[2]:g} s to look at"
            )
