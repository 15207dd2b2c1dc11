"""The models whose losses and gradients are compared with PyTorch, and how their weights and data
are made. Needs numpy only, so that tests can make the same without PyTorch."""

import json
import os
import struct

import numpy as np

# Settings of each case: `defines` go to `stator compile -D`, the rest says what PyTorch builds.
CASES = {
    "char_gpt": dict(
        model="char_gpt.stator", batch=4, time=24, steps=5, vocabulary=65,
        defines=dict(vocab=65, context=32, layers=2, heads=4, width=64),
        family="gpt", layers=2, heads=4, width=64, context=32, bias=False, gelu="erf", linear="out,in",
    ),
    "gpt2": dict(
        model="gpt2.stator", batch=2, time=17, steps=5, vocabulary=211,
        defines=dict(vocab=211, context=32, layers=2, heads=3, width=48),
        family="gpt", layers=2, heads=3, width=48, context=32, bias=True, gelu="tanh", linear="in,out",
    ),
    "llama": dict(
        model="llama.stator", batch=3, time=19, steps=5, vocabulary=127,
        defines=dict(vocab=127, context=32, layers=2, heads=4, kv_heads=2, width=32, hidden=56),
        family="llama", layers=2, heads=4, kv_heads=2, width=32, hidden=56,
    ),
}

# The optimizer of every case: AdamW with a rate that does not move, so that a schedule cannot
# hide a mistake.
OPTIMIZER = dict(lr=1e-3, beta1=0.9, beta2=0.95, eps=1e-8, weight_decay=0.1, clip=1.0)
SEED = 7


def parameter_shapes(case):
    """Name and shape of every parameter, in the order of the Hugging Face checkpoint."""
    w, v = case["width"], case["vocabulary"]
    shapes = {}
    if case["family"] == "gpt":
        norm = ["weight", "bias"] if case["bias"] else ["weight"]
        shapes["wte.weight"] = (v, w)
        shapes["wpe.weight"] = (case["context"], w)
        for i in range(case["layers"]):
            for n in norm:
                shapes[f"h.{i}.ln_1.{n}"] = (w,)
            for name, rows, columns in (("attn.c_attn", w, 3 * w), ("attn.c_proj", w, w)):
                shape = (rows, columns) if case["linear"] == "in,out" else (columns, rows)
                shapes[f"h.{i}.{name}.weight"] = shape
                if case["bias"]:
                    shapes[f"h.{i}.{name}.bias"] = (columns,)
            for n in norm:
                shapes[f"h.{i}.ln_2.{n}"] = (w,)
            for name, rows, columns in (("mlp.c_fc", w, 4 * w), ("mlp.c_proj", 4 * w, w)):
                shape = (rows, columns) if case["linear"] == "in,out" else (columns, rows)
                shapes[f"h.{i}.{name}.weight"] = shape
                if case["bias"]:
                    shapes[f"h.{i}.{name}.bias"] = (columns,)
        for n in norm:
            shapes[f"ln_f.{n}"] = (w,)
        return shapes
    depth = w // case["heads"]
    shapes["model.embed_tokens.weight"] = (v, w)
    for i in range(case["layers"]):
        p = f"model.layers.{i}."
        shapes[p + "input_layernorm.weight"] = (w,)
        shapes[p + "self_attn.q_proj.weight"] = (w, w)
        shapes[p + "self_attn.k_proj.weight"] = (case["kv_heads"] * depth, w)
        shapes[p + "self_attn.v_proj.weight"] = (case["kv_heads"] * depth, w)
        shapes[p + "self_attn.o_proj.weight"] = (w, w)
        shapes[p + "post_attention_layernorm.weight"] = (w,)
        shapes[p + "mlp.gate_proj.weight"] = (case["hidden"], w)
        shapes[p + "mlp.up_proj.weight"] = (case["hidden"], w)
        shapes[p + "mlp.down_proj.weight"] = (w, case["hidden"])
    shapes["model.norm.weight"] = (w,)
    shapes["lm_head.weight"] = (v, w)
    return shapes


def make_parameters(case):
    """Weights drawn from a fixed generator; gains around one, everything else around zero, larger
    than a usual initialisation so that every part of the model matters to the loss."""
    generator = np.random.Generator(np.random.Philox(SEED))
    parameters = {}
    for name, shape in parameter_shapes(case).items():
        values = generator.standard_normal(shape) * 0.1
        if len(shape) == 1 and name.endswith("weight"):
            values += 1.0
        parameters[name] = values.astype(np.float32)
    return parameters


def make_tokens(case):
    """A token file: 2000 ids, every one of the vocabulary among them."""
    generator = np.random.Generator(np.random.Philox(SEED + 1))
    tokens = np.concatenate([np.arange(case["vocabulary"]),
                             generator.integers(0, case["vocabulary"], 2000 - case["vocabulary"])])
    return tokens.astype(np.uint16)


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = dict(dtype="F32", shape=list(values.shape),
                            data_offsets=[offset, offset + values.nbytes])
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, "<f4").tobytes())


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + x for x in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors


def golden_path(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".json")


def sample_indices(elements):
    """Which elements of a gradient a golden keeps: at most 64, spread over the tensor."""
    return np.unique(np.linspace(0, elements - 1, min(elements, 64)).astype(np.int64))
