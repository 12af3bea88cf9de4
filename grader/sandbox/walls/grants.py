"""What a worker may read: Python's library, the system's libraries and the installed packages.

The trusted side computes the list; no system call is restricted here (`landlock` does that).
"""

from __future__ import annotations

import re
import site
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/zoneinfo",
)
_FILES = (
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/proc/cpuinfo",
)
_SITES = ("site-packages", "dist-packages")
# what installers write for grader: the package, its metadata, the finder of an editable install
_PRODUCT = re.compile(
    r"(__editable__\W?_?|_editable_impl_|_)?(backprop[-._])?grader([-._].*)?",
    re.IGNORECASE,
)


def readable_paths(private: Iterable[Path] = ()) -> tuple[str, ...]:
    """What a worker may read: Python's library, the system's, and the packages installed beside grader.

    Never granted: grader itself, its exercises and reports, a `.pth` file that leads to a checkout of it, and
    what lies in `private`. A folder that holds one of these is granted entry by entry, without it.
    """
    sites = _site_folders()
    libraries = [
        Path(sys.base_prefix, "lib"),
        Path(sys.base_exec_prefix, "lib"),
        Path(sysconfig.get_path("stdlib")),
    ]
    system = map(Path, _SYSTEM)
    roots = _existing([*system, *libraries]) | sites
    hidden = _product(sites, roots)
    for path in private:
        hidden.add(path.resolve())
    pieces: set[Path] = set()
    for root in roots:
        pieces.update(_pieces(root, hidden))
    # what lies in another piece is granted with it
    outermost = {piece for piece in pieces if pieces.isdisjoint(piece.parents)}
    return (*_FILES, *sorted(map(str, outermost)))


def _site_folders() -> set[Path]:
    found = []
    for folder in (*sys.path, *site.getsitepackages()):
        path = Path(folder)
        if path.name in _SITES:
            found.append(path)
    return _existing(found)


def _existing(paths: Iterable[Path]) -> set[Path]:
    """The paths that are folders, resolved."""
    found = set()
    for path in paths:
        if path.is_dir():
            found.add(path.resolve())
    return found


def _product(sites: set[Path], roots: set[Path]) -> set[Path]:
    """Where grader lies, and the files that installers put among the packages for it."""
    package = Path(__file__).resolve().parents[2]
    checkout = package.parent
    hidden = set()
    for folder in sites:
        for entry in (*folder.glob("*"), *folder.glob("__pycache__/*")):
            if _PRODUCT.fullmatch(entry.name) or _leads_to(checkout, entry):
                hidden.add(entry)
    if checkout in sites:
        # grader is installed: what lies beside it are other packages
        return hidden | {package}
    # an environment may lie in the checkout
    return hidden | set(_pieces(checkout, roots))


def _leads_to(checkout: Path, entry: Path) -> bool:
    if entry.suffix != ".pth":
        return False
    return str(checkout) in entry.read_text(errors="replace")


def _pieces(path: Path, without: Collection[Path]) -> Iterator[Path]:
    """`path`, or the largest parts of it that neither hold nor lie in any of `without`."""
    target = path.resolve()
    if any(target.is_relative_to(other) for other in without):
        return
    if any(other.is_relative_to(target) for other in without):
        if path.is_symlink():
            # a link may lead back up
            return
        for entry in sorted(path.iterdir()):
            yield from _pieces(entry, without)
        return
    # a link to a home folder, or above it, would grant everything that lies there
    home = Path("~").expanduser()
    leads_home = path.is_symlink() and home.is_relative_to(target)
    if not leads_home:
        yield target
