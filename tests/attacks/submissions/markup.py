"""Raises what would be markup in a report."""

def attack(x):
    print("RAN", flush=True)
    raise ValueError("</pre><script>alert(1)</script> | =HYPERLINK(1) | [x](javascript:alert(1)) | [bold red]3/3[/]")


def before(x):
    return x + 1


def after(x):
    return x * 2
