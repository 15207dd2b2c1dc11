"""GPT-2 124M's shape with random weights, as files of Stator (and Hugging Face), llama.cpp and ONNX Runtime, for
bench-decode-peers."""

import json
import os
import struct

import numpy as np

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "shared", "data")

LAYERS, HEADS, WIDTH, VOCABULARY, CONTEXT, EPSILON = 12, 12, 768, 50257, 1024, 1e-5
HEAD = WIDTH // HEADS


def make_weights(seed):
    """Under the names of Hugging Face, matrices as [in][out]. Small biases and scales near one, so that a peer that
    leaves one out computes something else."""
    random = np.random.default_rng(seed)
    normal = lambda *shape, std=0.02: random.standard_normal(shape, dtype=np.float32) * np.float32(std)
    weights = {"wte.weight": normal(VOCABULARY, WIDTH), "wpe.weight": normal(CONTEXT, WIDTH)}

    def linear(name, inputs, outputs):
        weights[name + ".weight"], weights[name + ".bias"] = normal(inputs, outputs), normal(outputs)

    def norm(name):
        weights[name + ".weight"], weights[name + ".bias"] = 1 + normal(WIDTH, std=0.1), normal(WIDTH)

    for layer in range(LAYERS):
        norm(f"h.{layer}.ln_1")
        linear(f"h.{layer}.attn.c_attn", WIDTH, 3 * WIDTH)
        linear(f"h.{layer}.attn.c_proj", WIDTH, WIDTH)
        norm(f"h.{layer}.ln_2")
        linear(f"h.{layer}.mlp.c_fc", WIDTH, 4 * WIDTH)
        linear(f"h.{layer}.mlp.c_proj", 4 * WIDTH, WIDTH)
    norm("ln_f")
    return weights


def write_safetensors(path, weights):
    header, offset = {}, 0
    for name, values in weights.items():
        header[name] = dict(dtype="F32", shape=values.shape, data_offsets=[offset, offset + values.nbytes])
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in weights.values():
            values.tofile(file)


# --- GGUF ----------------------------------------------------------------------------------------


def to_bf16(values):
    """Rounded to the nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def to_q8_0(values):
    """Blocks of 32: a scale in f16 and 32 numbers of 8 bits."""
    blocks = values.reshape(-1, 32)
    scales = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)
    numbers = np.rint(blocks / np.where(scales == 0, 1, scales)).astype(np.int8)
    result = np.empty(len(blocks), dtype=[("scale", "<f2"), ("numbers", "i1", 32)])
    result["scale"], result["numbers"] = scales[:, 0], numbers
    return result


# How matrices are held: the number in `general.file_type`, that of the tensor's type, and what makes it.
GGUF_TYPES = {"f32": (0, 0, lambda v: v), "bf16": (32, 30, to_bf16), "int8": (7, 8, to_q8_0)}


def find_vocabulary():
    """Tokens and merges of GPT-2; what they are does not matter, as no text is read."""
    folder = os.path.join(DATA, "gpt2-tokenizer")
    if not os.path.isdir(folder):
        return [f"t{i}" for i in range(VOCABULARY)], ["t0 t1"]
    with open(os.path.join(folder, "encoder.json"), encoding="utf-8") as file:
        tokens = json.load(file)
    with open(os.path.join(folder, "vocab.bpe"), encoding="utf-8") as file:
        merges = [line for line in file.read().split("\n")[1:] if line]
    return sorted(tokens, key=tokens.get), merges


def write_gguf(path, weights, kind):
    file_type, matrix_type, convert = GGUF_TYPES[kind]
    text = lambda s: struct.pack("<Q", len(s.encode())) + s.encode()
    meta = []

    def put(name, code, value):
        if code == 9:
            element = 8 if isinstance(value[0], str) else 5
            packed = b"".join(text(v) if element == 8 else struct.pack("<i", v) for v in value)
            packed = struct.pack("<IQ", element, len(value)) + packed
        else:
            packed = text(value) if code == 8 else struct.pack({4: "<I", 6: "<f"}[code], value)
        meta.append(text(name) + struct.pack("<I", code) + packed)

    tokens, merges = find_vocabulary()
    put("general.architecture", 8, "gpt2")
    put("general.name", 8, "random")
    put("general.file_type", 4, file_type)
    for name, value in dict(context_length=CONTEXT, embedding_length=WIDTH, feed_forward_length=4 * WIDTH,
                            block_count=LAYERS).items():
        put("gpt2." + name, 4, value)
    put("gpt2.attention.head_count", 4, HEADS)
    put("gpt2.attention.layer_norm_epsilon", 6, EPSILON)
    put("tokenizer.ggml.model", 8, "gpt2")
    put("tokenizer.ggml.pre", 8, "gpt-2")
    put("tokenizer.ggml.tokens", 9, tokens)
    put("tokenizer.ggml.token_type", 9, [1] * (VOCABULARY - 1) + [3])
    put("tokenizer.ggml.merges", 9, merges)
    put("tokenizer.ggml.bos_token_id", 4, VOCABULARY - 1)
    put("tokenizer.ggml.eos_token_id", 4, VOCABULARY - 1)

    names = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm",
             "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
             "mlp.c_proj": "ffn_down"}
    infos, tensors, offset = [], [], 0
    for name, values in weights.items():
        part, leaf = name.rsplit(".", 1)
        prefix = ""
        if part.startswith("h."):
            layer, part = part.split(".", 2)[1:]
            prefix = f"blk.{layer}."
        if ".c_" in part and leaf == "weight":
            values = np.ascontiguousarray(values.T)
        # Positions are added, not multiplied: llama.cpp's own quantization leaves them as they are.
        small = values.ndim == 1 or part == "wpe"
        data = values if small else convert(values)
        infos.append(text(f"{prefix}{names[part]}.{leaf}") + struct.pack("<I", values.ndim) +
                     struct.pack(f"<{values.ndim}Q", *values.shape[::-1]) +
                     struct.pack("<IQ", 0 if small else matrix_type, offset))
        tensors.append(data)
        offset += data.nbytes + -data.nbytes % 32
    with open(path, "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta)) + b"".join(meta) + b"".join(infos))
        file.write(bytes(-file.tell() % 32))
        for data in tensors:
            data.tofile(file)
            file.write(bytes(-data.nbytes % 32))


# --- ONNX ----------------------------------------------------------------------------------------


def varint(value):
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes(result) + bytes([value])


def field(number, value):
    """A field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def write_onnx(path, weights):
    """The messages of onnx.proto, written as they lie in the file."""
    nodes, initializers = [], []

    def tensor(name, values):
        initializers.append(b"".join(field(1, n) for n in values.shape) +
                            field(2, {"float32": 1, "int64": 7}[values.dtype.name]) + field(8, name) +
                            field(9, np.ascontiguousarray(values).tobytes()))
        return name

    def node(op, inputs, outputs, domain="", **attributes):
        message = b"".join(field(1, n) for n in inputs) + b"".join(field(2, n) for n in outputs)
        message += field(3, outputs[0]) + field(4, op)
        for name, value in attributes.items():
            is_float = isinstance(value, float)
            message += field(5, field(1, name) + field(2 if is_float else 3, value) + field(20, 1 if is_float else 2))
        nodes.append(message + field(7, domain))
        return outputs[0]

    def value(name, kind, *shape):
        dims = b"".join(field(1, field(1, n) if isinstance(n, int) else field(2, n)) for n in shape)
        return field(1, name) + field(2, field(1, field(1, kind) + field(2, dims)))

    def weight(name):
        return tensor(name, weights[name])

    def linear(x, name):
        y = node("MatMul", [x, weight(name + ".weight")], [name + ".product"])
        return node("Add", [y, weight(name + ".bias")], [name])

    def norm(x, name):
        return node("LayerNormalization", [x, weight(name + ".weight"), weight(name + ".bias")], [name], axis=-1 % 2**64,
                    epsilon=EPSILON)

    inputs = [value("ids", 7, 1, "time"), value("positions", 7, 1, "time"), value("last_key", 6, 1),
              value("total", 6)]
    outputs = [value("logits", 1, 1, 1, VOCABULARY)]
    x = node("Add", [node("Gather", [weight("wte.weight"), "ids"], ["token"]),
                     node("Gather", [weight("wpe.weight"), "positions"], ["position"])], ["x"])
    for layer in range(LAYERS):
        h = f"h.{layer}."
        caches = [f"past_key_{layer}", f"past_value_{layer}"]
        presents = [f"key_{layer}", f"value_{layer}"]
        inputs += [value(name, 1, 1, HEADS, CONTEXT, HEAD) for name in caches]
        outputs += [value(name, 1, 1, HEADS, CONTEXT, HEAD) for name in presents]
        qkv = linear(norm(x, h + "ln_1"), h + "attn.c_attn")
        y = node("GroupQueryAttention", [qkv, "", "", *caches, "last_key", "total"], [h + "attn", *presents],
                 "com.microsoft", num_heads=HEADS, kv_num_heads=HEADS)
        x = node("Add", [x, linear(y, h + "attn.c_proj")], [h + "x"])
        y = node("MatMul", [norm(x, h + "ln_2"), weight(h + "mlp.c_fc.weight")], [h + "up"])
        y = node("FastGelu", [y, weight(h + "mlp.c_fc.bias")], [h + "gelu"], "com.microsoft")
        x = node("Add", [x, linear(y, h + "mlp.c_proj")], [h + "y"])
    # The logits of the last position only.
    minus_one, end = tensor("minus_one", np.array([-1], np.int64)), tensor("end", np.array([2**62], np.int64))
    x = node("Slice", [x, minus_one, end, tensor("axis", np.array([1], np.int64))], ["last"])
    node("MatMul", [norm(x, "ln_f"), tensor("head", weights["wte.weight"].T)], ["logits"])
    graph = b"".join(field(1, n) for n in nodes) + field(2, "gpt2") + b"".join(field(5, t) for t in initializers)
    graph += b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs)
    model = field(1, 8) + field(7, graph)
    model += field(8, field(1, "") + field(2, 17)) + field(8, field(1, "com.microsoft") + field(2, 1))
    with open(path, "wb") as file:
        file.write(model)
