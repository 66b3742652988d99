// RUN: attn-opt %s --attn-plan=target=sm_80 --split-input-file --verify-diagnostics

// What the kernels of sm_80 do not carry is an error that names the slot and what carries it.

!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @terms_of_pairs access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has a `pair` region, which the kernels of sm_80 do not carry; compile for cpu}}
  attn.generic exp sum queries(%q : !data) keys(%k : !data) value(%v : !data) scale %scale in %seq into(%o : !data) pair {
  ^bb0(%a: f32, %b: f32, %f: i32):
    attn.yield %a : f32
  }
  tile.return
}

// -----

!half = memref<?x?x2x64xf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @weights_beyond_f16 access ["read", "read", "read", "write"] {
^bb0(%q: !half, %k: !half, %v: !half, %o: !half):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has linear weights with values of f16, which the kernels of sm_80 do not carry; compile for cpu}}
  attn.generic linear sum queries(%q : !half) keys(%k : !half) value(%v : !half) scale %scale in %seq into(%o : !half)
  tile.return
}

// -----

!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @two_products access ["read", "read", "read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %q1: !data, %k1: !data, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has scores that are a sum of 2 products, but the kernels of sm_80 carry one; compile for cpu}}
  attn.generic exp sum queries(%q, %q1 : !data, !data) keys(%k, %k1 : !data, !data) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}

// -----

!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
!half = memref<?x?x2x64xf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @mixed_types access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !half, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has keys of f16, but the kernels of sm_80 carry queries, keys and values that are all bf16 or all f16; convert them, or compile for cpu}}
  attn.generic exp sum queries(%q : !data) keys(%k : !half) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}

// -----

!odd = memref<?x?x2x40xbf16, strided<[?, ?, ?, ?], offset: ?>>
!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @width_of_40 access ["read", "read", "read", "write"] {
^bb0(%q: !odd, %k: !odd, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has queries of width 40, but the kernels of sm_80 carry multiples of 16 up to 128; compile for cpu}}
  attn.generic exp sum queries(%q : !odd) keys(%k : !odd) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}

// -----

!wide = memref<?x?x2x144xbf16, strided<[?, ?, ?, ?], offset: ?>>
!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @values_of_144 access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %v: !wide, %o: !wide):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has values of width 144, but the kernels of sm_80 carry multiples of 16 up to 128; compile for cpu}}
  attn.generic exp sum queries(%q : !data) keys(%k : !data) value(%v : !wide) scale %scale in %seq into(%o : !wide)
  tile.return
}

// -----

!data = memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>
!weights = memref<?x2x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @weights_for_a_result access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %v: !data, %a: !weights):
  %scale = arith.constant 1.250000e-01 : f32
  // expected-error @+1 {{'attn.generic' op has `weights` for a result, which the kernels of sm_80 do not carry; compile for cpu}}
  attn.generic exp sum queries(%q : !data) keys(%k : !data) value(%v : !data) scale %scale weights heads into(%a : !weights)
  tile.return
}
