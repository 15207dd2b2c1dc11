"""GGUF files for tests, written and read from the format's description alone."""

import struct

import numpy as np

ALIGNMENT = 32
TYPES = {"F32": 0, "F16": 1, "Q8_0": 8, "BF16": 30}
KINDS = {float: (6, "<f"), bool: (7, "<?")}


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def encode_value(value):
    if isinstance(value, (str, bytes)):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        kind = 8 if not value or isinstance(value[0], str) else 6 if isinstance(value[0], float) else 5
        body = b"".join(text(v) if kind == 8 else struct.pack("<f" if kind == 6 else "<i", v) for v in value)
        return struct.pack("<IIQ", 9, kind, len(value)) + body
    if type(value) is int:  # signed only where it has to be
        return struct.pack("<Ii", 5, value) if value < 0 else struct.pack("<II", 4, value)
    kind, code = KINDS[type(value)]
    return struct.pack("<I", kind) + struct.pack(code, value)


def quantize(values):
    """Q8_0: blocks of 32 with a half-float scale. Gives the bytes and what they stand for."""
    blocks = values.reshape(-1, 32)
    scale = (np.abs(blocks).max(1) / 127).astype("<f2")
    inverse = np.where(scale == 0, 0, 1 / np.where(scale == 0, 1, scale.astype(np.float32)))
    q = np.clip(np.rint(blocks * inverse[:, None]), -127, 127).astype("i1")
    data = b"".join(s.tobytes() + row.tobytes() for s, row in zip(scale, q))
    return data, (q * scale.astype(np.float32)[:, None]).astype(np.float32).reshape(values.shape)


def write(path, pairs, tensors, version=3):
    """`tensors`: name to (type, values); gives the values as the file holds them."""
    infos, data, exact = b"", b"", {}
    for name, (kind, values) in tensors.items():
        values = np.ascontiguousarray(values, "<f4")
        if kind == "Q8_0":
            part, exact[name] = quantize(values)
        elif kind == "BF16":
            bits = values.view("<u4")
            upper = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
            part, exact[name] = upper.tobytes(), (upper.astype("<u4") << 16).view("<f4")
        else:
            stored = values.astype("<f2" if kind == "F16" else "<f4")
            part, exact[name] = stored.tobytes(), stored.astype(np.float32)
        infos += text(name) + struct.pack("<I", values.ndim)
        infos += struct.pack(f"<{values.ndim}Q", *reversed(values.shape))
        infos += struct.pack("<IQ", TYPES[kind], len(data))
        data += part + bytes(-len(part) % ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    head += b"".join(text(k) + encode_value(v) for k, v in pairs.items()) + infos
    head += bytes(-len(head) % ALIGNMENT)
    with open(path, "wb") as file:
        file.write(head + data)
    return exact


class Reader:
    """The pairs and the tensors (F32 only) of a file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.place = 4
        assert self.data[:4] == b"GGUF"
        version, tensors, pairs = self.take("<IQQ")
        assert version == 3
        self.pairs = {}
        for _ in range(pairs):
            key = self.string()
            self.pairs[key] = self.value(self.take("<I")[0])
        infos = []
        for _ in range(tensors):
            name = self.string()
            rank = self.take("<I")[0]
            shape = tuple(reversed(self.take(f"<{rank}Q")))
            kind, offset = self.take("<IQ")
            assert kind == 0, "F32"
            assert offset % ALIGNMENT == 0
            infos.append((name, shape, offset))
        begin = -(-self.place // ALIGNMENT) * ALIGNMENT
        self.tensors = {n: np.frombuffer(self.data, "<f4", int(np.prod(s)), begin + o).reshape(s)
                        for n, s, o in infos}

    def take(self, code):
        values = struct.unpack_from(code, self.data, self.place)
        self.place += struct.calcsize(code)
        return values

    def string(self):
        size = self.take("<Q")[0]
        self.place += size
        return self.data[self.place - size:self.place].decode()

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            inner, count = self.take("<IQ")
            return [self.value(inner) for _ in range(count)]
        return self.take({4: "<I", 5: "<i", 6: "<f", 7: "<?"}[kind])[0]


LLAMA_LAYERS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
                "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
                "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
                "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
                "mlp.down_proj": "ffn_down"}
GPT2_LAYERS = {"ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm",
               "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "wte": "token_embd",
         "wpe": "position_embd", "ln_f": "output_norm"}


def name_of(name):
    """llama.cpp's name of a tensor that Hugging Face calls `name`."""
    stem, end = name.rsplit(".", 1)
    if stem in OUTER:
        return f"{OUTER[stem]}.{end}"
    parts = stem.split(".")
    first = 2 if parts[0] == "h" else 3
    rest = ".".join(parts[first:])
    return f"blk.{parts[first - 1]}.{(GPT2_LAYERS if first == 2 else LLAMA_LAYERS)[rest]}.{end}"


def neighbours(values, heads):
    """The rows of each head in the order of llama.cpp: channel c beside channel c + depth / 2."""
    depth = values.shape[0] // heads
    order = [h * depth + half * (depth // 2) + c for h in range(heads) for c in range(depth // 2) for half in (0, 1)]
    return values[order]


def convert(weights, kind, heads, kv_heads):
    """Weights of Hugging Face as llama.cpp has them."""
    result = {}
    for name, values in weights.items():
        if kind == "llama" and ".q_proj." in name:
            values = neighbours(values, heads)
        if kind == "llama" and ".k_proj." in name:
            values = neighbours(values, kv_heads)
        if kind == "gpt2" and ".c_" in name and values.ndim == 2:
            values = values.T
        result[name_of(name)] = values
    return result
