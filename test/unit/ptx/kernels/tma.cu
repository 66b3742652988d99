// tma.cu - tensor copies, in and out, of 2 to 5 dimensions; the map carries the swizzle.
#include "asm90.h"

extern __shared__ __align__(1024) unsigned char memory[];

#define COPY(rank, coordinates)                                                                                        \
  asm volatile("cp.async.bulk.tensor." #rank "d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], "            \
               "[%1, " coordinates "], [%2];" ::"r"(shared_address(memory)),                                           \
               "l"(&map), "r"(shared_address(&barrier)), "r"(x), "r"(y), "r"(z)                                        \
               : "memory")

// Brings one box and writes shared memory out as it lies there.
template <int rank>
__device__ void dump(const TensorMap &map, unsigned char *out, int bytes, int x, int y, int z) {
  __shared__ unsigned long long barrier;
  if (threadIdx.x == 0) {
    mbarrier_init(&barrier, 1);
    fence_init();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_expect(&barrier, bytes);
    if (rank == 2)
      COPY(2, "{%3, %4}");
    if (rank == 3)
      COPY(3, "{%3, %4, %5}");
    if (rank == 4)
      COPY(4, "{%3, %4, %5, %5}");
    if (rank == 5)
      COPY(5, "{%3, %4, %5, %5, %5}");
  }
  mbarrier_wait(&barrier, 0);
  for (int i = threadIdx.x; i < bytes; i += blockDim.x)
    out[i] = memory[i];
}

#define DUMP(name, rank)                                                                                               \
  extern "C" __global__ void name(const __grid_constant__ TensorMap map, unsigned char *out, int bytes, int x, int y,   \
                                  int z) {                                                                             \
    dump<rank>(map, out, bytes, x, y, z);                                                                              \
  }
DUMP(dump_2d, 2)
DUMP(dump_3d, 3)
DUMP(dump_4d, 4)
DUMP(dump_5d, 5)

// Brings a box of floats, doubles them in place and stores it through another map.
extern "C" __global__ void doubled(const __grid_constant__ TensorMap from, const __grid_constant__ TensorMap to,
                                   int bytes, int x, int y) {
  __shared__ unsigned long long barrier;
  if (threadIdx.x == 0) {
    mbarrier_init(&barrier, 1);
    fence_init();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_expect(&barrier, bytes);
    tma_load(memory, &from, x, y, &barrier);
  }
  mbarrier_wait(&barrier, 0);
  for (int i = threadIdx.x; i < bytes / 4; i += blockDim.x)
    ((float *)memory)[i] *= 2;
  fence_async();
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%1, %2}], [%3];" ::"l"(&to), "r"(x),
                 "r"(y), "r"(shared_address(memory))
                 : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
    asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
  }
}

// Plain bulk copies, in and out, and an mbarrier that counts the copies of cp.async.
extern "C" __global__ void plain_bulk(const float *in, float *out, int bytes) {
  __shared__ unsigned long long arrived, copied;
  float *first = (float *)memory, *second = (float *)(memory + bytes);
  if (threadIdx.x == 0) {
    mbarrier_init(&arrived, 1);
    mbarrier_init(&copied, blockDim.x);
    fence_init();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    mbarrier_expect(&arrived, bytes);
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     shared_address(first)),
                 "l"(in), "r"(bytes), "r"(shared_address(&arrived))
                 : "memory");
  }
  for (int i = threadIdx.x; i < bytes / 4; i += blockDim.x)
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(second + i)), "l"(in + i) : "memory");
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(shared_address(&copied)) : "memory");
  mbarrier_wait(&arrived, 0);
  mbarrier_wait(&copied, 0);
  for (int i = threadIdx.x; i < bytes / 4; i += blockDim.x)
    first[i] += second[bytes / 4 - 1 - i];
  fence_async();
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(out), "r"(shared_address(first)),
                 "r"(bytes)
                 : "memory");
    asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" ::: "memory");
  }
}
