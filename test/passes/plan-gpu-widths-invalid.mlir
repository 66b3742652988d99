// RUN: attn-opt %s --attn-plan=target=sm_90a --split-input-file --verify-diagnostics

// What sm_90a does not carry names the architecture that does, where there is one.

!data = memref<?x?x2x80xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @width_of_80 access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has queries of width 80, but the kernels of sm_90a carry multiples of 64 up to 128; compile for sm_80, whose PTX runs on newer GPUs, or for cpu}}
  attn.generic exp sum queries(%q : !data) keys(%k : !data) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}

// -----

!wide = memref<?x?x2x192xbf16, strided<[?, ?, ?, ?], offset: ?>>
!data = memref<?x?x2x128xbf16, strided<[?, ?, ?, ?], offset: ?>>
tile.kernel @keys_of_192 access ["read", "read", "read", "write"] {
^bb0(%q: !wide, %k: !wide, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  // expected-error @+1 {{'attn.generic' op has queries of width 192, but the kernels of sm_90a carry multiples of 64 up to 128; compile for cpu}}
  attn.generic exp sum queries(%q : !wide) keys(%k : !wide) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}
