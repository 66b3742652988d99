// kernels90.cu - a GPU entry with a tensor map, for tests of the runtime (artifact.h, item 7).
//
//   nvcc -ptx -arch=sm_90a -std=c++17 kernels90.cu -o kernels90.ptx

using Index = long long;

#define MATRIX(T, name) T *name, Index name##Rows, Index name##Columns, Index name##Row, Index name##Column

struct alignas(64) TensorMap {
  char bytes[128];
};

// y[r, c] = x[r, columns - 1 - c], by a copy of a box of 1 x 64; a row a block.
extern "C" __global__ void reverse_boxes(MATRIX(const float, x), MATRIX(float, y),
                                         const __grid_constant__ TensorMap map) {
  __shared__ alignas(128) float box[64];
  __shared__ unsigned long long barrier;
  unsigned to = (unsigned)__cvta_generic_to_shared(box), full = (unsigned)__cvta_generic_to_shared(&barrier);
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(full) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], 256;" ::"r"(full) : "memory");
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
                 "[%4];" ::"r"(to), "l"(&map), "r"(0), "r"(blockIdx.x), "r"(full)
                 : "memory");
  }
  __syncthreads();
  asm volatile("{ .reg .pred p; again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], 0; @!p bra again; }" ::"r"(full)
               : "memory");
  for (Index c = threadIdx.x; c < yColumns; c += blockDim.x)
    y[blockIdx.x * yRow + c * yColumn] = box[xColumns - 1 - c];
}
