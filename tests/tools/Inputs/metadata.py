"""Writes weights without tensors, of a GPT2 with the given config values. Usage: metadata.py FILE CONFIG"""

import json
import struct
import sys

path, config = sys.argv[1:]
header = json.dumps({"__metadata__": {"format": "stator", "model": "GPT2", "config": config}}).encode()
with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header)
