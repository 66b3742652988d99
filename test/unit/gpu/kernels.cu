// kernels.cu - GPU entries for tests of the runtime, with the parameters of artifact.h, item 7.
//
//   nvcc -ptx -arch=sm_80 -std=c++17 kernels.cu -o kernels.ptx

using Index = long long;

#define MATRIX(T, name) T *name, Index name##Rows, Index name##Columns, Index name##Row, Index name##Column

extern __shared__ float row[];

// y[r, c] = x[r, c] * s; a row a block.
extern "C" __global__ void scale(MATRIX(const float, x), MATRIX(float, y), Index bits) {
  for (Index c = threadIdx.x; c < xColumns; c += blockDim.x)
    y[blockIdx.x * yRow + c * yColumn] = x[blockIdx.x * xRow + c * xColumn] * __int_as_float(int(bits));
}

// y[r, c] = x[r, columns - 1 - c], through dynamic shared memory.
extern "C" __global__ void reverse(MATRIX(const float, x), MATRIX(float, y)) {
  if (threadIdx.x < xColumns)
    row[threadIdx.x] = x[blockIdx.x * xRow + threadIdx.x * xColumn];
  __syncthreads();
  if (threadIdx.x < xColumns)
    y[blockIdx.x * yRow + threadIdx.x * yColumn] = row[xColumns - 1 - threadIdx.x];
}

// The same without the barrier.
extern "C" __global__ void reverse_racy(MATRIX(const float, x), MATRIX(float, y)) {
  if (threadIdx.x < xColumns)
    row[threadIdx.x] = x[blockIdx.x * xRow + threadIdx.x * xColumn];
  if (threadIdx.x < xColumns)
    y[blockIdx.x * yRow + threadIdx.x * yColumn] = row[xColumns - 1 - threadIdx.x];
}

// y = x through an asynchronous copy that nothing waits for; what was in shared memory before is zero.
extern "C" __global__ void copy_unwaited(MATRIX(const float, x), MATRIX(float, y)) {
  unsigned at = (unsigned)__cvta_generic_to_shared(&row[threadIdx.x]);
  row[threadIdx.x] = 0;
  __syncthreads();
  if (threadIdx.x < xColumns)
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(at),
                 "l"(x + blockIdx.x * xRow + threadIdx.x * xColumn)
                 : "memory");
  if (threadIdx.x < yColumns)
    y[blockIdx.x * yRow + threadIdx.x * yColumn] = row[threadIdx.x];
}

// Waits for an mbarrier at which nobody arrives.
extern "C" __global__ void wait_for_nobody(MATRIX(const float, x), MATRIX(float, y)) {
  __shared__ unsigned long long barrier;
  unsigned at = (unsigned)__cvta_generic_to_shared(&barrier);
  if (threadIdx.x == 0)
    asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(at) : "memory");
  __syncthreads();
  for (int done = 0; !done;)
    asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%1], 0; selp.b32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(at)
                 : "memory");
  y[0] = x[0];
}

// Reads a column too many.
extern "C" __global__ void read_beyond(MATRIX(const float, x), MATRIX(float, y)) {
  y[blockIdx.x * yRow + threadIdx.x % yColumns * yColumn] = x[blockIdx.x * xRow + xColumns * xColumn];
}

// Writes what it may only read.
extern "C" __global__ void write_input(MATRIX(float, x), MATRIX(float, y)) {
  x[blockIdx.x * xRow] = y[blockIdx.x * yRow] = 1;
}

// places[i, j, k] = 100 z + 10 y + x of the block
extern "C" __global__ void place(int *places, Index, Index, Index, Index step0, Index step1, Index step2) {
  if (threadIdx.x == 0)
    places[blockIdx.z * step0 + blockIdx.y * step1 + blockIdx.x * step2] =
        100 * blockIdx.z + 10 * blockIdx.y + blockIdx.x;
}

// cache[n, start[n] + t] = x[n, t] for t < lengths[n]
extern "C" __global__ void append(MATRIX(const float, x), const int *lengths, Index, Index, const int *start, Index,
                                  Index, MATRIX(float, cache)) {
  Index n = blockIdx.x;
  for (Index t = threadIdx.x; t < lengths[n]; t += blockDim.x)
    cache[n * cacheRow + (start[n] + t) * cacheColumn] = x[n * xRow + t * xColumn];
}
