// broken90.cu - sm_90a kernels with one mistake each, which the interpreter has to name.
#include "asm90.h"

extern __shared__ __align__(1024) unsigned char memory[];

enum class Mistake { none, no_wait, wait_too_high, stride_512, stride_2048, no_proxy_fence, no_register_fence, overwrite };

// 64 x 128 x 64 with both tiles K-major in 128-byte swizzles; the tiles are all ones.
template <Mistake mistake> __device__ void product(float *c) {
  constexpr int bytesA = 64 * 128, bytesB = 128 * 128;
  for (int i = threadIdx.x; i < (bytesA + bytesB) / 4; i += 128)
    ((unsigned *)memory)[i] = 0x3f803f80;
  if (mistake != Mistake::no_proxy_fence)
    fence_async();
  __syncthreads();
  unsigned stride = mistake == Mistake::stride_512 ? 512 : mistake == Mistake::stride_2048 ? 2048 : 1024;
  float d[64];
  for (int i = 0; i < 64; ++i)
    d[i] = c[i];
  if (mistake != Mistake::no_register_fence)
    wgmma_fence();
  for (int half = 0; half < 2; ++half) {
    for (int k = 0; k < 2; ++k)
      wgmma<0, 0>(d, descriptor(shared_address(memory) + half * 64 + k * 32, 16, 1024, 1),
                  descriptor(shared_address(memory) + bytesA + half * 64 + k * 32, 16, stride, 1), 1);
    wgmma_commit();
  }
  if (mistake == Mistake::overwrite)
    ((volatile unsigned *)memory)[threadIdx.x] = 0;
  if (mistake == Mistake::wait_too_high)
    wgmma_wait<1>();
  else if (mistake != Mistake::no_wait)
    wgmma_wait<0>();
  write_accumulators(d, c);
  if (mistake == Mistake::no_wait)
    wgmma_wait<0>();
}

#define BROKEN(name)                                                                                                   \
  extern "C" __global__ void __launch_bounds__(128) product_##name(float *c) { product<Mistake::name>(c); }
BROKEN(none)
BROKEN(no_wait)
BROKEN(wait_too_high)
BROKEN(stride_512)
BROKEN(stride_2048)
BROKEN(no_proxy_fence)
BROKEN(no_register_fence)
BROKEN(overwrite)

// Two arrivals are expected, one comes.
extern "C" __global__ void never_arrives(float *out) {
  __shared__ unsigned long long barrier;
  if (threadIdx.x == 0)
    mbarrier_init(&barrier, 2);
  __syncthreads();
  if (threadIdx.x == 0)
    mbarrier_arrive(&barrier);
  mbarrier_wait(&barrier, 0);
  out[threadIdx.x] = 1;
}

// Fewer bytes are announced than come, and one arrival more than the phase has.
extern "C" __global__ void arrives_twice(float *out) {
  __shared__ unsigned long long barrier;
  if (threadIdx.x == 0)
    mbarrier_init(&barrier, 2);
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_expect(&barrier, 16);
    mbarrier_arrive(&barrier);
    mbarrier_arrive(&barrier);
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void not_initialised(float *out) {
  __shared__ unsigned long long barrier;
  mbarrier_wait(&barrier, 0);
  out[threadIdx.x] = 1;
}

// Reads the box without waiting for it.
extern "C" __global__ void read_before_arrival(const __grid_constant__ TensorMap map, unsigned char *out) {
  __shared__ unsigned long long barrier;
  if (threadIdx.x == 0) {
    mbarrier_init(&barrier, 1);
    fence_init();
    mbarrier_expect(&barrier, 128 * 8);
    tma_load(memory, &map, 0, 0, &barrier);
  }
  __syncthreads();
  out[threadIdx.x] = memory[threadIdx.x];
  mbarrier_wait(&barrier, 0);
}

// The block is gone before the box has come.
extern "C" __global__ void ends_before_arrival(const __grid_constant__ TensorMap map) {
  __shared__ unsigned long long barrier;
  mbarrier_init(&barrier, 1);
  mbarrier_expect(&barrier, 128 * 8);
  tma_load(memory, &map, 0, 0, &barrier);
}
