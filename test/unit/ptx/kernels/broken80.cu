// broken80.cu - kernels with one mistake each, which the interpreter has to name.

extern __shared__ float buffer[];

__device__ unsigned shared_address(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ void copy16(float *to, const float *from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
}

// Reverses a block; nothing stands between the writes and the reads.
extern "C" __global__ void missing_barrier(const float *in, float *out) {
  buffer[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

// The second round overwrites what slower warps still read.
extern "C" __global__ void missing_second_barrier(const float *in, float *out, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    buffer[threadIdx.x] = in[threadIdx.x] + round;
    __syncthreads();
    out[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
  }
}

extern "C" __global__ void copy_read_before_wait(const float *in, float *out) {
  copy16(&buffer[threadIdx.x * 4], in + threadIdx.x * 4);
  asm volatile("cp.async.commit_group;" ::: "memory");
  out[threadIdx.x] = buffer[threadIdx.x * 4];
  asm volatile("cp.async.wait_group 0;" ::: "memory");
}

// Two groups, of which only the first is waited for.
extern "C" __global__ void wait_group_too_high(const float *in, float *out) {
  for (int group = 0; group < 2; ++group) {
    copy16(&buffer[group * 128 + threadIdx.x * 4], in + group * 128 + threadIdx.x * 4);
    asm volatile("cp.async.commit_group;" ::: "memory");
  }
  asm volatile("cp.async.wait_group 1;" ::: "memory");
  __syncthreads();
  out[threadIdx.x] = buffer[128 + threadIdx.x];
}

// One element too many.
extern "C" __global__ void store_out_of_bounds(float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n)
    out[i] = 1.0f;
}

extern "C" __global__ void misaligned_load(const float *in, float *out) {
  float4 v = *(const float4 *)(in + threadIdx.x);
  out[threadIdx.x] = v.x + v.w;
}

extern "C" __global__ void shared_out_of_bounds(float *out) {
  buffer[threadIdx.x + 1] = 1.0f;
  __syncthreads();
  out[threadIdx.x] = buffer[threadIdx.x];
}

extern "C" __global__ void read_of_nothing(float *out) { out[threadIdx.x] = buffer[threadIdx.x]; }

// Half the warps wait at another barrier.
extern "C" __global__ void barriers_disagree(float *out) {
  if (threadIdx.x < 64)
    asm volatile("bar.sync 1, 128;" ::: "memory");
  else
    asm volatile("bar.sync 2, 128;" ::: "memory");
  out[threadIdx.x] = 1.0f;
}

// The mask names lanes that wait elsewhere.
extern "C" __global__ void shuffle_without_partner(int *out) {
  if (threadIdx.x < 16)
    out[threadIdx.x] = __shfl_sync(0xffffffff, threadIdx.x, 3);
  __syncthreads();
  out[threadIdx.x + 32] = 1;
}

// Lanes that have left are not waited for.
extern "C" __global__ void shuffle_of_those_left(int *out) {
  if (threadIdx.x < 16)
    out[threadIdx.x] = __shfl_sync(0xffffffff, threadIdx.x, 3);
}

extern "C" __global__ void write_to_constant_input(float *in) { in[threadIdx.x] = 0.0f; }
