// RUN: attn-opt %s --split-input-file --verify-diagnostics

// What a kernel, a launch and a temporary must say.

// expected-error @+1 {{expects a grid of 1 to 3 dimensions, but got 4}}
tile.kernel @too_many_dimensions grid ["1", "1", "1", "1"] {
^bb0(%a: index, %b: index, %c: index, %d: index):
  tile.return
}

// -----

// expected-error @+1 {{expects expressions of runtime/artifact.h in its grid, but got 'dim(0'}}
tile.kernel @grid_that_does_not_parse grid ["dim(0"] {
^bb0(%a: index):
  tile.return
}

// -----

// expected-error @+1 {{expects a trailing block argument of type index for each of the 2 dimensions of its grid}}
tile.kernel @grid_without_indices grid ["4", "ceildiv(dim(0,1) * 3, 64)"] {
^bb0(%a: memref<4x4xf32>, %b: index):
  tile.return
}

// -----

// expected-error @+1 {{expects `when` to be a predicate of runtime/artifact.h, but got 'dim(0,1)'}}
tile.kernel @condition_without_comparison when "dim(0,1)" {
^bb0(%a: memref<4x4xf32>):
  tile.return
}

// -----

// expected-error @+1 {{expects a format for each of its 1 arguments ("" for any), but got 2}}
tile.kernel @too_many_formats formats ["", "q8_0"] {
^bb0(%a: memref<4x4xf32>):
  tile.return
}

// -----

// expected-error @+1 {{expects an access to be "read", "write" or "update", but got "modify"}}
tile.kernel @unknown_access access ["modify"] {
^bb0(%a: memref<4x4xf32>):
  tile.return
}

// -----

// expected-note @+1 {{the kernel is here}}
tile.kernel @square {
^bb0(%a: memref<4x4xf32>):
  tile.return
}
func.func @launch_of_another_type(%a: memref<4x5xf32>) {
  // expected-error @+1 {{expects operand 0 to be 'memref<4x4xf32>', but got 'memref<4x5xf32>'}}
  tile.launch @square(%a : memref<4x5xf32>)
  return
}

// -----

func.func @launch_of_nothing(%a: memref<4x5xf32>) {
  // expected-error @+1 {{expects @square to be a kernel, or one that a kernel implements, but there is none}}
  tile.launch @square(%a : memref<4x5xf32>)
  return
}

// -----

func.func @temporary_of_another_size() {
  // expected-error @+1 {{expects the size of a static dimension to be 64, but got '63'}}
  %t = tile.alloc ["T", "63"] : memref<?x64xf32>
  return
}
