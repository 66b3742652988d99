// RUN: attn-opt %s --attn-generalize --attn-outline --attn-bufferize --attn-plan=target=sm_80 --attn-tile --attn-nvptx-sm80 --split-input-file --verify-diagnostics

// A function of math that no lowering expands is refused where it is written, before code generation would abort.

!data = tensor<?x?x2x16xbf16>
attn.variant @decimal score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  %wide = arith.extf %s : f32 to f64
  // expected-error @below {{'math.log10' op has no code on a GPU for 'f64': a kernel calls no library; compute it on f32, on which every function of arith and math has code}}
  %decimal = math.log10 %wide : f64
  %r = arith.truncf %decimal : f64 to f32
  attn.yield %r : f32
}
func.func @calls_a_library(%q: !data {nn.dims = ["B", "T", "2", "16"]}, %k: !data {nn.dims = ["B", "T", "2", "16"]},
                           %v: !data {nn.dims = ["B", "T", "2", "16"]}) -> !data {
  %s0 = attn.dot_product %q, %k : !data, !data
  %s1 = attn.apply @decimal() to %s0
  %o = attn.softmax %s1, %v : !data -> !data
  return %o : !data
}

// -----

// expected-error @below {{'tile.kernel' op has no lowering for sm_80, which carries attention with a plan of form `fragments`; compile for cpu}}
tile.kernel @plan_of_a_cpu access ["update"] plan <rows = 16, keys = 64, form = "prefill"> {
^bb0(%x: memref<4xf32, strided<[?], offset: ?>>):
  tile.return
}
