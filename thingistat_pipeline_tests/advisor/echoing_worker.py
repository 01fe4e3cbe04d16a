"""A process that opens pictures and has been taken over: it answers whatever it is sent."""

import sys

from thingistat_pipeline.advisor.decoding_worker import ASKED, READY

if __name__ == "__main__":
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    while head := sys.stdin.buffer.read(ASKED.size):
        sys.stdout.buffer.write(sys.stdin.buffer.read(*ASKED.unpack(head)))
        sys.stdout.buffer.flush()
