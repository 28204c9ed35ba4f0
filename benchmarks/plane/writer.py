"""Another program that writes files: folder, number, files a second. Says the path and when each was closed."""

import os
import sys
import time


def main():
    root, count, rate, word = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    folders = sorted(name for name in os.listdir(root) if name.startswith("d"))
    begin = time.monotonic()
    for i in range(count):
        time.sleep(max(0.0, begin + i / rate - time.monotonic()))
        path = f"{folders[i * 7 % len(folders)]}/{word}-{i}"
        with open(os.path.join(root, path), "wb") as f:
            f.write(b"%d" % i + b"x" * 1000)
        print(path, time.monotonic_ns())


main()
