"""Tiny checkpoints of every family that `stator import` knows, as Hugging Face would write them,
and what their models compute, in plain numpy and f64.

The functions here follow the papers and the published descriptions of the families; they share
nothing with the model files that `stator import` writes. Weights are drawn from a fixed generator,
so tests write the same checkpoints wherever they run.
"""

import json
import os
import struct
import zlib

import numpy as np

VOCAB, CONTEXT, LAYERS = 29, 24, 2
PROMPTS = [[3], [5, 1, 28, 7, 7, 0, 12], [11, 2, 4, 9, 16, 25, 3, 8, 27, 1, 14, 22, 6, 19, 10, 13, 17, 20]]

LLAMA = dict(vocab_size=VOCAB, max_position_embeddings=CONTEXT, num_hidden_layers=LAYERS, hidden_size=24,
             num_attention_heads=4, num_key_value_heads=2, intermediate_size=40, rms_norm_eps=1e-5,
             hidden_act="silu", rope_theta=10000.0, bos_token_id=1, eos_token_id=2)
NEOX = dict(model_type="gpt_neox", vocab_size=VOCAB, max_position_embeddings=CONTEXT, num_hidden_layers=LAYERS,
            hidden_size=32, num_attention_heads=4, intermediate_size=48, layer_norm_eps=1e-5, hidden_act="gelu",
            rotary_pct=0.5, rotary_emb_base=10000, bos_token_id=0, eos_token_id=0)
OPT = dict(model_type="opt", vocab_size=VOCAB, max_position_embeddings=CONTEXT, num_hidden_layers=LAYERS,
           hidden_size=24, num_attention_heads=4, ffn_dim=40, activation_function="relu", bos_token_id=2,
           eos_token_id=2)

CASES = {
    "gpt2": dict(model_type="gpt2", vocab_size=VOCAB, n_positions=CONTEXT, n_layer=LAYERS, n_embd=24, n_head=4,
                 activation_function="gelu_new", layer_norm_epsilon=1e-5, bos_token_id=0, eos_token_id=0),
    "llama": dict(LLAMA, model_type="llama"),
    "llama31": dict(LLAMA, model_type="llama", head_dim=8, attention_bias=True, mlp_bias=True,
                    tie_word_embeddings=True, rope_theta=100.0,
                    rope_scaling=dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                      original_max_position_embeddings=12)),
    "mistral": dict(LLAMA, model_type="mistral", sliding_window=5),
    "qwen2": dict(LLAMA, model_type="qwen2", use_sliding_window=False, sliding_window=4, max_window_layers=1,
                  tie_word_embeddings=True),
    "qwen3": dict(LLAMA, model_type="qwen3", head_dim=8, rms_norm_eps=1e-6),
    "gemma": dict(LLAMA, model_type="gemma", head_dim=8, num_key_value_heads=1, hidden_act="gelu"),
    "olmo2": dict(LLAMA, model_type="olmo2"),
    "gpt_neox": NEOX,
    "gpt_neox_sequential": dict(NEOX, use_parallel_residual=False, rotary_pct=1.0),
    "phi": dict(model_type="phi", vocab_size=VOCAB, max_position_embeddings=CONTEXT, num_hidden_layers=LAYERS,
                hidden_size=32, num_attention_heads=4, intermediate_size=48, layer_norm_eps=1e-5,
                hidden_act="gelu_new", partial_rotary_factor=0.5),
    "phi_msft": dict(model_type="phi-msft", vocab_size=VOCAB, n_positions=CONTEXT, n_layer=LAYERS, n_embd=32,
                     n_head=4, n_inner=None, layer_norm_epsilon=1e-5, activation_function="gelu_new", rotary_dim=4),
    "opt": dict(OPT, do_layer_norm_before=True, word_embed_proj_dim=24),
    "opt_350m": dict(OPT, do_layer_norm_before=False, word_embed_proj_dim=12),
    "starcoder2": dict(LLAMA, model_type="starcoder2", norm_epsilon=1e-5, hidden_act="gelu_pytorch_tanh",
                       use_bias=True, sliding_window=7),
}


# ---------------------------------------------------------------------------------------------
# Building blocks


def erf(x):
    """Abramowitz and Stegun 7.1.5, the Taylor series: exact to f64 for the small arguments here."""
    term, total, n = x.copy(), x.copy(), 0
    while np.abs(term).max() > 1e-18:
        n += 1
        term = -term * x * x / n
        total = total + term / (2 * n + 1)
    return 2 / np.sqrt(np.pi) * total


def activation(name):
    return {
        "silu": lambda x: x / (1 + np.exp(-x)),
        "relu": lambda x: np.maximum(x, 0),
        "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
        "tanh": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    }[name]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Weights(dict):
    def linear(self, x, name):
        y = x @ self[name + ".weight"].T
        return y + self[name + ".bias"] if name + ".bias" in self else y

    def conv1d(self, x, name):
        return x @ self[name + ".weight"] + self[name + ".bias"]

    def layer_norm(self, x, name, eps=1e-5):
        centred = x - x.mean(-1, keepdims=True)
        y = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
        return y * self[name + ".weight"] + self[name + ".bias"]

    def rms_norm(self, x, name, eps, offset=0.0):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * (self[name + ".weight"] + offset)


def heads(x, n):
    return x.reshape(x.shape[0], n, -1).swapaxes(0, 1)  # [n, time, depth]


def attend(q, k, v, window=None):
    """Heads first; query heads in equal groups share a key head."""
    out = np.empty((q.shape[0], q.shape[1], v.shape[2]))
    group = q.shape[0] // k.shape[0]
    for h in range(q.shape[0]):
        for t in range(q.shape[1]):
            first = 0 if window is None else max(0, t - window + 1)
            scores = k[h // group, first:t + 1] @ q[h, t] / np.sqrt(q.shape[2])
            out[h, t] = softmax(scores) @ v[h // group, first:t + 1]
    return out.swapaxes(0, 1).reshape(q.shape[1], -1)


def frequencies(depth, base, scaling=None):
    f = base ** (-np.arange(0, depth, 2) / depth)
    if scaling is None:
        return f
    if scaling["rope_type"] == "linear":
        return f / scaling["factor"]
    out = []
    for each in f:  # Llama 3.1, by wavelength
        wavelength, original = 2 * np.pi / each, scaling["original_max_position_embeddings"]
        if wavelength < original / scaling["high_freq_factor"]:
            out.append(each)
        elif wavelength > original / scaling["low_freq_factor"]:
            out.append(each / scaling["factor"])
        else:
            smooth = (original / wavelength - scaling["low_freq_factor"]) / (
                scaling["high_freq_factor"] - scaling["low_freq_factor"])
            out.append((1 - smooth) * each / scaling["factor"] + smooth * each)
    return np.array(out)


def rotate(x, f):
    """Turns channel c with channel c + len(f) of the first 2 len(f) channels."""
    n, out = len(f), x.copy()
    angle = np.arange(x.shape[1])[:, None] * f
    a, b = x[..., :n], x[..., n:2 * n]
    out[..., :n] = a * np.cos(angle) - b * np.sin(angle)
    out[..., n:2 * n] = b * np.cos(angle) + a * np.sin(angle)
    return out


# ---------------------------------------------------------------------------------------------
# Families: shapes of the parameters, and logits of a sequence


def llama_shapes(c):
    w, h = c["hidden_size"], c["intermediate_size"]
    kind = c["model_type"]
    depth = c.get("head_dim", w // c["num_attention_heads"])
    q, kv = c["num_attention_heads"] * depth, c["num_key_value_heads"] * depth
    star = kind == "starcoder2"
    norms = ["weight", "bias"] if star else ["weight"]
    shapes = {"model.embed_tokens.weight": (VOCAB, w)}
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        for name, rows, columns in (("q", q, w), ("k", kv, w), ("v", kv, w), ("o", w, q)):
            shapes[p + f"self_attn.{name}_proj.weight"] = (rows, columns)
            if c.get("attention_bias") or star or (kind == "qwen2" and name != "o"):
                shapes[p + f"self_attn.{name}_proj.bias"] = (rows,)
        if kind == "qwen3":
            shapes[p + "self_attn.q_norm.weight"] = shapes[p + "self_attn.k_norm.weight"] = (depth,)
        if kind == "olmo2":
            shapes[p + "self_attn.q_norm.weight"], shapes[p + "self_attn.k_norm.weight"] = (q,), (kv,)
        mlp = (("c_fc", h, w), ("c_proj", w, h)) if star else (
            ("gate_proj", h, w), ("up_proj", h, w), ("down_proj", w, h))
        for name, rows, columns in mlp:
            shapes[p + f"mlp.{name}.weight"] = (rows, columns)
            if c.get("mlp_bias") or star:
                shapes[p + f"mlp.{name}.bias"] = (rows,)
        for name in ("post_attention_layernorm", "post_feedforward_layernorm" if kind == "olmo2" else "input_layernorm"):
            for n in norms:
                shapes[p + f"{name}.{n}"] = (w,)
    for n in norms:
        shapes[f"model.norm.{n}"] = (w,)
    if not c.get("tie_word_embeddings", kind in ("gemma", "starcoder2")):
        shapes["lm_head.weight"] = (VOCAB, w)
    return shapes


def llama_logits(c, p, tokens):
    kind, w = c["model_type"], c["hidden_size"]
    depth = c.get("head_dim", w // c["num_attention_heads"])
    f = frequencies(depth, c["rope_theta"], c.get("rope_scaling"))
    eps = c["rms_norm_eps"]
    window = c.get("sliding_window") if kind in ("mistral", "starcoder2") else None
    act = activation({"gemma": "tanh", "starcoder2": "tanh"}.get(kind, "silu"))

    def norm(x, name):
        if kind == "starcoder2":
            return p.layer_norm(x, name, c["norm_epsilon"])
        return p.rms_norm(x, name, eps, offset=1.0 if kind == "gemma" else 0.0)

    def attention(x, name):
        q, k, v = (p.linear(x, name + f"self_attn.{n}_proj") for n in "qkv")
        if kind == "olmo2":
            q, k = norm(q, name + "self_attn.q_norm"), norm(k, name + "self_attn.k_norm")
        q, k, v = heads(q, c["num_attention_heads"]), heads(k, c["num_key_value_heads"]), heads(
            v, c["num_key_value_heads"])
        if kind == "qwen3":
            q, k = norm(q, name + "self_attn.q_norm"), norm(k, name + "self_attn.k_norm")
        return p.linear(attend(rotate(q, f), rotate(k, f), v, window), name + "self_attn.o_proj")

    def mlp(x, name):
        if kind == "starcoder2":
            return p.linear(act(p.linear(x, name + "mlp.c_fc")), name + "mlp.c_proj")
        return p.linear(act(p.linear(x, name + "mlp.gate_proj")) * p.linear(x, name + "mlp.up_proj"),
                        name + "mlp.down_proj")

    x = p["model.embed_tokens.weight"][tokens]
    if kind == "gemma":
        x = x * np.sqrt(w)
    for i in range(LAYERS):
        name = f"model.layers.{i}."
        if kind == "olmo2":
            x = x + norm(attention(x, name), name + "post_attention_layernorm")
            x = x + norm(mlp(x, name), name + "post_feedforward_layernorm")
        else:
            x = x + attention(norm(x, name + "input_layernorm"), name)
            x = x + mlp(norm(x, name + "post_attention_layernorm"), name)
    head = p.get("lm_head.weight", p["model.embed_tokens.weight"])
    return norm(x, "model.norm") @ head.T


def with_bias(name, rows, columns):
    return {name + ".weight": (rows, columns), name + ".bias": (rows,)}


def norm_shapes(name, width):
    return {name + ".weight": (width,), name + ".bias": (width,)}


def gpt2_shapes(c):
    w = c["n_embd"]
    shapes = {"wte.weight": (VOCAB, w), "wpe.weight": (CONTEXT, w)}
    for i in range(LAYERS):
        h = f"h.{i}."
        shapes.update(norm_shapes(h + "ln_1", w), **norm_shapes(h + "ln_2", w))
        for name, rows, columns in (("attn.c_attn", w, 3 * w), ("attn.c_proj", w, w), ("mlp.c_fc", w, 4 * w),
                                    ("mlp.c_proj", 4 * w, w)):
            shapes[h + name + ".weight"], shapes[h + name + ".bias"] = (rows, columns), (columns,)
    shapes.update(norm_shapes("ln_f", w))
    return shapes


def gpt2_logits(c, p, tokens):
    x = p["wte.weight"][tokens] + p["wpe.weight"][:len(tokens)]
    for i in range(LAYERS):
        h = f"h.{i}."
        q, k, v = np.split(p.conv1d(p.layer_norm(x, h + "ln_1"), h + "attn.c_attn"), 3, -1)
        x = x + p.conv1d(attend(*(heads(z, c["n_head"]) for z in (q, k, v))), h + "attn.c_proj")
        y = activation("tanh")(p.conv1d(p.layer_norm(x, h + "ln_2"), h + "mlp.c_fc"))
        x = x + p.conv1d(y, h + "mlp.c_proj")
    return p.layer_norm(x, "ln_f") @ p["wte.weight"].T


def neox_shapes(c):
    w, h = c["hidden_size"], c["intermediate_size"]
    shapes = {"gpt_neox.embed_in.weight": (VOCAB, w)}
    for i in range(LAYERS):
        n = f"gpt_neox.layers.{i}."
        shapes.update(norm_shapes(n + "input_layernorm", w), **norm_shapes(n + "post_attention_layernorm", w))
        shapes.update(with_bias(n + "attention.query_key_value", 3 * w, w), **with_bias(n + "attention.dense", w, w))
        shapes.update(with_bias(n + "mlp.dense_h_to_4h", h, w), **with_bias(n + "mlp.dense_4h_to_h", w, h))
    shapes.update(norm_shapes("gpt_neox.final_layer_norm", w))
    shapes["embed_out.weight"] = (VOCAB, w)
    return shapes


def neox_logits(c, p, tokens):
    n = c["num_attention_heads"]
    depth = c["hidden_size"] // n
    f = frequencies(int(depth * c["rotary_pct"]), c["rotary_emb_base"])
    x = p["gpt_neox.embed_in.weight"][tokens]
    for i in range(LAYERS):
        name = f"gpt_neox.layers.{i}."

        def attention(y):
            z = p.linear(y, name + "attention.query_key_value").reshape(len(tokens), n, 3, depth)
            q, k, v = (z[:, :, j].swapaxes(0, 1) for j in range(3))
            return p.linear(attend(rotate(q, f), rotate(k, f), v), name + "attention.dense")

        def mlp(y):
            y = activation("gelu")(p.linear(p.layer_norm(y, name + "post_attention_layernorm"),
                                            name + "mlp.dense_h_to_4h"))
            return p.linear(y, name + "mlp.dense_4h_to_h")

        a = attention(p.layer_norm(x, name + "input_layernorm"))
        x = x + a + mlp(x) if c.get("use_parallel_residual", True) else (x + a) + mlp(x + a)
    return p.layer_norm(x, "gpt_neox.final_layer_norm") @ p["embed_out.weight"].T


def phi_shapes(c):
    w, h = c["hidden_size"], c["intermediate_size"]
    shapes = {"model.embed_tokens.weight": (VOCAB, w)}
    for i in range(LAYERS):
        n = f"model.layers.{i}."
        for name in ("q_proj", "k_proj", "v_proj", "dense"):
            shapes.update(with_bias(n + "self_attn." + name, w, w))
        shapes.update(with_bias(n + "mlp.fc1", h, w), **with_bias(n + "mlp.fc2", w, h))
        shapes.update(norm_shapes(n + "input_layernorm", w))
    shapes.update(norm_shapes("model.final_layernorm", w), **with_bias("lm_head", VOCAB, w))
    return shapes


def phi_logits(c, p, tokens):
    n = c["num_attention_heads"]
    f = frequencies(int(c["hidden_size"] // n * c["partial_rotary_factor"]), 10000.0)
    x = p["model.embed_tokens.weight"][tokens]
    for i in range(LAYERS):
        name = f"model.layers.{i}."
        y = p.layer_norm(x, name + "input_layernorm")
        q, k, v = (heads(p.linear(y, name + f"self_attn.{z}_proj"), n) for z in "qkv")
        a = p.linear(attend(rotate(q, f), rotate(k, f), v), name + "self_attn.dense")
        x = x + a + p.linear(activation("tanh")(p.linear(y, name + "mlp.fc1")), name + "mlp.fc2")
    return p.linear(p.layer_norm(x, "model.final_layernorm"), "lm_head")


def phi_msft_shapes(c):
    w = c["n_embd"]
    shapes = {"transformer.embd.wte.weight": (VOCAB, w)}
    for i in range(LAYERS):
        n = f"transformer.h.{i}."
        shapes.update(norm_shapes(n + "ln", w), **with_bias(n + "mixer.Wqkv", 3 * w, w))
        shapes.update(with_bias(n + "mixer.out_proj", w, w), **with_bias(n + "mlp.fc1", 4 * w, w))
        shapes.update(with_bias(n + "mlp.fc2", w, 4 * w))
    shapes.update(norm_shapes("lm_head.ln", w), **with_bias("lm_head.linear", VOCAB, w))
    return shapes


def phi_msft_logits(c, p, tokens):
    n = c["n_head"]
    f = frequencies(c["rotary_dim"], 10000.0)
    x = p["transformer.embd.wte.weight"][tokens]
    for i in range(LAYERS):
        name = f"transformer.h.{i}."
        y = p.layer_norm(x, name + "ln")
        q, k, v = (heads(z, n) for z in np.split(p.linear(y, name + "mixer.Wqkv"), 3, -1))
        a = p.linear(attend(rotate(q, f), rotate(k, f), v), name + "mixer.out_proj")
        x = x + a + p.linear(activation("tanh")(p.linear(y, name + "mlp.fc1")), name + "mlp.fc2")
    return p.linear(p.layer_norm(x, "lm_head.ln"), "lm_head.linear")


def opt_shapes(c):
    w, h, e = c["hidden_size"], c["ffn_dim"], c["word_embed_proj_dim"]
    d = "model.decoder."
    shapes = {d + "embed_tokens.weight": (VOCAB, e), d + "embed_positions.weight": (CONTEXT + 2, w)}
    if e != w:
        shapes[d + "project_in.weight"], shapes[d + "project_out.weight"] = (w, e), (e, w)
    if c["do_layer_norm_before"]:
        shapes.update(norm_shapes(d + "final_layer_norm", w))
    for i in range(LAYERS):
        n = d + f"layers.{i}."
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            shapes.update(with_bias(n + "self_attn." + name, w, w))
        shapes.update(norm_shapes(n + "self_attn_layer_norm", w), **norm_shapes(n + "final_layer_norm", w))
        shapes.update(with_bias(n + "fc1", h, w), **with_bias(n + "fc2", w, h))
    return shapes


def opt_logits(c, p, tokens):
    d, n, before = "model.decoder.", c["num_attention_heads"], c["do_layer_norm_before"]
    x = p[d + "embed_tokens.weight"][tokens]
    if d + "project_in.weight" in p:
        x = x @ p[d + "project_in.weight"].T
    x = x + p[d + "embed_positions.weight"][2:2 + len(tokens)]
    for i in range(LAYERS):
        name = d + f"layers.{i}."
        y = p.layer_norm(x, name + "self_attn_layer_norm") if before else x
        q, k, v = (heads(p.linear(y, name + f"self_attn.{z}_proj"), n) for z in "qkv")
        x = x + p.linear(attend(q, k, v), name + "self_attn.out_proj")
        x = x if before else p.layer_norm(x, name + "self_attn_layer_norm")
        y = p.layer_norm(x, name + "final_layer_norm") if before else x
        x = x + p.linear(activation("relu")(p.linear(y, name + "fc1")), name + "fc2")
        x = x if before else p.layer_norm(x, name + "final_layer_norm")
    if before:
        x = p.layer_norm(x, d + "final_layer_norm")
    if d + "project_out.weight" in p:
        x = x @ p[d + "project_out.weight"].T
    return x @ p[d + "embed_tokens.weight"].T


FAMILIES = {
    "gpt2": (gpt2_shapes, gpt2_logits),
    "gpt_neox": (neox_shapes, neox_logits),
    "phi": (phi_shapes, phi_logits),
    "phi-msft": (phi_msft_shapes, phi_msft_logits),
    "opt": (opt_shapes, opt_logits),
}
for each in ("llama", "mistral", "qwen2", "qwen3", "gemma", "olmo2", "starcoder2"):
    FAMILIES[each] = (llama_shapes, llama_logits)


# ---------------------------------------------------------------------------------------------
# Checkpoints


def make_weights(name):
    """f32 weights, larger than a usual initialisation so that every part matters."""
    shapes, _ = FAMILIES[CASES[name]["model_type"]]
    generator = np.random.Generator(np.random.Philox(zlib.crc32(name.encode())))
    weights = {}
    for parameter, shape in shapes(CASES[name]).items():
        values = generator.standard_normal(shape) * 0.3
        if "norm" in parameter or "ln" in parameter.split(".")[-2]:
            if parameter.endswith("weight") and CASES[name]["model_type"] != "gemma":
                values += 1.0
        weights[parameter] = values.astype(np.float32)
    return weights


def log_probabilities(name, tokens, weights=None):
    """Of every token to come next, after the last of a sequence."""
    _, logits = FAMILIES[CASES[name]["model_type"]]
    p = Weights({n: v.astype(np.float64) for n, v in (weights or make_weights(name)).items()})
    last = logits(CASES[name], p, np.array(tokens))[-1]
    return last - last.max() - np.log(np.exp(last - last.max()).sum())


def to_bfloat16(values):
    """The upper halves, rounded to the nearest, ties to even."""
    bits = np.ascontiguousarray(values, "<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def from_bfloat16(bits):
    return (bits.astype("<u4") << 16).view("<f4")


def encode(values, dtype):
    if dtype == "BF16":
        return to_bfloat16(values).tobytes()
    return np.ascontiguousarray(values, {"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


def write_safetensors(path, tensors, dtype="F32"):
    header, data = {}, b""
    for name, values in tensors.items():
        part = encode(values, dtype)
        header[name] = dict(dtype=dtype, shape=list(values.shape), data_offsets=[len(data), len(data) + len(part)])
        data += part
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_folder(name, folder, weights=None, dtype="F32", shards=1, config=None):
    """A checkpoint as Hugging Face writes it."""
    os.makedirs(folder, exist_ok=True)
    weights = weights if weights is not None else make_weights(name)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config or CASES[name], file, indent=2)
    if shards == 1:
        write_safetensors(os.path.join(folder, "model.safetensors"), weights, dtype)
        return
    names, index = list(weights), {}
    for i in range(shards):
        file_name = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
        part = {n: weights[n] for n in names[i::shards]}
        index.update({n: file_name for n in part})
        write_safetensors(os.path.join(folder, file_name), part, dtype)
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump(dict(metadata={}, weight_map=index), file)


GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "families.json")

if __name__ == "__main__":  # records the goldens
    golden = {name: [[round(float(x), 7) for x in log_probabilities(name, prompt)] for prompt in PROMPTS]
              for name in CASES}
    with open(GOLDEN, "w") as out:
        out.write("{\n" + ",\n".join(f' "{n}": {json.dumps(v)}' for n, v in golden.items()) + "\n}\n")
    for name, rows in golden.items():
        print(name, [round(max(r), 3) for r in rows])
