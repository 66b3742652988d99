//===- ThreadPool.cpp - the threads that run a kernel's tasks -*- C++ -*-===//

#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <sched.h>
#include <system_error>

namespace attn {

using Clock = std::chrono::steady_clock;

static constexpr std::chrono::microseconds spinTime{50};

static void pauseBriefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::create(int threads) {
  std::unique_ptr<ThreadPool> pool(new ThreadPool());
  pool->scratch_.resize(static_cast<size_t>(threads));
  for (int i = 1; i < threads; ++i) {
    // The one standard facility here that reports failure by throwing.
    try {
      pool->workers_.emplace_back([raw = pool.get(), i] { raw->work(i); });
    } catch (const std::system_error &error) {
      return failure(Code::unsupported, "the system refused to start thread %d of %d (%s); use fewer", i + 1, threads,
                     error.what());
    }
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  stopping_.store(true);
  {
    std::lock_guard<std::mutex> lock(sleep_);
    wake_.notify_all();
  }
  for (std::thread &worker : workers_)
    worker.join();
}

Status ThreadPool::reserveScratch(uint64_t bytes) {
  std::lock_guard<std::mutex> lock(callers_);
  if (bytes <= scratchBytes_)
    return Status();
  for (Scratch &scratch : scratch_) {
    scratch.reset(static_cast<std::byte *>(::operator new[](bytes, std::align_val_t{64}, std::nothrow)));
    if (!scratch) {
      scratchBytes_ = 0;
      return failure(Code::out_of_memory,
                     "no memory for %llu bytes of scratch on each of %zu threads; use fewer threads",
                     static_cast<unsigned long long>(bytes), scratch_.size());
    }
  }
  scratchBytes_ = bytes;
  return Status();
}

//===----------------------------------------------------------------------===//
// The caller's side
//===----------------------------------------------------------------------===//

int32_t ThreadPool::run(attn_kernel_fn kernel, const attn_args *args, int64_t tasks) {
  std::lock_guard<std::mutex> lock(callers_);
  if (tasks == 1 || workers_.empty()) {
    for (int64_t task = 0; task < tasks; ++task)
      if (int32_t code = kernel(args, task, scratch_[0].get()))
        return code;
    return ATTN_KERNEL_OK;
  }

  uint64_t closed = (cursor_.load(std::memory_order_relaxed) >> taskBits) + 1;
  cursor_.store(closed << taskBits, std::memory_order_relaxed);
  kernel_.store(kernel, std::memory_order_release);
  args_.store(args, std::memory_order_release);
  tasks_.store(tasks, std::memory_order_release);
  grain_.store(std::max<int64_t>(1, tasks / (int64_t{threads()} * 16)), std::memory_order_release);
  done_.store(0, std::memory_order_relaxed);
  code_.store(ATTN_KERNEL_OK, std::memory_order_relaxed);
  // Sequentially consistent, with the load of `sleepers_`: either a worker sees this job before it sleeps, or this
  // thread sees the sleeper.
  cursor_.store((closed + 1) << taskBits, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard<std::mutex> sleepLock(sleep_);
    wake_.notify_all();
  }

  claimTasks(0, cursor_.load(std::memory_order_relaxed) >> taskBits);
  Clock::time_point start = Clock::now();
  for (int spins = 0; done_.load(std::memory_order_acquire) != tasks; ++spins) {
    // A worker that holds a task may have lost its processor; after a while give it this one.
    if (spins % 64 == 63 && Clock::now() - start > spinTime)
      sched_yield();
    else
      pauseBriefly();
  }
  return code_.load(std::memory_order_relaxed);
}

//===----------------------------------------------------------------------===//
// The workers' side
//===----------------------------------------------------------------------===//

void ThreadPool::claimTasks(int thread, uint64_t generation) {
  if (generation % 2 != 0)
    return;
  uint64_t cursor = cursor_.load(std::memory_order_acquire);
  while (cursor >> taskBits == generation) {
    attn_kernel_fn kernel = kernel_.load(std::memory_order_acquire);
    const attn_args *args = args_.load(std::memory_order_acquire);
    int64_t tasks = tasks_.load(std::memory_order_acquire);
    int64_t grain = grain_.load(std::memory_order_acquire);
    int64_t first = static_cast<int64_t>(cursor & taskMask);
    if (first >= tasks)
      return;
    int64_t count = std::min(grain, tasks - first);
    if (!cursor_.compare_exchange_weak(cursor, cursor + static_cast<uint64_t>(count), std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      continue;
    for (int64_t task = first; task < first + count; ++task)
      if (int32_t code = kernel(args, task, scratch_[static_cast<size_t>(thread)].get()))
        code_.store(code, std::memory_order_relaxed);
    done_.fetch_add(count, std::memory_order_acq_rel);
    cursor = cursor_.load(std::memory_order_acquire);
  }
}

bool ThreadPool::waitForJob(uint64_t seen) {
  auto isNew = [&] { return cursor_.load(std::memory_order_seq_cst) >> taskBits != seen || stopping_.load(); };
  Clock::time_point start = Clock::now();
  for (int spins = 0; !isNew(); ++spins) {
    pauseBriefly();
    if (spins % 64 != 63 || Clock::now() - start <= spinTime)
      continue;
    std::unique_lock<std::mutex> lock(sleep_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    wake_.wait(lock, isNew);
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
    break;
  }
  return !stopping_.load();
}

void ThreadPool::work(int thread) {
  uint64_t seen = 0;
  while (waitForJob(seen)) {
    seen = cursor_.load(std::memory_order_acquire) >> taskBits;
    claimTasks(thread, seen);
  }
}

} // namespace attn
