// gemm90.cu - C = A B^T by wgmma, 64 x 128 with k = 64, in every layout that a descriptor can name; and the whole of a
// pipelined product: a producer warp, TMA, a ring of mbarriers.
#include "asm90.h"

extern __shared__ __align__(1024) unsigned char memory[];

constexpr int depth = 64;

// Where element (row, k) lies in a tile of `rows` rows: bytes from its begin. `swizzle` is 0, 32, 64 or 128.
template <int swizzle, bool transposed> __device__ int place(int rows, int row, int k) {
  if (swizzle == 0) // cores of 8 rows of 16 bytes
    return transposed ? row / 8 * 128 + k / 8 * (rows / 8 * 128) + k % 8 * 16 + row % 8 * 2
                      : row / 8 * (depth / 8 * 128) + k / 8 * 128 + row % 8 * 16 + k % 8 * 2;
  constexpr int width = swizzle ? swizzle / 2 : 1;
  int offset = transposed ? row / width * depth * swizzle + k * swizzle + row % width * 2
                          : k / width * rows * swizzle + row * swizzle + k % width * 2;
  return offset ^ ((offset >> 7 & (swizzle / 16 - 1)) << 4);
}

// The descriptor of 16 of k from `k` on.
template <int swizzle, bool transposed> __device__ unsigned long long tile(unsigned base, int rows, int k) {
  constexpr int layout = swizzle == 128 ? 1 : swizzle == 64 ? 2 : swizzle == 32 ? 3 : 0;
  if (swizzle == 0)
    return transposed ? descriptor(base + k / 8 * (rows / 8 * 128), rows / 8 * 128, 128, layout)
                      : descriptor(base + k / 8 * 128, 128, depth / 8 * 128, layout);
  if (transposed)
    return descriptor(base + k * swizzle, depth * swizzle, 8 * swizzle, layout);
  constexpr int width = swizzle ? swizzle / 2 : 1;
  return descriptor(base + k / width * rows * swizzle + k % width * 2, 16, 8 * swizzle, layout);
}

template <int swizzle, bool transA, bool transB, bool registersA>
__device__ void product(const unsigned short *a, const unsigned short *b, float *c) {
  unsigned char *sharedA = memory, *sharedB = memory + 64 * depth * 2;
  for (int i = threadIdx.x; i < 64 * depth && !registersA; i += 128)
    *(unsigned short *)(sharedA + place<swizzle, transA>(64, i / depth, i % depth)) = a[i];
  for (int i = threadIdx.x; i < 128 * depth; i += 128)
    *(unsigned short *)(sharedB + place<swizzle, transB>(128, i / depth, i % depth)) = b[i];
  fence_async();
  __syncthreads();
  float d[64];
  unsigned fragments[depth / 16][4];
  if (registersA)
    for (int k = 0; k < depth / 16; ++k)
      for (int part = 0; part < 4; ++part) {
        int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + part % 2 * 8;
        fragments[k][part] = *(const unsigned *)(a + row * depth + k * 16 + threadIdx.x % 4 * 2 + part / 2 * 8);
      }
  for (int i = 0; i < 64; ++i)
    d[i] = 1.0f; // the first step does not accumulate
  wgmma_fence();
  for (int k = 0; k < depth; k += 16) {
    unsigned long long db = tile<swizzle, transB>(shared_address(sharedB), 128, k);
    if (registersA)
      wgmma<transB>(d, fragments[k / 16], db, k != 0);
    else
      wgmma<transA, transB>(d, tile<swizzle, transA>(shared_address(sharedA), 64, k), db, k != 0);
  }
  wgmma_commit();
  wgmma_wait<0>();
  write_accumulators(d, c);
}

#define PRODUCT(name, swizzle, transA, transB, registersA)                                                             \
  extern "C" __global__ void __launch_bounds__(128)                                                                    \
      name(const unsigned short *a, const unsigned short *b, float *c) {                                               \
    product<swizzle, transA, transB, registersA>(a, b, c);                                                             \
  }

PRODUCT(product_128, 128, false, false, false)
PRODUCT(product_64, 64, false, false, false)
PRODUCT(product_32, 32, false, false, false)
PRODUCT(product_plain, 0, false, false, false)
PRODUCT(product_128_transposed, 128, true, true, false)
PRODUCT(product_64_transposed_b, 64, false, true, false)
PRODUCT(product_plain_transposed, 0, true, true, false)
PRODUCT(product_registers, 128, false, false, true)
PRODUCT(product_registers_transposed_b, 128, false, true, true)

// Warps 0 to 3 consume, warp 4 produces: c = a b^T with any k that is a multiple of 64.
extern "C" __global__ void __launch_bounds__(160)
    pipelined(const __grid_constant__ TensorMap mapA, const __grid_constant__ TensorMap mapB, float *c, int k) {
  constexpr int stages = 2, bytesA = 64 * 128, bytesB = 128 * 128;
  unsigned char *sharedA = memory, *sharedB = memory + stages * bytesA;
  __shared__ unsigned long long full[stages], empty[stages];
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < stages; ++stage) {
      mbarrier_init(&full[stage], 1);
      mbarrier_init(&empty[stage], 128);
    }
    fence_init();
  }
  __syncthreads();
  int steps = k / 64;
  if (threadIdx.x >= 128) {
    if (threadIdx.x == 128)
      for (int step = 0; step < steps; ++step) {
        int stage = step % stages;
        if (step >= stages)
          mbarrier_wait(&empty[stage], (step / stages - 1) & 1);
        mbarrier_expect(&full[stage], bytesA + bytesB);
        tma_load(sharedA + stage * bytesA, &mapA, step * 64, 0, &full[stage]);
        tma_load(sharedB + stage * bytesB, &mapB, step * 64, 0, &full[stage]);
      }
    return;
  }
  float d[64];
  for (int i = 0; i < 64; ++i)
    d[i] = 0;
  for (int step = 0; step < steps; ++step) {
    int stage = step % stages;
    mbarrier_wait(&full[stage], step / stages & 1);
    wgmma_fence();
    for (int i = 0; i < 64; i += 16)
      wgmma<0, 0>(d, tile<128, false>(shared_address(sharedA + stage * bytesA), 64, i),
                  tile<128, false>(shared_address(sharedB + stage * bytesB), 128, i), 1);
    wgmma_commit();
    wgmma_wait<0>();
    mbarrier_arrive(&empty[stage]);
  }
  write_accumulators(d, c);
}
