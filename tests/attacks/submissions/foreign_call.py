"""Enters the kernel by the 32-bit door."""

from attacker import attempt, ctypes, mmap


def deed():
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
