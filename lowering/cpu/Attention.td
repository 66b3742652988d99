//===- Attention.td - attention kernels become vector code -*- tablegen -*-===//

def CpuAttention : Pass<"attn-cpu-attention", "::mlir::ModuleOp"> {
  let summary = "lower sweeps to vector code, queries or features in lanes";
  let description = [{
    Replaces the body of every attention kernel by scf, vector, arith and memref; cache arguments become memrefs. A
    sweep is lowered as a whole, once for its full ranges (no mask code) and once for its partial ones.

    A kernel of form `weights` holds its `attn.generic` still: keys stand in lanes, and scores wait for their sum in the
    result itself (lowering/cpu/WeightsTask.h). Such a kernel gets its grid here.

    Requires: kernels from `attn-tile`, each with a plan of form `prefill`, `decode` or `weights`. Ensures: no attn or
    tile op is left in them but `tile.return`; no call is needed to run them.

    Example: test/lowering/cpu/attention.mlir
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "what is compiled for: cpu or cpu:FEATURE+FEATURE">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::x86vector::X86VectorDialect"];
}
