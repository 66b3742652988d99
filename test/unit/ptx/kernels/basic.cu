// basic.cu - the plain SIMT machine: arithmetic on global memory, barriers, shuffles, divergence, atomics.

extern "C" __global__ void vector_add(const float *a, const float *b, float *c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    c[i] = a[i] + b[i];
}

// One sum a block: shuffles within a warp, shared memory between warps.
extern "C" __global__ void block_sum(const float *in, float *out, int n) {
  __shared__ float partial[32];
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + thread; i < n; i += gridDim.x * blockDim.x)
    sum += in[i];
  for (int distance = 16; distance > 0; distance /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, distance);
  if (lane == 0)
    partial[warp] = sum;
  __syncthreads();
  if (warp == 0) {
    sum = lane < blockDim.x / 32 ? partial[lane] : 0.0f;
    for (int distance = 16; distance > 0; distance /= 2)
      sum += __shfl_down_sync(0xffffffff, sum, distance);
    if (lane == 0)
      out[blockIdx.x] = sum;
  }
}

// Every lane leaves its loop at another time, some lanes leave the kernel early.
extern "C" __global__ void collatz(const unsigned *in, unsigned *steps, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned x = in[i], count = 0;
  while (x != 1) {
    if (x % 2 == 0)
      x /= 2;
    else if (x % 3 == 0 && count > 1000)
      break;
    else
      x = 3 * x + 1;
    ++count;
  }
  steps[i] = count;
}

// Ballots and inclusive scans under divergence.
extern "C" __global__ void compact(const int *in, int *out, int *count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
  bool keep = i < n && in[i] > 0;
  unsigned kept = __ballot_sync(0xffffffff, keep);
  int base = 0;
  if (lane == 0)
    base = atomicAdd(count, __popc(kept));
  base = __shfl_sync(0xffffffff, base, 0);
  if (keep)
    out[base + __popc(kept & ((1u << lane) - 1))] = in[i];
}

extern "C" __global__ void histogram(const unsigned char *in, unsigned *bins, int n) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[in[i]], 1u);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    if (local[i])
      atomicAdd(&bins[i], local[i]);
}

// A lane waits in a loop for what another lane of its warp does: both must go on.
extern "C" __global__ void intra_warp_handshake(int *out) {
  __shared__ volatile int flag;
  if (threadIdx.x == 0)
    flag = 0;
  __syncwarp();
  if (threadIdx.x == 31) {
    while (flag == 0) {
    }
    out[0] = flag;
  } else if (threadIdx.x == 5) {
    flag = 42;
  }
}

__constant__ int weights[4] = {1, -2, 3, -4};
__device__ int calls = 0;

// Constants, a module's variable, a local array indexed at run time, 3-D indices, votes at a barrier.
extern "C" __global__ void spaces(int *out, int pick) {
  int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  int local[8];
  for (int i = 0; i < 8; ++i)
    local[(i + pick) % 8] = i * weights[i % 4];
  int any = __syncthreads_count(thread % 3 == 0);
  out[thread] = local[(thread + pick) % 8] + 1000 * any;
  if (thread == 0)
    atomicAdd(&calls, 1);
  __syncthreads();
  if (thread == 0)
    out[0] += 1000000 * calls;
}

// Two warps hand a counter to and fro, each asking its mbarrier again and again instead of waiting.
extern "C" __global__ void ping_pong(int *out, int rounds) {
  __shared__ unsigned long long barriers[2];
  __shared__ int counter;
  int warp = threadIdx.x / 32;
  unsigned mine = (unsigned)__cvta_generic_to_shared(&barriers[warp]);
  unsigned other = (unsigned)__cvta_generic_to_shared(&barriers[1 - warp]);
  if (threadIdx.x == 0)
    counter = 0;
  if (threadIdx.x % 32 == 0)
    asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(mine) : "memory");
  __syncthreads();
  if (threadIdx.x % 32 != 0)
    return;
  for (int round = 0; round < rounds; ++round) {
    for (int done = warp == 0 && round == 0; !done;) // the first turn is warp 0's
      asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%1], %2; selp.b32 %0, 1, 0, p; }"
                   : "=r"(done)
                   : "r"(mine), "r"(warp == 0 ? (round - 1) & 1 : round & 1)
                   : "memory");
    counter = 2 * counter + warp;
    asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" ::"r"(other) : "memory");
  }
  if (warp == 1)
    *out = counter;
}
