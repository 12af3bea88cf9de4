"""Returns numbers, texts and dictionaries of classes of its own."""

class Number(float):
    def __float__(self):
        raise KeyboardInterrupt

    def __repr__(self):
        while True:
            pass


class Text(str):
    def __getitem__(self, key):
        raise SystemExit


class Table(dict):
    def items(self):
        while True:
            yield self, self


def attack(x):
    print("RAN", flush=True)
    return [Number(1), Text("x"), Table()]


def before(x):
    return x + 1


def after(x):
    return x * 2
