"""Compares the limits in the code with the table of them in the documents.

Usage: check_limits.py Limits.h language.md
"""

import re
import sys

# The rows of the table, by the constants that they are about.
ROWS = {
    "FileBytes": "size of a file, in bytes",
    "Nesting": "levels of nesting in a file",
    "ExpressionDepth": "levels of one expression",
    "Elements": "elements of a tensor",
    "Dimension": "size of a dimension",
    "Parameters": "parameters of a model",
    "SplitParts": "parts of a `split`",
    "Repeats": "copies in a `repeat`",
    "Modules": "modules of a model",
    "ModuleDepth": "modules inside modules",
    "FnDepth": "functions that call functions",
    "Expressions": "expressions, with all functions and modules expanded",
    "Batch": "sequences per batch",
    "Time": "positions per sequence",
    "Steps": "steps",
}


def value(text):
    """Of `int64_t(1) << 33`, `2^31 - 1`, `4096`."""
    text = re.sub(r"\w+_t\(1\)", "1", text).replace("2^", "1 << ")
    found = re.fullmatch(r"\(?(?:(\d+) << )?(\d+)\)?(?: - (\d+))?", text.strip())
    one, number, less = found.groups()
    return (int(one) << int(number) if one else int(number)) - int(less or 0)


def main(header, document):
    code = dict(re.findall(r"^constexpr \w+ (\w+) = (.*);$", open(header).read(), re.M))
    table = dict(re.findall(r"^\| (.*) \| ([\d^ -]+) \|$", open(document).read(), re.M))
    assert code.keys() == ROWS.keys(), code.keys() ^ ROWS.keys()
    for name, row in ROWS.items():
        assert row in table, f"{document} does not have the limit '{row}' ({name})"
        assert value(code[name]) == value(table[row]), f"{name}: {code[name]}, but '{row}' is {table[row]}"
    print(f"{len(ROWS)} limits are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
