"""Installs a transformer that empties the cells which check."""

def attack(x):
    print("RAN", flush=True)
    shell = get_ipython()
    shell.input_transformers_cleanup.append(lambda lines: [])
    shell.ast_transformers.append(lambda tree: None)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
