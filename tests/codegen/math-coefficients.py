#!/usr/bin/env python3
"""Computes the coefficients of codegen/EmitMath.cpp and prints them.

Each polynomial is the minimax one of what the function leaves once its leading
terms are split off, for the weight that turns its error into the relative error
of the function. Coefficients are rounded to
f32 one after the other, from the lowest power on, and those that are left are
fitted again, so that they make up for the rounding. Needs numpy and mpmath.
"""

import mpmath as mp
import numpy as np

mp.mp.prec = 160
GRID = 500


def make_grid(low, high):
    """Points of [low, high] that are denser at the ends."""
    angles = np.linspace(0, np.pi, GRID)
    return (low + high) / 2 - (high - low) / 2 * np.cos(angles)


def solve(powers, x, f, w):
    """Minimax fit of sum c_i x^powers_i to f with weight w on the grid: Lawson's
    iteration (1961), least squares whose weights grow where the error is large.
    (Remez' exchange needs a Haar system; x, x^2 ... around 0 is none.)
    """
    scale = np.max(np.abs(x))
    basis = np.stack([(x / scale) ** p for p in powers], axis=1)
    emphasis = np.full(len(x), 1 / len(x))
    best, best_error = None, np.inf
    for _ in range(200):
        factor = np.sqrt(emphasis) * w
        c = np.linalg.lstsq(basis * factor[:, None], f * factor, rcond=None)[0]
        error = np.abs((basis @ c - f) * w)
        worst = np.max(error)
        if worst == 0:
            return c / scale ** np.array(powers, dtype=float)
        if worst < best_error:
            best, best_error = c, worst
        emphasis = emphasis * error / np.sum(emphasis * error)
        emphasis = np.maximum(emphasis, 1e-14)
    return best / scale ** np.array(powers, dtype=float)


def fit(name, f, w, low, high, degree):
    x = make_grid(low, high)
    values = np.array([float(f(mp.mpf(float(p)))) for p in x])
    weights = np.array([float(abs(w(mp.mpf(float(p))))) for p in x])
    weights = np.maximum(weights, 1e-12)
    fixed, rest = [], values.copy()
    for power in range(degree + 1):
        c = solve(list(range(power, degree + 1)), x, rest, weights)
        fixed.append(float(np.float32(c[0])))
        rest = rest - fixed[-1] * x**power
    error = np.max(np.abs(rest * weights))
    print(f"{name}: [{low:.9g}, {high:.9g}], degree {degree}, "
          f"relative error {error:.3g} = 2^{np.log2(error):.1f}")
    for power, c in reversed(list(enumerate(fixed))):
        print(f"  x^{power:<2} {c.hex()}")
    return fixed


def ratio(numerator, denominator, limit):
    """A quotient with what it tends to where both are 0."""
    def evaluate(x):
        return limit if x == 0 else numerator(x) / denominator(x)
    return evaluate


def split(name, value, bits):
    """A constant as a first part of few bits and an f32 of the rest."""
    _, exponent = mp.frexp(value)
    unit = mp.mpf(2) ** (exponent - bits)
    first = mp.nint(value / unit) * unit
    print(f"{name}: {float(first).hex()} {float(np.float32(float(value - first))).hex()}")


def main():
    half = float(mp.log(2) / 2) * 1.0001
    split("ln 2 (15 bits, rest)", mp.log(2), 15)
    # e^x = 1 + x + x^2 P(x)
    excess = ratio(lambda x: mp.expm1(x) - x, lambda x: x * x, mp.mpf(1) / 2)
    fit("exp", excess, lambda x: x * x / mp.exp(x), -half, half, 4)
    # tanh x = x + x^3 P(x^2) up to 5/8
    root = lambda z: mp.sqrt(z)
    fit("tanh, small", ratio(lambda z: mp.tanh(root(z)) - root(z),
                             lambda z: root(z)**3, -mp.mpf(1) / 3),
        ratio(lambda z: root(z)**3, lambda z: mp.tanh(root(z)), 0),
        0.0, 0.625**2, 4)
    # log(1 + x) = x - x^2 / 2 + x^3 P(x)
    fit("log", ratio(lambda x: mp.log1p(x) - x + x * x / 2, lambda x: x**3,
                     mp.mpf(1) / 3),
        ratio(lambda x: x**3, mp.log1p, 0),
        float(mp.sqrt(0.5) - 1) * 1.0001, float(mp.sqrt(2) - 1) * 1.0001, 7)
    # erf(x) = x + x P(x^2) up to the bound, 1 - Q(|x| - middle) above
    bound, middle, last = 1.0, 2.375, 3.9375
    fit("erf, small", ratio(lambda z: mp.erf(root(z)) - root(z), root,
                            2 / mp.sqrt(mp.pi) - 1),
        ratio(root, lambda z: mp.erf(root(z)), mp.sqrt(mp.pi) / 2),
        0.0, bound**2, 5)
    fit("erf, large", lambda t: mp.erfc(t + middle),
        lambda t: 1 / mp.erf(t + middle), bound - middle, last - middle,
        12)
    # sin x = x + x^3 P(x^2), cos x = 1 - x^2 / 2 + x^4 P(x^2)
    quarter = float(mp.pi / 4) * 1.0001
    fit("sin", ratio(lambda z: mp.sin(root(z)) - root(z), lambda z: root(z)**3,
                     -mp.mpf(1) / 6),
        ratio(lambda z: root(z)**3, lambda z: mp.sin(root(z)), 0),
        0.0, quarter**2, 2)
    fit("cos", ratio(lambda z: mp.cos(root(z)) - 1 + z / 2, lambda z: z * z,
                     mp.mpf(1) / 24),
        lambda z: z * z / mp.cos(root(z)), 0.0, quarter**2, 2)
    # pi / 2 in 33 bits and an f64 of the rest, its inverse, and the bits of
    # 2 / pi that Payne and Hanek's reduction multiplies with.
    first = mp.nint(mp.pi / 2 * mp.mpf(2)**32) / mp.mpf(2)**32
    print("pi/2:", float(first).hex(), float(mp.pi / 2 - first).hex(),
          "2/pi:", float(2 / mp.pi).hex())
    with mp.workprec(400):
        bits = int(mp.floor(2 / mp.pi * mp.mpf(2)**224))
    print("2/pi in words:", *(hex(bits >> (192 - 32 * i) & 0xFFFFFFFF)
                              for i in range(7)))


if __name__ == "__main__":
    main()
