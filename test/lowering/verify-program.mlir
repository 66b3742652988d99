// RUN: not attn-opt %s --emit=artifact -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
// All ops that are wrong are named in one run, but what uses the result of a wrong one is not.

func.func @integers(%x: tensor<?x16xi32> {nn.dims = ["B", "16"]}) -> tensor<?x16xi32> {
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'nn.add' op expects elements of type f32, bf16 or f16, but got 'tensor<?x16xi32>'; kernels compute with no others
  %y = nn.add %x, %x : tensor<?x16xi32>
  %z = nn.softmax %y : tensor<?x16xi32> -> tensor<?x16xi32>
  return %z : tensor<?x16xi32>
}

func.func @doubles(%x: tensor<?x16xf64> {nn.dims = ["B", "16"]}) -> tensor<?x16xf64> {
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'nn.softmax' op expects elements of type f32, bf16 or f16, but got 'tensor<?x16xf64>'
  %y = nn.softmax %x : tensor<?x16xf64> -> tensor<?x16xf64>
  return %y : tensor<?x16xf64>
}

func.func @a_number(%x: tensor<f32>) -> tensor<f32> {
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'nn.log_softmax' op expects rows of features, but got 'tensor<f32>'; give it a dimension of 1
  %y = nn.log_softmax %x : tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}

func.func @a_verifier_of_its_own(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]}) -> tensor<?x16xf32> {
  %g = nn.weight "g" : !nn.weight<8>
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'nn.rms_norm' op expects the gain to be !nn.weight<16>, but got '!nn.weight<8>'
  %y = nn.rms_norm %x, %g epsilon 1.0e-6 : tensor<?x16xf32>, !nn.weight<8> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// A modifier that is wrong leaves its chain whole.
func.func @modifiers(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}) -> tensor<?x?x2x16xf32> {
  %cap = arith.constant -3.0 : f32
  %size = arith.constant 0 : i32
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'attn.softcap' op expects a positive cap, but got -3.000000e+00
  %s1 = attn.softcap %s0 at %cap
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'attn.block' op expects `size` between 1 and 2147483647, but got 0
  %s2 = attn.block %s1 of %size
  %o = attn.softmax %s2, %q : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// What is wrong with the attributes of arguments leaves the body to be looked at.
// CHECK: verify-program.mlir:[[#@LINE+3]]:{{.*}}: error: 'func.func' op does not know the attribute nn.dim on argument 0
// CHECK: verify-program.mlir:[[#@LINE+2]]:{{.*}}: error: 'func.func' op expects nn.name of argument 1 to be a name, but got "2nd"
// CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'func.func' op does not know the attribute nn.dim on result 0
func.func @attributes(%x: tensor<?x16xf32> {nn.dim = ["B", "16"]}, %y: tensor<?x16xf32> {nn.name = "2nd"}) -> (tensor<?x16xf32> {nn.dim = ["B"]}) {
  %g = nn.weight "g" : !nn.weight<8>
  // CHECK: verify-program.mlir:[[#@LINE+2]]:{{.*}}: error: 'nn.rms_norm' op expects a positive epsilon, but got 0
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'nn.rms_norm' op expects the gain to be !nn.weight<16>, but got '!nn.weight<8>'
  %z = nn.rms_norm %x, %g epsilon 0.0 : tensor<?x16xf32>, !nn.weight<8> -> tensor<?x16xf32>
  return %z : tensor<?x16xf32>
}

// CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'attn.variant' op expects the score region to begin with arguments
attn.variant @wrong score {
^bb0(%s: f32):
  attn.yield %s : f32
}

// Names that nothing has, last; that of something wrong is one.
func.func @names(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}) -> tensor<?x?x2x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  %s1 = attn.apply @wrong() to %s0
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'attn.apply' op expects @nowhere to name an attn.variant, but declared are @wrong
  %s2 = attn.apply @nowhere() to %s1
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'attn.apply' op expects @elsewhere to name an attn.variant, but declared are @wrong
  %s3 = attn.apply @elsewhere() to %s2
  // CHECK: verify-program.mlir:[[#@LINE+1]]:{{.*}}: error: 'func.call' op 'nobody' does not reference a valid function
  %o = call @nobody(%q) : (tensor<?x?x2x16xf32>) -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}
