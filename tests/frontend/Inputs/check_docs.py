"""Compiles every example in the documents: blocks marked `stator` must be without errors and warnings, those
marked `stator-error` must have an error.

Usage: check_docs.py FOLDER FILE.md...
"""

import os
import re
import subprocess
import sys


def blocks(path):
    """Line, mark and text of each fenced block."""
    mark, begin, lines = None, 0, []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            fence = re.match(r"\s*```\s*(\S*)", line)
            if not fence:
                lines.append(line)
            elif mark is None:
                mark, begin, lines = fence.group(1), number + 1, []
            else:
                yield begin, mark, "".join(lines)
                mark = None


def main(folder, *documents):
    os.makedirs(folder, exist_ok=True)
    count, failed = 0, 0
    for document in documents:
        for line, mark, text in blocks(document):
            if mark not in ("stator", "stator-error"):
                continue
            count += 1
            name = f"{os.path.splitext(os.path.basename(document))[0]}-{line}.stator"
            path = os.path.join(folder, name)
            # Errors then have the lines of the document.
            with open(path, "w") as file:
                file.write("\n" * (line - 1) + text)
            run = subprocess.run(["stator", "check", path, "--werror"], capture_output=True, text=True)
            if run.returncode != (1 if mark == "stator-error" else 0):
                failed += 1
                print(f"{document}:{line}: exit code {run.returncode}\n{run.stderr}", file=sys.stderr)
    if failed:
        sys.exit(1)
    print(f"{count} examples checked")


if __name__ == "__main__":
    main(*sys.argv[1:])
