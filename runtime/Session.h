//===- Session.h - a program on a device, with weights and states -*- C++ -*-===//
//
// A run binds symbols from the shapes of its arguments, checks everything that can be refused (shapes, lengths,
// capacities) before the first launch, takes or makes the plan for those sizes, and hands the launches to the device.
// Used by one thread at a time.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_SESSION_H
#define ATTN_RUNTIME_SESSION_H

#include "runtime/Plan.h"
#include "runtime/attn.h"

#include <functional>
#include <list>
#include <memory>

namespace attn {

struct SessionOptions {
  int64_t sequences = 0; ///< 0: 1
  int64_t capacity = 0;  ///< 0: what the weights' metadata and the program's symbols allow
};

class Session {
public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<Device> device,
                                                 std::shared_ptr<const Artifact> artifact,
                                                 std::shared_ptr<const WeightSource> weights,
                                                 const SessionOptions &options);
  ~Session();

  /// See attn_session_run.
  Status run(int function, const attn_tensor_t *arguments, size_t argumentCount, attn_tensor_t *results,
             size_t resultCount);

  const Artifact &artifact() const { return *artifact_; }
  const Program &program() const { return artifact_->program(); }
  const WeightSource *weights() const { return source_.get(); }
  const Device &device() const { return *device_; }
  States &states() { return *states_; }
  const States &states() const { return *states_; }
  int64_t sequences() const { return sequences_; }

  void trace(attn_trace_fn function, void *user) { trace_ = function, traceUser_ = user; }

  /// What sees each launch of a run when its turn has come, before it runs, and may launch it with buffers of its own.
  /// All that the launch reads is there, and what it updates is as it was.
  struct Watched {
    const Function &function; ///< that runs
    size_t command;           ///< its number in the run
    const Launch &launch;
    Device &device;
    DeviceCode &code;
  };
  using LaunchWatcher = std::function<Status(const Watched &watched)>;
  void watchLaunches(LaunchWatcher watcher) { watcher_ = std::move(watcher); }

private:
  /// Memory of the device that grows when it has to.
  struct Memory {
    void *data = nullptr;
    uint64_t bytes = 0;
  };

  Session() = default;
  Status uploadConstants();
  Status bindSymbols(const Function &function, const attn_tensor_t *arguments);
  Status checkLengths(const Function &function, const attn_tensor_t *arguments);
  Result<Plan *> findPlan(int function);
  Status reserve(Memory &memory, uint64_t bytes);
  /// Whether kernels read and write the caller's tensors where they lie.
  bool usesTensorsInPlace() const { return device_->sharesHostMemory() || device_->worksInCallersStream(); }
  Status placeArguments(const Function &function, const attn_tensor_t *arguments);
  Status placeResults(const Function &function, const Plan &plan, attn_tensor_t *results);
  Status collectResults(const Function &function, attn_tensor_t *results);
  void patch(Plan &plan, const attn_tensor_t *arguments);
  Status execute(Plan &plan);
  /// Runs the step, if it is its turn.
  Status runStep(const Plan &plan, const Plan::Step &step);
  Result<bool> isTurnOf(const Plan &plan, const Plan::Step &step);
  // SessionTrace.cpp
  Status executeTraced(Plan &plan, const Function &function, const attn_tensor_t *arguments);
  Status report(const Plan::Step &step, attn_trace_event_t &event, const Function &function,
                const attn_tensor_t *arguments);
  void addOutputs(const attn_buffer &buffer, ElementType type, int rank, const Function &function,
                  const attn_tensor_t *arguments, std::vector<attn_tensor_t> &outputs) const;
  void advance(const Function &function, const attn_tensor_t *arguments);

  std::shared_ptr<Device> device_;
  std::shared_ptr<const Artifact> artifact_;
  std::shared_ptr<const WeightSource> source_;
  std::unique_ptr<DeviceCode> code_;
  std::unique_ptr<BoundWeights> weights_;
  std::unique_ptr<States> states_;
  std::vector<void *> constants_;
  int64_t sequences_ = 1;

  struct CachedPlan {
    int function;
    std::unique_ptr<Plan> plan;
  };
  /// The most recently used first.
  std::list<CachedPlan> plans_;
  Memory arena_;
  std::vector<int64_t> symbols_;        ///< of the run at hand
  std::vector<void *> argumentData_;    ///< of the device
  std::vector<void *> resultData_;      ///< of the device
  std::vector<Memory> argumentStaging_; ///< for arguments that cannot be used where they lie
  std::vector<Memory> resultMemory_;
  std::vector<std::vector<std::byte>> hostResults_; ///< for results without data, on a device with its own memory

  attn_trace_fn trace_ = nullptr;
  void *traceUser_ = nullptr;
  LaunchWatcher watcher_;
};

} // namespace attn

#endif // ATTN_RUNTIME_SESSION_H
