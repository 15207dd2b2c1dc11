"""Philox4x32-10 as in runtime/core/philox.h, for drawing what the runtime draws."""

import numpy as np

DROPOUT, INIT, BATCH, SAMPLING = 1, 2, 3, 4


def words(seed, index, stream, sequence, domain):
    """The four random words of each of an array of indices, as uint64 arrays."""
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    c = [np.broadcast_to(np.asarray(x, np.uint64), np.shape(index)).copy()
         for x in (index, stream, sequence, domain)]
    key = [np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)]
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c[0]
        p1 = np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> shift) ^ c[1] ^ key[0], p1 & mask, (p0 >> shift) ^ c[3] ^ key[1], p0 & mask]
        key = [(key[0] + np.uint64(0x9E3779B9)) & mask, (key[1] + np.uint64(0xBB67AE85)) & mask]
    return c
