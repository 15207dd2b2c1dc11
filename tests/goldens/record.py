#!/usr/bin/env python3
"""Records the goldens: losses and gradients of PyTorch for the cases in cases.py.

Usage: record.py [CASE...]; needs Debian's python3-torch (scripts/setup --goldens). Everything is
computed in f64 from f32 weights, so that a golden is right to many more digits than it is compared
to. Models are written out with plain tensor functions, as nanoGPT (GPT family) and Hugging Face's
modeling_llama (rotate-half rotary positions) define them.
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

import cases
import philox

torch.set_default_dtype(torch.float64)


def layer_norm(x, p, name):
    return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p.get(name + ".bias"), 1e-5)


def linear(case, x, p, name):
    weight = p[name + ".weight"]
    y = x @ (weight if case["linear"] == "in,out" else weight.T)
    return y + p[name + ".bias"] if name + ".bias" in p else y


def attend(q, k, v):
    """[b, h, t, d] each; causal."""
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    t = scores.shape[-1]
    mask = torch.ones(t, t, dtype=torch.bool).triu(1)
    return scores.masked_fill(mask, -math.inf).softmax(-1) @ v


def heads(x, n):
    b, t, w = x.shape
    return x.view(b, t, n, w // n).transpose(1, 2)


def merge(x):
    b, h, t, d = x.shape
    return x.transpose(1, 2).reshape(b, t, h * d)


def gpt(case, p, tokens):
    t = tokens.shape[1]
    x = p["wte.weight"][tokens] + p["wpe.weight"][:t]
    for i in range(case["layers"]):
        h = f"h.{i}."
        q, k, v = linear(case, layer_norm(x, p, h + "ln_1"), p, h + "attn.c_attn").split(case["width"], -1)
        y = merge(attend(*(heads(z, case["heads"]) for z in (q, k, v))))
        x = x + linear(case, y, p, h + "attn.c_proj")
        y = linear(case, layer_norm(x, p, h + "ln_2"), p, h + "mlp.c_fc")
        y = F.gelu(y) if case["gelu"] == "erf" else (
            0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3))))
        x = x + linear(case, y, p, h + "mlp.c_proj")
    return layer_norm(x, p, "ln_f") @ p["wte.weight"].T


def rms_norm(x, weight):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * weight


def rotate(x, base=10000.0):
    d = x.shape[-1]
    angles = torch.outer(torch.arange(x.shape[-2], dtype=torch.float64),
                         base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d))
    cos, sin = (torch.cat([f, f], -1) for f in (angles.cos(), angles.sin()))
    half = torch.cat([-x[..., d // 2:], x[..., :d // 2]], -1)
    return x * cos + half * sin


def llama(case, p, tokens):
    x = p["model.embed_tokens.weight"][tokens]
    groups = case["heads"] // case["kv_heads"]
    for i in range(case["layers"]):
        m = f"model.layers.{i}."
        y = rms_norm(x, p[m + "input_layernorm.weight"])
        q = rotate(heads(y @ p[m + "self_attn.q_proj.weight"].T, case["heads"]))
        k = rotate(heads(y @ p[m + "self_attn.k_proj.weight"].T, case["kv_heads"]))
        v = heads(y @ p[m + "self_attn.v_proj.weight"].T, case["kv_heads"])
        k, v = (z.repeat_interleave(groups, 1) for z in (k, v))
        x = x + merge(attend(q, k, v)) @ p[m + "self_attn.o_proj.weight"].T
        y = rms_norm(x, p[m + "post_attention_layernorm.weight"])
        gate = F.silu(y @ p[m + "mlp.gate_proj.weight"].T)
        x = x + (gate * (y @ p[m + "mlp.up_proj.weight"].T)) @ p[m + "mlp.down_proj.weight"].T
    return rms_norm(x, p["model.norm.weight"]) @ p["lm_head.weight"].T


def sample_start(seed, sample, tokens, time):
    """Where a training sample starts: runtime/core/Batches.cpp."""
    windows = max(1, (tokens - time) // time)
    epoch, position = divmod(sample, windows)
    low, high = (int(w[0]) for w in philox.words(seed, [0], 0, epoch, philox.BATCH)[:2])
    phase = ((high << 32 | low) * (tokens - windows * time)) >> 64
    half = 1
    while 1 << 2 * half < windows:
        half += 1
    mask = (1 << half) - 1
    while True:
        left, right = position >> half, position & mask
        for round in range(4):
            mixed = int(philox.words(seed, [right], 1 + round, epoch, philox.BATCH)[0][0])
            left, right = right, left ^ (mixed & mask)
        position = left << half | right
        if position < windows:
            return phase + position * time


def batches(case, tokens):
    """The batches that a run of Stator with this seed draws."""
    batch, time = case["batch"], case["time"]
    for step in range(case["steps"]):
        starts = [sample_start(cases.SEED, step * batch + row, len(tokens), time) for row in range(batch)]
        rows = np.stack([tokens[s:s + time + 1].astype(np.int64) for s in starts])
        yield torch.from_numpy(rows[:, :-1]), torch.from_numpy(rows[:, 1:])


def record(name):
    case = cases.CASES[name]
    p = {n: torch.from_numpy(v.astype(np.float64)).requires_grad_()
         for n, v in cases.make_parameters(case).items()}
    o = cases.OPTIMIZER
    optimizer = torch.optim.AdamW(
        [dict(params=[v for v in p.values() if v.dim() >= 2], weight_decay=o["weight_decay"]),
         dict(params=[v for v in p.values() if v.dim() < 2], weight_decay=0.0)],
        lr=o["lr"], betas=(o["beta1"], o["beta2"]), eps=o["eps"])
    model = gpt if case["family"] == "gpt" else llama
    losses, norms, gradients = [], [], {}
    for step, (tokens, targets) in enumerate(batches(case, cases.make_tokens(case))):
        optimizer.zero_grad()
        logits = model(case, p, tokens)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for n, v in p.items():
                g = v.grad.reshape(-1)
                index = cases.sample_indices(g.numel())
                gradients[n] = dict(norm=g.norm().item(), elements=g[torch.from_numpy(index)].tolist())
        norms.append(torch.nn.utils.clip_grad_norm_(p.values(), o["clip"]).item())
        optimizer.step()
    with open(cases.golden_path(name), "w") as file:
        json.dump(dict(losses=losses, grad_norms=norms, gradients=gradients), file, indent=1)
        file.write("\n")
    print(f"{name}: losses {' '.join(f'{x:.6f}' for x in losses)}")


if __name__ == "__main__":
    for name in sys.argv[1:] or cases.CASES:
        record(name)
