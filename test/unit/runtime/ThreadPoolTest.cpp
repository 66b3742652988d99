//===- ThreadPoolTest.cpp - every task runs once, whatever the threads do -*- C++ -*-===//

#include "runtime/cpu/ThreadPool.h"

#include <chrono>
#include <gtest/gtest.h>

using namespace attn;

static int32_t countTask(const attn_args *args, int64_t task, void *) {
  auto *counts = static_cast<std::atomic<int> *>(args->buffers[0].data);
  counts[task].fetch_add(1, std::memory_order_relaxed);
  return ATTN_KERNEL_OK;
}

static int32_t failLate(const attn_args *, int64_t task, void *) { return task >= 90 ? 5 : ATTN_KERNEL_OK; }

/// Writes all of its scratch and looks whether somebody else did.
static int32_t ownScratch(const attn_args *, int64_t task, void *scratch) {
  auto *numbers = static_cast<volatile int64_t *>(scratch);
  for (int i = 0; i < 128; ++i)
    numbers[i] = task;
  for (int i = 0; i < 128; ++i)
    if (numbers[i] != task)
      return 1;
  return reinterpret_cast<uintptr_t>(scratch) % 64 == 0 ? 0 : 2;
}

TEST(ThreadPool, runs_every_task_once) {
  for (int threads : {1, 2, 3, 8}) {
    Result<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(threads);
    ASSERT_TRUE(pool.ok());
    for (int64_t tasks : {0, 1, 2, 7, 64, 1000}) {
      for (int round = 0; round < 200; ++round) {
        std::vector<std::atomic<int>> counts(static_cast<size_t>(tasks));
        attn_buffer buffer = {counts.data(), nullptr, nullptr};
        attn_args args = {ATTN_KERNEL_ABI, 0, &buffer, nullptr, {tasks, 1, 1}};
        ASSERT_EQ((*pool)->run(countTask, &args, tasks), ATTN_KERNEL_OK);
        for (const std::atomic<int> &count : counts)
          ASSERT_EQ(count.load(), 1);
      }
    }
  }
}

TEST(ThreadPool, wakes_workers_that_sleep) {
  Result<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(3);
  ASSERT_TRUE(pool.ok());
  std::vector<std::atomic<int>> counts(50);
  attn_buffer buffer = {counts.data(), nullptr, nullptr};
  attn_args args = {ATTN_KERNEL_ABI, 0, &buffer, nullptr, {50, 1, 1}};
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
    ASSERT_EQ((*pool)->run(countTask, &args, 50), ATTN_KERNEL_OK);
  }
  for (const std::atomic<int> &count : counts)
    EXPECT_EQ(count.load(), 20);
}

TEST(ThreadPool, hands_on_a_kernels_code) {
  for (int threads : {1, 4}) {
    Result<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(threads);
    ASSERT_TRUE(pool.ok());
    attn_args args = {};
    EXPECT_EQ((*pool)->run(failLate, &args, 100), 5);
    EXPECT_EQ((*pool)->run(failLate, &args, 80), ATTN_KERNEL_OK);
  }
}

TEST(ThreadPool, gives_each_thread_its_scratch) {
  Result<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(4);
  ASSERT_TRUE(pool.ok());
  ASSERT_TRUE((*pool)->reserveScratch(1024).ok());
  attn_args args = {};
  for (int round = 0; round < 100; ++round)
    ASSERT_EQ((*pool)->run(ownScratch, &args, 500), ATTN_KERNEL_OK);
}

TEST(ThreadPool, takes_callers_in_turn) {
  Result<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(2);
  ASSERT_TRUE(pool.ok());
  std::vector<std::thread> callers;
  std::atomic<int> failures{0};
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        std::vector<std::atomic<int>> counts(33);
        attn_buffer buffer = {counts.data(), nullptr, nullptr};
        attn_args args = {ATTN_KERNEL_ABI, 0, &buffer, nullptr, {33, 1, 1}};
        failures += (*pool)->run(countTask, &args, 33) != ATTN_KERNEL_OK;
        for (const std::atomic<int> &count : counts)
          failures += count.load() != 1;
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(failures.load(), 0);
}
