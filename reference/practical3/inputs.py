"""What the checks feed to a submission: drawn from a seed, so that a run can be repeated.

Sizes are D inputs, H hidden units, C classes. By default they are at least 3 and all different: with one or
two components several mistakes look right, and on equal sizes a transposition can go unnoticed.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.errors import StudentFailure

from . import batched, dataset

# what comes of asking a student's functions for all samples at once, where they are odd
ODD = (
    StudentFailure,
    RuntimeError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
)
MOST_STATE = 2.5  # |s1| and |s2|; tanh(2.5) is 0.987
UNEQUAL = (7, 5, 3)
EQUAL = (4, 4, 4)
MIXED = ((6, 3, 3), (4, 4, 3))
ALONE = (1, 1, 1)
WIDE = (11, 2, 9)
# for each class: (training samples, test samples)
LOPSIDED = (
    (5, 6),
    (4, 1),
    (3, 1),
    (3, 1),
    (2, 1),
    (1, 1),
    (1, 0),
    (1, 0),
    (0, 1),
    (0, 1),
)
# Of `contested_data`, the image and the class of each training sample, and of each test sample what share of
# image 1 is in it, and the class. They are the same for all seeds, so that no seed has a chance of its own.
CONTESTED = ((0, 2), (1, 4), (0, 6), (0, 6), (1, 4), (0, 9))
BLENDED = (
    (0.5, 8),
    (0.0, 6),
    (0.9, 4),
    (0.2, 6),
    (1.0, 4),
    (0.35, 6),
    (0.7, 4),
    (0.45, 6),
    (0.55, 4),
    (0.5, 2),
    (0.5, 8),
)
NOISE = 0.3  # what part of another image each test sample has in it


@dataclass(frozen=True)
class Sample:
    """A network's parameters, one sample x (D,) and its target t (C,)."""

    w1: Tensor
    b1: Tensor
    w2: Tensor
    b2: Tensor
    x: Tensor
    t: Tensor

    @property
    def parameters(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(w1, b1, w2, b2)"""
        return self.w1, self.b1, self.w2, self.b2


@dataclass(frozen=True)
class DataSet:
    """Normalised inputs (N, D) and one-hot targets (N, C) to train and to test on."""

    train_input: Tensor
    train_target: Tensor
    test_input: Tensor
    test_target: Tensor

    def __iter__(self):
        return iter(
            (
                self.train_input,
                self.train_target,
                self.test_input,
                self.test_target,
            )
        )


class Inputs:
    """Draws one check's inputs. `settings` are those of the profile in exercise.toml."""

    def __init__(self, seed: int, settings: Mapping[str, Any]) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self.settings = settings

    def normal(
        self,
        *shape: int,
        dtype: torch.dtype = torch.float32,
        scale: float = 1.0,
    ) -> Tensor:
        """A tensor of normal entries."""
        return (
            torch.randn(shape, generator=self._generator, dtype=dtype) * scale
        )

    def away_from_zero(self, *shape: int) -> Tensor:
        """The same, each entry at least 0.5 from 0: near 0 tanh(x) is x, and a mistake may not show."""
        x = self.normal(*shape)
        return x + 0.5 * torch.sign(x)

    def state(self, *shape: int) -> Tensor:
        """The same, no further out than states are: of 1 - tanh(x)^2, rounding leaves little there."""
        return self.away_from_zero(*shape).clamp(-MOST_STATE, MOST_STATE)

    def numbers(
        self, count: int, least: int = 3, most: int = 9
    ) -> tuple[int, ...]:
        """So many different whole numbers, from `least` to `most`: sizes that nobody can know."""
        drawn = torch.randperm(most - least + 1, generator=self._generator)
        return tuple((drawn[:count] + least).tolist())

    def target(
        self, nb_classes: int, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """A one-hot target (C,), multiplied by 0.9 as the hand-out does."""
        t = torch.zeros(nb_classes, dtype=dtype)
        t[int(torch.randint(nb_classes, (1,), generator=self._generator))] = (
            0.9
        )
        return t

    def sample(
        self,
        sizes: tuple[int, int, int] = UNEQUAL,
        dtype: torch.dtype = torch.float32,
    ) -> Sample:
        """A network of sizes (D, H, C), one sample and its target.

        No unit is saturated: there 1 - tanh(s)^2 is what rounding leaves of it, which differs from program to
        program.
        """
        nb_inputs, nb_hidden, nb_classes = sizes
        while True:
            sample = Sample(
                self.normal(
                    nb_hidden, nb_inputs, dtype=dtype, scale=nb_inputs**-0.5
                ),
                self.normal(nb_hidden, dtype=dtype, scale=0.5),
                self.normal(
                    nb_classes, nb_hidden, dtype=dtype, scale=nb_hidden**-0.5
                ),
                self.normal(nb_classes, dtype=dtype, scale=0.5),
                self.normal(nb_inputs, dtype=dtype),
                self.target(nb_classes, dtype),
            )
            s1 = sample.w1.mv(sample.x) + sample.b1
            s2 = sample.w2.mv(s1.tanh()) + sample.b2
            if torch.cat([s1, s2]).abs().max() < MOST_STATE:
                return sample

    def accumulators(self, sample: Sample) -> list[Tensor]:
        """Four accumulators, of the parameters' shapes, that already hold something."""
        return [
            self.normal(*p.shape, dtype=p.dtype) for p in sample.parameters
        ]

    def data(
        self, nb_train: int | None = None, nb_test: int | None = None
    ) -> DataSet:
        """A random choice of the data set's samples, as many as the profile says."""
        nb_train = nb_train or self.settings["nb_train"]
        nb_test = nb_test or self.settings["nb_test"]
        images, labels = _images(self.settings.get("data"))
        chosen = torch.randperm(len(images), generator=self._generator)[
            : nb_train + nb_test
        ]
        nb_test = min(nb_test, len(chosen) - nb_train)
        return DataSet(
            *dataset.load(images[chosen], labels[chosen], nb_train, nb_test)
        )

    def lopsided_data(self) -> DataSet:
        """20 training and 13 test samples, of each class as many as LOPSIDED says, in random order.

        At first the response is the same for all samples, so its error is the share of the other classes.
        That share is different in training and test for each class. Class 0, the answer where all responses
        are equal, is not in training; the most frequent one, the answer after a step, is nearly half of
        the test, which no other answer comes near to. No share is 1/2, where accuracy and error are the same.
        """
        images, labels = _images(self.settings.get("data"))
        shuffled = torch.randperm(len(images), generator=self._generator)
        others = self._shuffled(torch.arange(1, len(LOPSIDED)))
        classes = [*others.tolist(), 0]
        train, test = [], []
        for label, (nb_train, nb_test) in zip(classes, LOPSIDED, strict=True):
            samples = shuffled[labels[shuffled] == label]
            train.append(samples[:nb_train])
            test.append(samples[nb_train : nb_train + nb_test])
        train, test = (
            self._shuffled(torch.cat(train)),
            self._shuffled(torch.cat(test)),
        )
        chosen = torch.cat([train, test])
        return DataSet(
            *dataset.load(
                images[chosen], labels[chosen], len(train), len(test)
            )
        )

    def contested_data(self) -> DataSet:
        """6 training and 11 test samples, between which each step has to decide anew.

        There are two images to train on, one the negative of a digit, so all samples push the hidden layer
        the same way and it wakes up in few steps. Several classes claim the same image: the errors never
        vanish, and the first and last samples are always wrong. The test samples lie between the two images;
        no class is so frequent that a single answer for all of them has the right number of errors.
        """
        digits = self.data(2, len(BLENDED))
        images = digits.train_input * torch.tensor([[1.0], [-1.0]])
        train = torch.stack([images[image] for image, _ in CONTESTED])
        shares = torch.tensor([[share] for share, _ in BLENDED])
        test = (
            torch.lerp(images[0], images[1], shares)
            + NOISE * digits.test_input
        )
        nb_classes = digits.train_target.shape[1]
        targets = torch.eye(nb_classes)
        mean, spread = train.mean(), train.std()
        return DataSet(
            (train - mean) / spread,
            targets[[label for _, label in CONTESTED]],
            (test - mean) / spread,
            targets[[label for _, label in BLENDED]],
        )

    def _shuffled(self, samples: Tensor) -> Tensor:
        return samples[torch.randperm(len(samples), generator=self._generator)]

    @staticmethod
    def coarse(data: DataSet) -> DataSet:
        """The same samples with images of 7x7 pixels, (N, 49), scaled to the length of the whole images."""

        def pooled(inputs: Tensor) -> Tensor:
            return 4 * torch.nn.functional.avg_pool2d(
                inputs.view(-1, 1, 28, 28), 4
            ).flatten(1)

        return DataSet(
            pooled(data.train_input),
            data.train_target,
            pooled(data.test_input),
            data.test_target,
        )

    @staticmethod
    def as_many_tests(data: DataSet) -> DataSet:
        """The same with as many test samples as training samples, as the course's data have; some twice."""
        again = torch.arange(len(data.train_input)) % len(data.test_input)
        return dataclasses.replace(
            data,
            test_input=data.test_input[again],
            test_target=data.test_target[again],
        )

    @staticmethod
    def in_doubles(data: DataSet) -> DataSet:
        """The same in float64."""
        return DataSet(*(part.double() for part in data))

    def made_up_data(
        self,
        nb_train: int = 12,
        nb_test: int = 8,
        sizes: tuple[int, int] = (6, 3),
    ) -> DataSet:
        """Small made-up data: inputs (N, D) in one cluster per class, targets one-hot (N, C)."""
        nb_inputs, nb_classes = sizes
        centres = self.normal(nb_classes, nb_inputs, scale=1.5)
        classes = torch.arange(nb_train + nb_test) % nb_classes
        inputs = centres[classes] + self.normal(
            nb_train + nb_test, nb_inputs, scale=0.5
        )
        targets = torch.nn.functional.one_hot(classes, nb_classes).float()
        return DataSet(
            inputs[:nb_train],
            targets[:nb_train],
            inputs[nb_train:],
            targets[nb_train:],
        )

    @staticmethod
    def trajectory(
        reference: Any, data: DataSet, parameters: Any, nb_steps: int
    ) -> tuple[Any, Any]:
        """What the reference's `train` gives from these parameters: (parameters, history).

        The quickest way that gives the same: in matrix form where no function of the student's is plugged
        into the reference; with all samples at once where the student's functions allow it; else as
        `solution.py` does.
        """
        if not reference.plugged:
            return batched.train(*data, nb_steps, parameters)
        try:
            if "at once" not in reference.known:
                reference.known["at once"] = batched.is_independent(
                    reference, data, parameters
                )
            if reference.known["at once"]:
                return batched.train_with(
                    reference, *data, nb_steps, parameters
                )
        except ODD:
            reference.known["at once"] = (
                False  # nor will it work the next time
            )
        nb_hidden = parameters[0].shape[0]
        return reference.train(
            *data, nb_hidden, nb_steps, parameters=parameters
        )

    @staticmethod
    def measure(
        reference: Any, data: DataSet, parameters: Any
    ) -> batched.Measured | None:
        """What a history should hold for these parameters; None where they lead out of the numbers."""
        parameters = [
            p.to(data.train_input.dtype, copy=True) for p in parameters
        ]
        try:
            responses = batched.responses(reference, parameters, data)
        except ODD:
            inputs = torch.cat([data.train_input, data.test_input])
            passes = [reference.forward_pass(*parameters, x) for x in inputs]
            responses = torch.stack([states[-1] for states in passes])
        return Inputs.measured(reference, data, responses)

    @staticmethod
    def measured(
        reference: Any, data: DataSet, responses: Tensor
    ) -> batched.Measured | None:
        """The same for these responses (N, C), of the training samples and then of the test samples."""
        if not responses.isfinite().all():
            return None
        return batched.measured(reference, data, responses)


def _images(folder: str | None) -> tuple[Tensor, Tensor]:
    return dataset.mnist(folder) if folder else dataset.digits()


def course_data(settings: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """What the course's prologue serves to a submission that loads the data itself."""
    images, labels = _images(settings.get("data"))
    return images[:2000].round().to(torch.uint8), labels[:2000]
