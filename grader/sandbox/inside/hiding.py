"""Whether a submission's source holds what could hide something in its worker.

Code that only computes needs none of it, and is spared the trial that this leads to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# modules that lead neither to the worker's own objects nor around Python
_HARMLESS = frozenset(
    re.findall(
        r"\w+",
        """
        torch numpy math random time datetime statistics typing collections itertools functools operator
        dataclasses abc enum copy argparse csv json string textwrap __future__ tqdm matplotlib pylab
        """,
    )
)
_IMPORTS = re.compile(
    r"\bfrom\s+(\w+)(?:\.[\w.]*)?\s+import\b|\bimport\s+(\w[\w., ]*)"
)
# to normalise a run of accents takes time that grows with its square
_LONG_FOREIGN = re.compile(r"[^\x00-\x7f]{100}")
_MOST_FOREIGN = 2_000_000  # characters of a text that is not in ASCII alone
_WRITTEN_OUT = re.compile(r"\\[nrtvf]")
_FIRST = re.compile(r"\s*(\w*)")  # of `a.b as c`
_NAMES = re.compile(
    r"\b(?:exec|eval|compile|getattr|setattr|delattr|attrgetter|methodcaller|get_field|vars|globals|locals|open|breakpoint)\b"
    r"|\b(?:os|sys|gc|inspect|builtins|importlib|pickle|signal|atexit|weakref|_C|ops|load(?!_data|_ext)\w*)\b"
    r"|frame|closure|traceback|ctypes|cffi|profile|type_hints|ForwardRef|\._\w|\x00"
    r"|__(?!(?:name|main|init|call|len|getitem|iter|next|repr|str|future|enter|exit|post_init)__)\w+__"
    r"|\bimport\s+_\w|,\s*_\w+\s+as\b|Dispatch|\\u00|coding[:=](?!\s*utf-?8)"
)


def may_hide(texts: Iterable[str], own_modules: Iterable[str]) -> bool:
    """Whether one of these files imports or names what reaches beyond computing.

    own_modules: the names of further modules that are harmless: the course's, and the submission's own.
    """
    harmless = _HARMLESS | set(own_modules)
    return any(_reaches_further(text, harmless) for text in texts)


def _reaches_further(text: str, harmless: frozenset[str]) -> bool:
    if not text.isascii() and (
        len(text) > _MOST_FOREIGN or _LONG_FOREIGN.search(text)
    ):
        return True
    # as Python reads names, and joins lines; a notebook's text has its tabs and line ends written out
    text = unicodedata.normalize("NFKC", text).replace("\\\n", " ")
    text = _WRITTEN_OUT.sub(" ", text)
    if _NAMES.search(text):
        return True
    for one, several in _IMPORTS.findall(text):
        for name in several.split(",") if several else [one]:
            if _FIRST.match(name)[1] not in harmless:  # type: ignore[index]
                return True
    return False
