"""What submissions import as `dlc_practical_prologue` or `practical_prologue`.

It stands for the course's module of that name: the same functions, no download. It reads no file; the
grader puts the data in with `install` before a submission is loaded.
"""

from types import SimpleNamespace

# The options of the course's command line, at their defaults.
args = SimpleNamespace(
    full=False,
    tiny=False,
    seed=0,
    cifar=False,
    data_dir=None,
    force_cpu=False,
    file=None,
)

_installed = {}


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
    print(f"** Use {len(train_input)} train and {len(test_input)} test samples")

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
    train_input, train_target, test_input, test_target, _ = _installed["served"]
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
        (images[test][:nb_test].clone().float(), labels[test][:nb_test].clone().long()),
    )
