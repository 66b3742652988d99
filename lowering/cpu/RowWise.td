//===- RowWise.td - row-wise kernels to vector loops -*- tablegen -*-===//

def CpuRowWise : Pass<"attn-cpu-row-wise", "::mlir::ModuleOp"> {
  let summary = "lower row-wise kernels to vector loops";
  let description = [{
    A task takes `plan.rows` rows. For each row the ops run in order, vectorised over the features. Elementwise ops with
    one use are evaluated where their result is needed; what is read more than once, or as a whole, stands in a row of
    scratch, in f32. All results of a row are computed before the first is stored, element by element, so that a
    destination may be the buffer of an input.

    Requires: planned row-wise kernels (`plan`, `grid`, `formats` for weights), features of static size that are
    contiguous in memory. Ensures: bodies hold arith, scf, memref and vector only.

    Example: test/lowering/cpu/row-wise.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"cpu\"",
                  "what is compiled for: cpu, cpu:FEATURE+FEATURE">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}
