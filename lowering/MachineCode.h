//===- MachineCode.h - what both targets ask of LLVM's back ends -*- C++ -*-===//

#ifndef ATTN_LOWERING_MACHINECODE_H
#define ATTN_LOWERING_MACHINECODE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace attn {

/// LLVM's code generator for one triple, which has been registered; null after an error at `location`.
std::unique_ptr<llvm::TargetMachine> makeTargetMachine(llvm::StringRef triple, llvm::StringRef cpu,
                                                       llvm::StringRef features,
                                                       std::optional<llvm::Reloc::Model> relocation,
                                                       mlir::Location location);

/// `functions` in the LLVM dialect as an LLVM module with the layout of `machine`; null after an error.
std::unique_ptr<llvm::Module> translateFor(const llvm::TargetMachine &machine, mlir::ModuleOp functions,
                                           llvm::StringRef name, llvm::LLVMContext &context);

/// LLVM's default pipeline at `level`. Kernels are vectorised by hand, so `tuning` switches off what would do it again.
void optimize(llvm::Module &module, llvm::TargetMachine &machine, const llvm::PipelineTuningOptions &tuning,
              llvm::OptimizationLevel level);

/// The back end's text or object code.
mlir::LogicalResult generateCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                                 llvm::raw_pwrite_stream &stream, mlir::Location location);

/// The back end's text.
mlir::FailureOr<std::string> generateText(llvm::Module &module, llvm::TargetMachine &machine, mlir::Location location);

} // namespace attn

#endif // ATTN_LOWERING_MACHINECODE_H
