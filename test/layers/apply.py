# apply.py - tensors that a variant written as text reads: an input of any size or of written sizes, of 16 bits, of no dimensions, a weight, a tensor of the graph

import pathlib

import numpy as np

from formulas import attend, function, normal, scores_of
from program import Case

HEADS, WIDTH, BUCKETS = 4, 16, 32
VARIANTS = pathlib.Path(__file__).parents[2] / "models" / "variants" / "text"


def bucket(d):
    """Of the distance d = j - i, as Raffel et al. have it with 32 buckets, 16 for each direction, up to 128."""
    a = abs(int(d))
    far = 0 if a == 0 else 8 + int(np.floor(8 * np.log2(a / 8) / np.log2(128 / 8) + 1e-9))
    return (16 if d > 0 else 0) + (a if a < 8 else min(15, far))


def case(name, table_type, lines="", stored=None, factor=1.0):
    """`lines` make %table of the weight "bias.weight", times `factor`; without them it is an input, of the elements `stored`."""
    rows = f"tensor<?x?x{HEADS}x{WIDTH}xf32>"
    arguments = [(n, rows, ["B", "T", HEADS, WIDTH]) for n in "qkv"]
    if stored:
        arguments.append(("table", table_type, ["buckets", "heads"] if "?" in table_type else [BUCKETS, HEADS]))
    text = function(arguments, [("y", rows, ["B", "T", HEADS, WIDTH])], f"""{lines}  %one = arith.constant 1.0 : f32
  %s0 = attn.dot_product %q, %k scale %one : {rows}, {rows}
  %s1 = attn.apply @t5_bias(%table) to %s0 : {table_type}
  %y = attn.softmax %s1, %v : {rows} -> {rows}
""")
    current = []

    def run(rows):
        def make(g):
            given, table = {n: normal(g, 2, rows, HEADS, WIDTH) for n in "qkv"}, normal(g, BUCKETS, HEADS)
            if stored:
                given["table"] = table = table.astype(stored)
            current[:] = [table]
            return given, {} if stored else {"bias.weight": table}

        return make

    def expect(x, _, __):
        rows = x["q"].shape[1]
        buckets = np.array([[bucket(j - i) for j in range(rows)] for i in range(rows)])
        bias = factor * current[0].astype(np.float64)[buckets].transpose(2, 0, 1)
        s = scores_of(x["q"], x["k"], 1.0) + bias
        return {"y": attend(s, np.ones_like(s, bool), x["v"])}

    return Case(f"apply {name}", text, [run(3), run(150)], expect, flags=(f"--with={VARIANTS / 't5-bias.mlir'}",))


def without_dimensions():
    rows = f"tensor<?x?x{HEADS}x{WIDTH}xf32>"
    text = """attn.variant @divided score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %by: tensor<f32>):
  %x = attn.load %by[] : tensor<f32> -> f32
  %y = arith.divf %s, %x : f32
  attn.yield %y : f32
}
""" + function([(n, rows, ["B", "T", HEADS, WIDTH]) for n in "qkv"] + [("by", "tensor<f32>", [])], [("y", rows, ["B", "T", HEADS, WIDTH])],
             f"""  %s0 = attn.dot_product %q, %k : {rows}, {rows}
  %s1 = attn.apply @divided(%by) to %s0 : tensor<f32>
  %y = attn.softmax %s1, %v : {rows} -> {rows}
""")

    def make(g):
        return {n: normal(g, 2, 9, HEADS, WIDTH) for n in "qkv"} | {"by": np.array(0.4, np.float32)}, {}

    def expect(x, _, __):
        s = scores_of(x["q"], x["k"], WIDTH**-0.5) / float(x["by"])
        return {"y": attend(s, np.ones_like(s, bool), x["v"])}

    return Case("apply a tensor of no dimensions", text, [make], expect)


def cases():
    weight, table = f"!nn.weight<{BUCKETS}x{HEADS}>", f"tensor<{BUCKETS}x{HEADS}x"
    doubled = f"""  %w = nn.weight "bias.weight" : {weight}
  %table = nn.generic ins(%w : {weight}) maps [affine_map<(b, h) -> (b, h)>] {{
  ^bb0(%x: f32, %b: i32, %h: i32):
    %twice = arith.addf %x, %x : f32
    nn.yield %twice : f32
  }} -> {table}f32>
"""
    return [case("a table of any size", "tensor<?x?xf32>", stored=np.float32),
            case("a table of written sizes", table + "f32>", stored=np.float32),
            case("a table of f16", table + "f16>", stored=np.float16),
            case("a weight", weight, f'  %table = nn.weight "bias.weight" : {weight}\n'),
            case("a tensor made of a weight", table + "f32>", doubled, factor=2.0),
            without_dimensions()]
