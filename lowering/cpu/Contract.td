//===- Contract.td - linear layers to vector code -*- tablegen -*-===//

def CpuContract : Pass<"attn-cpu-contract", "::mlir::ModuleOp"> {
  let summary = "lower linear layers to vector code, one implementation for each storage format";
  let description = [{
    A task computes `plan.keys` output features of all rows (form `vector`), or of `plan.rows` of them (form `matrix`).
    Its tile is a few rows by a few output features with the input features in lanes: both operands are read as they
    lie in memory, 16-bit and 8-bit products included, and nothing is transposed. The sums over lanes go through a
    small buffer; the epilogue then runs over output features in lanes.

    `vector` reads the stored blocks directly; `matrix` first turns the task's weights into rows of f32 or bf16, where
    they are not stored so.

    Requires: planned kernels (`plan`, `grid`, `formats`); the last dimension of all data is contiguous. Ensures: bodies
    hold arith, math, scf, memref, vector and x86vector only.

    Example: test/lowering/cpu/contract.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"cpu\"",
                  "what is compiled for: cpu, cpu:FEATURE+FEATURE">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::x86vector::X86VectorDialect",
                           "::mlir::LLVM::LLVMDialect"];
}
