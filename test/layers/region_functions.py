# region_functions.py - the functions of math and arith that regions of text may use, against NumPy's in float64

import math

import numpy as np

from formulas import function
from program import Case

WIDTH = 16  # keys of a call, and features: values are the unit vectors, so that a result is the function of one score
SIGNED = np.concatenate([s * np.logspace(-8, 3, 23) for s in (1, -1)])
SMALL = SIGNED[np.abs(SIGNED) < 90]
POSITIVE = np.logspace(-8, 3, 46)
UNIT = np.concatenate([np.clip(SIGNED, -1, 1) * f for f in (0.999, 0.7)])
WHOLE = np.arange(-23.0, 23.0)
HALVES = np.concatenate([np.arange(-12, 12) / 2, [0.49999997, -0.49999997, 8388607.0, 4194303.5, -2.5e9]])
ODD = np.concatenate([SIGNED, [np.inf, -np.inf, np.nan, 1e-40, 0.0, -0.0, 3e38]])
UPWARDS = 1 + POSITIVE


def fraction(x, y):
    with np.errstate(invalid="ignore"):
        return np.fmod(x, y)


def one(name):
    return f"%r{{h}} = math.{name} %s : f32"


def flag(name):
    return f"%f{{h}} = math.{name} %s : f32\n  %r{{h}} = arith.select %f{{h}}, %one, %zero : f32"


erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])

# By group: (name, what makes %r{h} of %s, the function, its arguments).
GROUPS = {
    "angles": [(n, one(n), f, x) for n, f, x in (
        ("sin", np.sin, SIGNED), ("cos", np.cos, SIGNED), ("tan", np.tan, SIGNED), ("asin", np.arcsin, UNIT), ("acos", np.arccos, UNIT),
        ("atan", np.arctan, SIGNED))] + [
        ("sincos", "%r{h}, %cos{h} = math.sincos %s : f32", np.sin, SIGNED),
        ("atan2", "%r{h} = math.atan2 %s, %c : f32", lambda x: np.arctan2(x, 0.75), SIGNED)],
    "hyperbolas": [(n, one(n), f, x) for n, f, x in (
        ("sinh", np.sinh, SMALL), ("cosh", np.cosh, SMALL), ("tanh", np.tanh, SIGNED), ("asinh", np.arcsinh, SIGNED),
        ("acosh", np.arccosh, UPWARDS), ("atanh", np.arctanh, UNIT), ("erf", erf, SIGNED), ("erfc", erfc, SMALL[SMALL < 2]))],
    "powers": [(n, one(n), f, x) for n, f, x in (
        ("exp", np.exp, SMALL[np.abs(SMALL) < 80]), ("exp2", np.exp2, SMALL), ("expm1", np.expm1, SMALL[SMALL < 80]), ("log", np.log, POSITIVE),
        ("log1p", np.log1p, POSITIVE), ("log2", np.log2, POSITIVE), ("log10", np.log10, POSITIVE), ("cbrt", np.cbrt, SIGNED),
        ("sqrt", np.sqrt, POSITIVE), ("rsqrt", lambda x: 1 / np.sqrt(x), POSITIVE))] + [
        ("powf", "%r{h} = math.powf %s, %c : f32", lambda x: x**0.75, POSITIVE),
        ("fpowi", "%r{h} = math.fpowi %s, %five : f32, i32", lambda x: x**5, SIGNED[np.abs(SIGNED) > 1e-6]),
        ("fpowi of what is read", "%n{h} = arith.fptosi %s : f32 to i32\n  %r{h} = math.fpowi %c, %n{h} : f32, i32", lambda x: 0.75**x, WHOLE),
        ("ipowi", "%n{h} = arith.fptosi %s : f32 to i32\n  %p{h} = math.ipowi %n{h}, %five : i32\n  %r{h} = arith.sitofp %p{h} : i32 to f32",
         lambda x: x**5, WHOLE),
        ("ipowi below 0", "%n{h} = arith.fptosi %s : f32 to i32\n  %p{h} = math.ipowi %n{h}, %minus : i32\n  %r{h} = arith.sitofp %p{h} : i32 to f32",
         lambda x: np.where(np.abs(x) == 1, x, 0), WHOLE)],
    "rounding": [(n, one(n), f, HALVES) for n, f in (
        ("round", lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x)), ("roundeven", np.rint), ("floor", np.floor), ("ceil", np.ceil),
        ("trunc", np.trunc))] + [
        ("remf", "%r{h} = arith.remf %s, %c : f32", lambda x: fraction(x, 0.75), np.concatenate([SIGNED, HALVES, [3e38, -1e30, 0.75]])),
        ("remf by what is read", "%r{h} = arith.remf %c, %s : f32", lambda x: fraction(0.75, x), np.concatenate([SIGNED, [np.inf, 1e-37, 3e38]])),
        ("clampf", "%r{h} = math.clampf %s to [%low, %c] : f32", lambda x: np.clip(x, -0.25, 0.75), SIGNED),
        ("isnan", flag("isnan"), np.isnan, ODD), ("isinf", flag("isinf"), np.isinf, ODD), ("isfinite", flag("isfinite"), np.isfinite, ODD),
        ("isnormal", flag("isnormal"), lambda x: np.isfinite(x) & (np.abs(x) >= 2.0**-126), ODD)],
}
# Of each result.
BOUND = 1e-6


def region(group):
    """Head h has the h-th function of the group."""
    lines = ["attn.variant @functions weights linear none score {", "^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):",
             "  %one = arith.constant 1.0 : f32", "  %zero = arith.constant 0.0 : f32", "  %low = arith.constant -0.25 : f32",
             "  %five = arith.constant 5 : i32", "  %minus = arith.constant -3 : i32"]
    last = "%zero"
    for h, (_, text, _, _) in enumerate(group):
        lines += ["  " + text.format(h=h), f"  %at{h} = arith.constant {h} : i32", f"  %is{h} = arith.cmpi eq, %h, %at{h} : i32",
                  f"  %y{h} = arith.select %is{h}, %r{h}, {last} : f32"]
        last = f"%y{h}"
    return "\n".join(lines + [f"  attn.yield {last} : f32", "}", ""])


def case(name, group, flags=()):
    heads = len(group)
    rows = f"tensor<?x?x{heads}x{WIDTH}xf32>"
    arguments = [("q", rows, ["B", "T", heads, WIDTH]), ("k", rows, ["B", "S", heads, WIDTH]), ("v", rows, ["B", "S", heads, WIDTH]), ("c", "f32", [])]
    text = region(group) + function(arguments, [("y", rows, ["B", "T", heads, WIDTH])], f"""  %unit = arith.constant 1.0 : f32
  %s0 = attn.dot_product %q, %k scale %unit : {rows}, {rows}
  %s1 = attn.apply @functions(%c) to %s0 : f32
  %y = attn.none %s1, %v : {rows} -> {rows}
""")
    count = -(-max(len(x) for _, _, _, x in group) // WIDTH)
    read = np.stack([np.resize(x, count * WIDTH) for _, _, _, x in group]).astype(np.float32).reshape(heads, count, WIDTH)

    def run(queries):
        q, k = np.zeros((count, queries, heads, WIDTH), np.float32), np.zeros((count, WIDTH, heads, WIDTH), np.float32)
        q[..., 0], k[..., 0] = 1, read.transpose(1, 2, 0)
        v = np.broadcast_to(np.eye(WIDTH, dtype=np.float32)[None, :, None], k.shape)
        return lambda _: ({"q": q, "k": k, "v": np.ascontiguousarray(v), "c": 0.75}, {})

    def expect(x, _, __):
        with np.errstate(all="ignore"):
            each = np.stack([f(part.astype(np.float64)).astype(np.float64) for (_, _, f, _), part in zip(group, read)])
        y = np.broadcast_to(each.transpose(1, 0, 2)[:, None], x["q"].shape)
        return {"y": (y, np.abs(y))}

    return Case(f"functions of regions: {name}", text, [run(1), run(40)], expect, tolerance=BOUND, flags=flags)


def cases():
    for name, group in GROUPS.items():
        yield case(name, group)
        yield case(f"{name}, on scalars", group, flags=("--lowering=reference",))
