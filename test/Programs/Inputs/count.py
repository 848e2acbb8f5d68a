# count.py N - writes 0, 1, 2, ... N - 1 as an .npy file of float32 to stdout; without numpy, which is no package of ours
import struct
import sys

count = int(sys.argv[1])
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % count
header += " " * (-(10 + len(header) + 1) % 64) + "\n"
sys.stdout.buffer.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
sys.stdout.buffer.write(struct.pack("<%df" % count, *range(count)))
