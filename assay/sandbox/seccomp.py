"""Decides, call by call, what the kernel answers a student's process: EPERM where `syscalls.py` says no.

Never a kill: a library that asks for more than it needs goes on with what it gets.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import struct

from assay.sandbox import syscalls
from assay.sandbox.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _AND, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000  # calls of the third x86 ABI carry this bit
_AF_UNIX, _SOCK_STREAM, _TYPE_BITS = 1, 1, 0xF
_SPEED = 4  # SECCOMP_FILTER_FLAG_SPEC_ALLOW: the filter must not make the student's numbers slower

_STEP_BYTES = 8
_Step = tuple[int, int, int, int]  # code, steps to skip when true, when false, operand
_REFUSE: _Step = (_ANSWER, 0, 0, _ERRNO | errno.EPERM)
_PERMIT: _Step = (_ANSWER, 0, 0, _ALLOW)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def install(signals: bool, final: bool = True) -> None:
    """Put the filter on this process and all that it will ever start.

    Args:
        signals: whether signals may be sent; False where nothing else keeps them inside.
        final: False for a process whose copies will still wall themselves in; each of them puts its own on top.

    Raises:
        OSError: the kernel refused.
    """
    known, text = syscalls.architecture(), compiled(signals, final)
    if known is None or text is None:
        raise OSError(errno.ENOSYS, "the system calls of this machine's processor are not known")
    filter_ = _Program(len(text) // _STEP_BYTES, text)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(syscalls.SECCOMP[known[0]], 1, _SPEED, ctypes.byref(filter_))


@functools.cache
def compiled(signals: bool, final: bool = True) -> bytes | None:
    """The filter for this machine as the kernel reads it; None for a machine whose calls are not known."""
    known = syscalls.architecture()
    return None if known is None else b"".join(struct.pack("HBBI", *step) for step in program(*known, signals, final))


def program(column: int, architecture: int, signals: bool, final: bool = True) -> list[_Step]:
    """The filter as steps of classic BPF; `column` chooses the numbers of the machine."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), _REFUSE,
        (_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), _REFUSE,
    ]  # fmt: skip
    forbidden = syscalls.FORBIDDEN | ({} if signals else syscalls.SIGNALS)
    allowed = () if final else syscalls.WALLING
    for numbers, code in [(n, errno.EPERM) for name, n in forbidden.items() if name not in allowed] + [
        (n, errno.ENOSYS) for n in syscalls.ABSENT.values()
    ]:
        if numbers[column]:
            steps += [(_EQUAL, 0, 1, numbers[column]), (_ANSWER, 0, 0, _ERRNO | code)]
    if not final:  # namespaces, and whose orphans are whose, are a matter of walls too
        return [*steps, _PERMIT]
    for numbers, argument, bits in syscalls.WITHOUT_BITS.values():
        steps += _when(numbers[column], [_argument(argument), (_HAS_BITS, 0, 1, bits), _REFUSE, _PERMIT])
    for numbers, argument in syscalls.OF_ITSELF_ONLY.values():
        steps += _when(numbers[column], [_argument(argument), (_EQUAL, 1, 0, 0), _REFUSE, _PERMIT])
    for numbers, argument, values in syscalls.WITHOUT_VALUES.values():
        tests = [step for value in values for step in ((_EQUAL, 0, 1, value), _REFUSE)]
        steps += _when(numbers[column], [_argument(argument), *tests, _PERMIT])
    return [*steps, *_when(syscalls.SOCKETPAIR[column], _PAIRS_OF_STREAMS), _PERMIT]


def _argument(position: int) -> _Step:
    # the lower half: where these calls look at more than 32 bits, the bits asked about are in it
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * position)


# A pair of datagram sockets could be pointed at another process's socket later, by its path.
_PAIRS_OF_STREAMS: list[_Step] = [
    _argument(0), (_EQUAL, 1, 0, _AF_UNIX), _REFUSE,
    _argument(1), (_AND, 0, 0, _TYPE_BITS), (_EQUAL, 1, 0, _SOCK_STREAM), _REFUSE, _PERMIT,
]  # fmt: skip


def _when(number: int, steps: list[_Step]) -> list[_Step]:
    """`steps`, which must end with an answer, for the call of that number; others pass by."""
    return [(_EQUAL, 0, len(steps), number), *steps]
