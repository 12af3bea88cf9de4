"""Returns what equals everything."""

class Equal:
    shape, dtype = (5,), None

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    __call__ = __sub__ = __rsub__ = __le__ = __lt__ = lambda self, *a: True


def attack(x):
    print("RAN", flush=True)
    return Equal()


def before(x):
    return x + 1


def after(x):
    return x * 2
