"""The codec's binding: the C library's allocator stands in for the codec's."""
import ctypes

_native = ctypes.CDLL(None)
_native.malloc.restype = ctypes.c_void_p
_native.malloc.argtypes = [ctypes.c_size_t]
_native.free.argtypes = [ctypes.c_void_p]
_native.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]


class Damaged(Exception):
    pass


def shrink(picture):
    size = len(picture) * 2
    scratch = _native.malloc(size)
    _native.memset(scratch, picture[0], size)
    if picture[0] == 0:
        raise Damaged("no picture starts with a zero")
    small = ctypes.string_at(scratch, 512)
    _native.free(scratch)
    return small
