// gemm80.cu - C = A B^T as sm_80 does it: cp.async into two stages, ldmatrix, mma.sync.
//
// A is m x k, B is n x k, both k-contiguous; a block makes 64 x 64 with four warps of 32 x 32. Rows beyond m and n are
// filled with zeros by the size of the source.

constexpr int tile = 64, depth = 32, pitch = depth + 8; // a pitch of 80 bytes keeps ldmatrix free of conflicts

__device__ unsigned shared_address(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ void copy16(unsigned to, const void *from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes));
}

__device__ void load_matrices(unsigned (&r)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

template <bool bf16> __device__ void multiply(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  if (bf16)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                 "{%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                 "{%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <bool bf16>
__device__ void gemm(const unsigned short *a, const unsigned short *b, float *c, int m, int n, int k) {
  __shared__ __align__(16) unsigned short stages[2][2][tile * pitch];
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  int row0 = blockIdx.y * tile, column0 = blockIdx.x * tile;
  auto fetch = [&](int stage, int k0) {
    for (int i = thread; i < tile * depth / 8; i += blockDim.x) {
      int row = i / (depth / 8), chunk = i % (depth / 8) * 8;
      bool inA = row0 + row < m, inB = column0 + row < n;
      copy16(shared_address(&stages[stage][0][row * pitch + chunk]), a + (inA ? (long)(row0 + row) * k + k0 + chunk : 0),
             inA ? 16 : 0);
      copy16(shared_address(&stages[stage][1][row * pitch + chunk]),
             b + (inB ? (long)(column0 + row) * k + k0 + chunk : 0), inB ? 16 : 0);
    }
    asm volatile("cp.async.commit_group;");
  };
  float accumulators[2][4][4] = {};
  int steps = k / depth, rowOfWarp = warp / 2 * 32, columnOfWarp = warp % 2 * 32;
  fetch(0, 0);
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) {
      fetch((step + 1) % 2, (step + 1) * depth);
      asm volatile("cp.async.wait_group 1;" ::: "memory");
    } else {
      asm volatile("cp.async.wait_group 0;" ::: "memory");
    }
    __syncthreads();
    const unsigned short *sa = stages[step % 2][0], *sb = stages[step % 2][1];
    for (int k16 = 0; k16 < depth; k16 += 16) {
      unsigned fa[2][4], fb[2][4];
      for (int i = 0; i < 2; ++i) {
        load_matrices(fa[i], shared_address(&sa[(rowOfWarp + 16 * i + lane % 16) * pitch + k16 + lane / 16 * 8]));
        load_matrices(fb[i], shared_address(&sb[(columnOfWarp + 16 * i + lane % 8 + lane / 16 * 8) * pitch + k16 +
                                                lane / 8 % 2 * 8]));
      }
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 4; ++j)
          multiply<bf16>(accumulators[i][j], fa[i], fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]);
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e) {
        int row = row0 + rowOfWarp + 16 * i + lane / 4 + e / 2 * 8;
        int column = column0 + columnOfWarp + 8 * j + lane % 4 * 2 + e % 2;
        if (row < m && column < n)
          c[(long)row * n + column] = accumulators[i][j][e];
      }
}

extern "C" __global__ void __launch_bounds__(128)
    gemm_bf16(const unsigned short *a, const unsigned short *b, float *c, int m, int n, int k) {
  gemm<true>(a, b, c, m, n, k);
}

extern "C" __global__ void __launch_bounds__(128)
    gemm_f16(const unsigned short *a, const unsigned short *b, float *c, int m, int n, int k) {
  gemm<false>(a, b, c, m, n, k);
}

// Transposes 8 x 8 tiles of 16 bits through ldmatrix.trans; four tiles a warp.
extern "C" __global__ void transpose_tiles(const unsigned short *in, unsigned short *out) {
  __shared__ __align__(16) unsigned short rows[32][8];
  int lane = threadIdx.x;
  *(uint4 *)rows[lane] = ((const uint4 *)in)[lane];
  __syncwarp();
  unsigned r[4];
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(rows[lane]))
               : "memory");
  for (int tile = 0; tile < 4; ++tile)
    ((unsigned *)out)[(tile * 8 + lane / 4) * 4 + lane % 4] = r[tile];
}
