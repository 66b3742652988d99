//===- LoopNest.td - nests of loops over scalars to vector code -*- tablegen -*-===//

def CpuLoopNest : Pass<"attn-cpu-loop-nest", "::mlir::ModuleOp"> {
  let summary = "lower nn.generic to loops, the innermost in lanes where that can be";
  let description = [{
    The loops stand as the op's maps order them. The last loop of the result runs in lanes where each input either does
    not depend on it or lies along it in memory; otherwise the innermost reduction does, where it is a sum or a maximum.
    What is left over of a row is computed element by element. An index that may lie outside of its input is compared
    before it is read.

    Requires: planned kernels of one nn.generic (`plan`, `grid`, `formats` for weights). Ensures: bodies hold arith,
    scf, memref and vector only.

    Example: test/lowering/cpu/loop-nest.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"cpu\"",
                  "what is compiled for: cpu, cpu:FEATURE+FEATURE">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}
