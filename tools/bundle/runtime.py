# runtime.py - runtime/attn.h from Python, by ctypes: as much of it as running a function takes

import ctypes
import os

TYPES = {"f32": 0, "bf16": 1, "f16": 2, "i32": 3, "i64": 4, "i8": 5, "u8": 6, "i1": 7}
RANK_LIMIT = 6


class Failure(Exception):
    """A status of the runtime: its message is a sentence."""


class Tensor(ctypes.Structure):
    """attn_tensor_t"""
    _fields_ = [("data", ctypes.c_void_p), ("type", ctypes.c_int), ("rank", ctypes.c_int32),
                ("sizes", ctypes.c_int64 * RANK_LIMIT), ("strides", ctypes.c_int64 * RANK_LIMIT)]


def tensor(address, element, sizes):
    """A contiguous tensor at `address`."""
    made = Tensor(address, TYPES[element], len(sizes))
    stride = 1
    for d in reversed(range(len(sizes))):
        made.sizes[d], made.strides[d] = sizes[d], stride
        stride *= sizes[d]
    return made


class Library:
    """libattn_runtime.so. Functions that return a status raise Failure."""

    RETURNS_STATUS = ("attn_device_create", "attn_device_create_on_stream", "attn_program_open", "attn_session_create",
                      "attn_session_run")
    RETURNS_NOTHING = ("attn_device_release", "attn_program_release", "attn_session_release", "attn_status_release")

    def __init__(self, path):
        try:
            self.library = ctypes.CDLL(path)
        except OSError as error:
            raise Failure(f"{os.path.basename(path)} cannot be loaded into this Python: {error}") from None
        for name in self.RETURNS_STATUS:
            getattr(self.library, name).restype = ctypes.c_void_p
        for name in self.RETURNS_NOTHING:
            function = getattr(self.library, name)
            function.argtypes, function.restype = [ctypes.c_void_p], None
        self.library.attn_status_message.argtypes = [ctypes.c_void_p]
        self.library.attn_status_message.restype = ctypes.c_char_p

    def check(self, status):
        if status:
            message = self.library.attn_status_message(status).decode()
            self.library.attn_status_release(status)
            raise Failure(message)

    def make(self, name, *arguments):
        """A handle, by a function whose last argument is where to put it."""
        handle = ctypes.c_void_p()
        self.check(getattr(self.library, name)(*arguments, ctypes.byref(handle)))
        return handle

    def device(self, name):
        return self.make("attn_device_create", name.encode(), ctypes.c_int32(0))

    def device_on_stream(self, stream):
        """`stream` is the number of a CUstream."""
        return self.make("attn_device_create_on_stream", ctypes.c_void_p(stream))

    def session(self, device, path):
        return Session(self, device, path)


class Session:
    """A program on a device, without weights or states."""

    def __init__(self, library, device, path):
        self.library = library
        program = library.make("attn_program_open", path.encode())
        try:
            self.handle = library.make("attn_session_create", device, program, None, None)
        finally:
            library.library.attn_program_release(program)  # the session keeps what it needs

    def prepare(self, function, arguments, results):
        """Calls of `function` on these tensors: a function of how many, of little cost for each."""
        inputs, outputs = (Tensor * len(arguments))(*arguments), (Tensor * len(results))(*results)
        words = (self.handle, function.encode(), inputs, ctypes.c_size_t(len(arguments)), outputs,
                 ctypes.c_size_t(len(results)))
        run, check = self.library.library.attn_session_run, self.library.check

        def repeat(count):
            for _ in range(count):
                check(run(*words))

        return repeat

    def close(self):
        if self.handle:
            self.library.library.attn_session_release(self.handle)
        self.handle = None
