"""What submissions import as `dlc_practical_prologue` or `practical_prologue`.

It stands for the course's module of that name: the same functions, no download. It reads no file; the
grader puts the data in with `install` before a submission is loaded.
"""

# `import *` brings these along with the course's module, and submissions use them
import argparse
import os  # noqa: F401

import torch

# The options of the course's command line.
parser = argparse.ArgumentParser(description="The course's practicals.")
for _option in ("--full", "--tiny", "--cifar", "--force_cpu"):
    parser.add_argument(_option, action="store_true")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--data_dir", type=str, default=None)
parser.add_argument("-f", "--file", default=None)
args = parser.parse_args([])

_installed = {}


class _NoDatasets:
    """In the place of torchvision's `datasets`: a name that `import *` brings, and nothing to download."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(
            f"datasets.{name} is not served here; take the data from load_data."
        )


datasets = _NoDatasets()


def install(images, labels, nb_train=1000):
    """Serve `images` (N, 784) and `labels` (N,): the first `nb_train` to train on, the rest to test on."""
    _installed.update(images=images, labels=labels, nb_train=nb_train)


# What the exercise divides by the number of training samples.
PER_SAMPLE = (0.1,)

# Patterns of what submissions call the training samples and the test samples.
TRAINING_NAMES = r"train|(^|_)tr(_|$)"
TEST_NAMES = r"test|valid|(^|_)te(_|$)"


def serve(arguments):
    """Have `load_data` serve what a `train` is called with, the steps apart; the installed data if None.

    Its inputs are normalised and its targets one-hot.
    """
    _installed["served"] = arguments


def everything():
    """What a `train` would be called with on the installed data: its arguments by name, the steps apart."""
    train_input, train_target, test_input, test_target = load_data(
        one_hot_labels=True, normalize=True
    )
    return {
        "train_input": train_input,
        "train_target": train_target,
        "test_input": test_input,
        "test_target": test_target,
        "nb_hidden": 50,
    }


def sizes(train_input, train_target, test_input, test_target, nb_hidden):
    """The shapes of w1, b1, w2 and b2, and the numbers of training and test samples."""
    nb_inputs, nb_classes = train_input.size(1), train_target.size(1)
    shapes = (
        (nb_hidden, nb_inputs),
        (nb_hidden,),
        (nb_classes, nb_hidden),
        (nb_classes,),
    )
    return shapes, (len(train_input), len(test_input))


def nb_samples_served():
    """The numbers of training and test samples that `load_data` has last given; None if it was not asked."""
    return _installed.get("nb_samples")


def convert_to_one_hot_labels(input, target):
    """One row a sample, 1 at its class and 0 elsewhere, in the dtype of `input`."""
    one_hot = input.new_zeros(target.size(0), int(target.max()) + 1)
    return one_hot.scatter_(1, target.view(-1, 1).long(), 1)


def load_data(
    cifar=None, one_hot_labels=False, normalize=False, flatten=True, **_ignored
):
    """(train_input, train_target, test_input, test_target), new tensors at every call.

    Inputs are (N, 784), or (N, 1, 28, 28) without `flatten`; targets are class numbers, or rows of 0 and 1
    with `one_hot_labels`. `normalize` takes the mean and the deviation over all training pixels. `args`
    says how many samples: 1,000 each, 500 and 100 if `tiny`, all if `full`; fewer where there are fewer.
    """
    if not _installed:
        raise RuntimeError("No data have been installed in this prologue.")
    if _installed.get("served"):
        return _served(one_hot_labels, flatten)
    print(
        "* CIFAR is not served here, using MNIST"
        if cifar or args.cifar
        else "* Using MNIST"
    )
    train, test = _split(*_nb_samples())
    train_input, train_target, test_input, test_target = *train, *test
    print(
        f"** Use {len(train_input)} train and {len(test_input)} test samples"
    )

    _installed["nb_samples"] = len(train_input), len(test_input)
    if one_hot_labels:
        train_target = convert_to_one_hot_labels(train_input, train_target)
        test_target = convert_to_one_hot_labels(test_input, test_target)
    if normalize:
        mean, deviation = train_input.mean(), train_input.std()
        train_input.sub_(mean).div_(deviation)
        test_input.sub_(mean).div_(deviation)
    if not flatten:
        train_input, test_input = (
            train_input.view(-1, 1, 28, 28),
            test_input.view(-1, 1, 28, 28),
        )
    return train_input, train_target, test_input, test_target


def _served(one_hot_labels, flatten):
    """What is served, in the form that is asked for."""
    train_input, train_target, test_input, test_target, _ = _installed[
        "served"
    ]
    inputs = [train_input.clone(), test_input.clone()]
    targets = [train_target.clone(), test_target.clone()]
    if not one_hot_labels:
        targets = [target.argmax(1) for target in targets]
    if not flatten:
        inputs = [_as_images(samples) for samples in inputs]
    return inputs[0], targets[0], inputs[1], targets[1]


def _as_images(inputs):
    if inputs.size(1) == 784:
        return inputs.view(-1, 1, 28, 28)
    return inputs.view(len(inputs), 1, 1, -1)


def mnist_to_pairs(nb, input, target):
    """`nb` random pairs of (N, 1, 28, 28) images at half their size, whether the first class is at most the
    second, and the classes: (nb, 2, 14, 14), (nb,), (nb, 2)."""
    halved = torch.nn.functional.avg_pool2d(input, kernel_size=2)
    chosen = torch.randint(len(halved), (nb, 2))
    pairs = torch.cat((halved[chosen[:, 0]], halved[chosen[:, 1]]), 1)
    classes = target[chosen]
    return pairs, (classes[:, 0] <= classes[:, 1]).long(), classes


def generate_pair_sets(nb):
    """`mnist_to_pairs` of `nb` training and `nb` test images."""
    train_input, train_target, test_input, test_target = load_data(
        flatten=False
    )
    train = mnist_to_pairs(nb, train_input, train_target)
    return train + mnist_to_pairs(nb, test_input, test_target)


def _nb_samples():
    """How many samples to train and to test on, None for all."""
    if args.full and args.tiny:
        raise ValueError("Cannot have both --full and --tiny")
    if args.full:
        return None, None
    if args.tiny:
        print("** Reduce the data-set to the tiny setup")
        return 500, 100
    print("** Reduce the data-set (use --full for the full thing)")
    return 1000, 1000


def _split(nb_train, nb_test):
    """Copies of the first training samples and of the first test samples, each as (images, labels)."""
    images, labels, border = (
        _installed[name] for name in ("images", "labels", "nb_train")
    )
    train, test = slice(0, border), slice(border, None)
    return (
        (
            images[train][:nb_train].clone().float(),
            labels[train][:nb_train].clone().long(),
        ),
        (
            images[test][:nb_test].clone().float(),
            labels[test][:nb_test].clone().long(),
        ),
    )
