//===- ThreadPool.h - the threads that run a kernel's tasks -*- C++ -*-===//
//
// Tasks are handed out by one atomic word, `cursor`, that holds the generation of the job in its high bits and the next
// task in its low ones. A worker claims tasks by a compare-and-swap that fails once the job is another, so the caller
// waits for tasks that were claimed, never for workers that slept through the job. Invariants:
//   1. a job has an even generation; its fields are written only after `cursor` has passed through the odd one before
//   it,
//      so that a late worker's claim on the job before cannot succeed any more;
//   2. hence a claim of generation g that succeeds means that the fields read before it are those of g;
//   3. `done` equals the number of tasks when the job is over, and only then does `run` return.
// Workers spin for about 50 µs after a job, because the next launch of a step follows at once, and sleep afterwards.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CPU_THREADPOOL_H
#define ATTN_RUNTIME_CPU_THREADPOOL_H

#include "runtime/Status.h"
#include "runtime/artifact.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace attn {

class ThreadPool {
public:
  /// |threads| counts the caller of `run`, so one less is started.
  static Result<std::unique_ptr<ThreadPool>> create(int threads);
  ~ThreadPool();

  int threads() const { return static_cast<int>(scratch_.size()); }

  /// Makes every thread's scratch at least |bytes| long.
  Status reserveScratch(uint64_t bytes);

  /// Runs the tasks 0..tasks-1 and returns the first code other than ATTN_KERNEL_OK that one of them returned, if any.
  /// Calls from several threads take turns.
  int32_t run(attn_kernel_fn kernel, const attn_args *args, int64_t tasks);

private:
  struct Release {
    void operator()(std::byte *memory) const { ::operator delete[](memory, std::align_val_t{64}); }
  };
  using Scratch = std::unique_ptr<std::byte[], Release>;

  /// 24 bits of generation, 40 bits of next task.
  static constexpr int taskBits = 40;
  static constexpr uint64_t taskMask = (uint64_t{1} << taskBits) - 1;

  ThreadPool() = default;
  void work(int thread);
  void claimTasks(int thread, uint64_t generation);
  bool waitForJob(uint64_t seen);

  std::vector<Scratch> scratch_;
  uint64_t scratchBytes_ = 0;
  std::vector<std::thread> workers_;
  std::mutex callers_;

  // The job. Atomic because a worker that comes late may read them while the next job is written (invariant 1);
  // released and acquired, so that who has read a new field sees the odd generation too.
  std::atomic<attn_kernel_fn> kernel_{nullptr};
  std::atomic<const attn_args *> args_{nullptr};
  std::atomic<int64_t> tasks_{0};
  std::atomic<int64_t> grain_{1};

  alignas(64) std::atomic<uint64_t> cursor_{0};
  alignas(64) std::atomic<int64_t> done_{0};
  std::atomic<int32_t> code_{ATTN_KERNEL_OK};

  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<bool> stopping_{false};
  std::mutex sleep_;
  std::condition_variable wake_;
};

} // namespace attn

#endif // ATTN_RUNTIME_CPU_THREADPOOL_H
