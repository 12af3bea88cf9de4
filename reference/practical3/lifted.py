"""A training loop that was judged in the place of `train`: what it told, as `train` returns it.

The history is what each turn of the loop prints or appends to lists, in any order and wording. Which column
is which is told by its numbers, where they are those of the reference, and else by the words beside them.
"""

import itertools
import re

import torch

from grader.checking import Rounded

from . import batched

LOSS, TRAIN_ERROR, TEST_ERROR = range(3)  # a history's columns
ERRORS = (TRAIN_ERROR, TEST_ERROR)
MOST_CANDIDATES = 5  # for each column
MOST_COLUMNS = 100  # a worker sends no more
# Of many different columns some agree with anything by chance. So many may claim a role by their labels, such
# as an error, an accuracy and one more; and among so many in all, one may be known by its numbers alone.
MOST_CLAIMS = 3
MOST_BY_NUMBERS = 8
SAME_COLUMN = 5e-3  # two numbers that are printed to two digits
SAME_LOSS = 1e-3  # as in the checks of the history
SAME_ERROR = 1e-4
PERCENT = 100
HALF = 0.5  # of a number that is printed without decimals
MOST_SLACK = 0.05  # what is printed more coarsely tells nothing: a share of the loss, or an error
MOST_HIDDEN = 1000  # units of a network that is computed here for comparison
UNTOLD = float("nan")

TEST = re.compile(r"test|valid|(?:\b|_)te(?:\b|_)", re.IGNORECASE)
TRAIN = re.compile(r"train|(?:\b|_)tr(?:\b|_)", re.IGNORECASE)
LOSSES = re.compile(r"loss|perte|co[uû]t|cost|mse", re.IGNORECASE)
MISSES = re.compile(r"err|acc|wrong|miss|faux|taux|rate|%", re.IGNORECASE)
COUNTERS = re.compile(
    r"step|epoch|iter|turn|pas\b|[ée]tape|^\W*$", re.IGNORECASE
)


class Column:
    """Numbers (nb_turns,) under a label; slacks: half a unit of each one's last digit.

    place: which one it is of the three numbers of an entry, where there are three under one label.
    """

    def __init__(self, label, percent, values, slacks):
        self.label, self.percent = label, percent
        self.values, self.slacks = values, slacks
        self.place = None

    @property
    def is_counter(self):
        """Whether it counts the turns."""
        if self.slacks.any() or not COUNTERS.search(self.label):
            return False
        first = self.values[0]
        counted = first + torch.arange(len(self.values), dtype=torch.float64)
        return first in (0, 1) and bool((self.values == counted).all())

    def slack(self, role, scale):
        """(nb_turns,): how far each number, divided by `scale`, may be from what it was rounded from."""
        slacks = self.slacks
        if not slacks.any() and (role == LOSS or scale == PERCENT):
            # a count is exact, but neither of these is one
            is_whole = bool((self.values == self.values.round()).all())
            slacks = slacks + HALF * is_whole
        most = MOST_SLACK
        if role == LOSS:
            most = (MOST_SLACK * self.values.abs()).clamp(min=HALF)
        return (slacks / scale).clamp(max=most)

    def agreement(self, role, expected, scales):
        """(share of the turns whose number is the expected one, what the numbers are divided by)."""
        best = 0.0, 1
        for scale in scales:
            # measured before the step or after it
            for shift in (0, 1):
                right = expected[shift : shift + len(self.values), role]
                slack = self.slack(role, scale)
                slack = slack + (
                    SAME_ERROR if role in ERRORS else SAME_LOSS * right
                )
                same = (self.values / scale - right).abs() <= slack
                share = float(same.double().mean())
                if share > best[0]:
                    best = share, scale
        return best

    def fit(self, role):
        """How well its label says that it is this column, from -1 to 1."""
        is_loss, is_test = LOSSES.search(self.label), TEST.search(self.label)
        is_error = MISSES.search(self.label) and not is_loss
        if role == LOSS:
            wanted, unwanted = is_loss, is_test or is_error
        elif role == TEST_ERROR:
            wanted, unwanted = is_test, is_loss or TRAIN.search(self.label)
        else:
            wanted, unwanted = (
                is_error or TRAIN.search(self.label),
                is_loss or is_test,
            )
        if unwanted:
            return -1.0
        if wanted:
            return 1.0
        # an entry such as the hand-out lists them
        return 0.5 if self.place == role else 0.0


def as_returned(arguments, value):
    """((w1, b1, w2, b2), history) of what a lifted loop gives for the arguments of `train`.

    value: (final parameters, initial ones, number of turns, [label, percent, values, half units] of each
    column). Raises ValueError or TypeError where it is anything else: it comes from the student's process.
    """
    final, initial, nb_turns, columns = value
    if nb_turns not in range(arguments[-1] + 1) or len(columns) > MOST_COLUMNS:
        raise ValueError("no loop makes as many turns, or tells as much")
    columns = [_read(column, nb_turns) for column in columns]
    _set_places(columns)
    if nb_turns == 0 or not columns:
        return tuple(final), []
    expected = _expected(arguments, initial, nb_turns)
    train_input, _, test_input, *_ = arguments
    nb_samples = {TRAIN_ERROR: len(train_input), TEST_ERROR: len(test_input)}
    told = [column for column in columns if not column.is_counter]
    chosen = _chosen(told, expected, nb_samples)
    return tuple(final), list(_rows(chosen, nb_turns))


def _read(column, nb_turns):
    label, percent, values, slacks = column
    for numbers in (values, slacks):
        if not torch.is_tensor(numbers) or numbers.shape != (nb_turns,):
            raise ValueError("a column has no number for each turn")
    return Column(
        str(label), percent is True, values.double(), slacks.double()
    )


def _set_places(columns):
    for label in {column.label for column in columns}:
        alike = [column for column in columns if column.label == label]
        if len(alike) == len((LOSS, *ERRORS)):
            for place, column in enumerate(alike):
                column.place = place


def _expected(arguments, initial, nb_turns):
    """The reference's history from the same parameters, and one turn more; nan where they do not fit."""
    *data, _, _ = arguments
    nothing = torch.full((nb_turns + 1, 3), UNTOLD, dtype=torch.float64)
    if any(
        max(tensor.shape, default=0) > MOST_HIDDEN for tensor in initial[1:]
    ):
        return nothing
    try:
        _, history = batched.train(*data, nb_turns + 1, initial)
    except (RuntimeError, IndexError, ValueError, TypeError):
        return nothing
    return torch.tensor(history, dtype=torch.float64)


def _chosen(columns, expected, nb_samples):
    """The column of each role with what it is divided by; None for a role that nothing tells of."""
    choices = []
    for role in (LOSS, *ERRORS):
        scales = (1,)
        if role in ERRORS:
            # a count divided by 10 is the percentage of the course's thousand samples
            scales = 1, PERCENT, nb_samples[role] / 10
        choices.append(_candidates(columns, role, expected, scales))
    best, most = [None] * 3, 0.0
    for choice in itertools.product(*choices):
        taken = [id(one[1]) for one in choice if one]
        total = sum(one[0] for one in choice if one)
        if len(set(taken)) == len(taken) and total > most:
            best, most = list(choice), total
    chosen = [one and one[1:] for one in best]
    _fill_in_order(chosen, columns)
    return chosen


def _candidates(columns, role, expected, scales):
    """(how well it fits, column, what it is divided by), the best first; None for no column."""
    fitting = []
    claims = [column for column in columns if column.fit(role) > 0]
    others = [column for column in columns if column.fit(role) <= 0]
    if _nb_different(claims, role, scales) > MOST_CLAIMS:
        claims = []
    if _nb_different(columns, role, scales) > MOST_BY_NUMBERS:
        others = []
    for column in [*claims, *others]:
        share, scale = column.agreement(role, expected, scales)
        # what agrees is that column, whatever it is called
        fits = 2 * share + column.fit(role)
        if share == 0 and column.percent and role in ERRORS:
            scale = PERCENT
        if fits > 0:
            fitting.append((fits, column, scale))
    fitting.sort(key=lambda one: -one[0])
    return [*fitting[:MOST_CANDIDATES], None]


def _nb_different(columns, role, scales):
    """How many columns there are, without those that are the same numbers once more, on any of the scales."""
    different = []
    for column in columns:
        known = [_is_same(column, other, role, scales) for other in different]
        if not any(known):
            different.append(column)
    return len(different)


def _is_same(one, other, role, scales):
    """Whether two columns are the same numbers, as far as two digits tell."""
    if not one.values.isnan().equal(other.values.isnan()):
        return False
    for a, b in itertools.product(scales, repeat=2):
        slack = one.slack(role, a) + other.slack(role, b)
        slack = slack.clamp(max=SAME_COLUMN)
        apart = one.values / a - other.values / b
        if bool((apart.nan_to_num().abs() <= slack + SAME_ERROR).all()):
            return True
    return False


def _fill_in_order(chosen, columns):
    """Give the roles that nothing tells of what is left without a label, in order."""
    taken = [one[0] for one in chosen if one]
    left = []
    for column in columns:
        # the same numbers, printed twice, are no other column
        is_told = any(column.values.equal(other.values) for other in taken)
        if not is_told and not re.search("[a-z]", column.label, re.IGNORECASE):
            left.append(column)
    roles = [role for role in (LOSS, *ERRORS) if chosen[role] is None]
    for role, column in zip(roles, left, strict=False):
        chosen[role] = column, PERCENT if column.percent else 1


def _rows(chosen, nb_turns):
    """The entries of the history; none for a turn that tells nothing, nan for what no turn tells."""
    if not any(chosen):
        return
    for turn in range(nb_turns):
        row = []
        for role, one in enumerate(chosen):
            if one is None:
                row.append(UNTOLD)
                continue
            column, scale = one
            value, slack = column.values[turn], column.slack(role, scale)[turn]
            row.append(Rounded(float(value) / scale, float(slack)))
        if not all(value != value for value in row):
            yield tuple(row)
