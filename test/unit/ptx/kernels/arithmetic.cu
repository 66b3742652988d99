// arithmetic.cu - one value a thread through many instructions; the host computes the same.
#define PTX1(name, text, type, constraint)                                                                             \
  __device__ type name(type a) {                                                                                       \
    type d;                                                                                                            \
    asm(text " %0, %1;" : "=" constraint(d) : constraint(a));                                                          \
    return d;                                                                                                          \
  }

PTX1(ex2, "ex2.approx.ftz.f32", float, "f")
PTX1(lg2, "lg2.approx.f32", float, "f")
PTX1(rcp, "rcp.approx.ftz.f32", float, "f")
PTX1(rsqrt_, "rsqrt.approx.f32", float, "f")
PTX1(tanh_, "tanh.approx.f32", float, "f")

constexpr int integers = 24, floats = 20, halves = 12, roundings = 9;

extern "C" __global__ void integer_operations(const int *x, const int *y, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int a = x[i], b = y[i];
  unsigned ua = a, ub = b;
  int *o = out + i * integers;
  unsigned field, sfield, inserted, logic, permuted, wide;
  asm("bfe.u32 %0, %1, 5, 9;" : "=r"(field) : "r"(ua));
  asm("bfe.s32 %0, %1, 5, 9;" : "=r"(sfield) : "r"(a));
  asm("bfi.b32 %0, %1, %2, 7, 11;" : "=r"(inserted) : "r"(ua), "r"(ub));
  asm("lop3.b32 %0, %1, %2, %3, 0xca;" : "=r"(logic) : "r"(ua), "r"(ub), "r"(0x0ff0f00f));
  asm("prmt.b32 %0, %1, %2, 0x9360;" : "=r"(permuted) : "r"(ua), "r"(ub));
  asm("{ .reg .b64 t; mul.wide.s32 t, %1, %2; shr.s64 t, t, 13; cvt.u32.u64 %0, t; }" : "=r"(wide) : "r"(a), "r"(b));
  o[0] = a + b;
  o[1] = a - b;
  o[2] = a * b;
  o[3] = __mulhi(a, b);
  o[4] = __umulhi(ua, ub);
  o[5] = b ? a / b : 0;
  o[6] = b ? a % b : 0;
  o[7] = ub ? ua / ub : 0;
  o[8] = ub ? ua % ub : 0;
  o[9] = a >> (ub & 31);
  o[10] = ua >> (ub & 31);
  o[11] = a << (ub & 31);
  o[12] = min(a, b) ^ max(a, b);
  o[13] = min(ua, ub);
  o[14] = __popc(ua) + 100 * __clz(a);
  o[15] = __brev(ua);
  o[16] = field;
  o[17] = sfield;
  o[18] = inserted;
  o[19] = logic;
  o[20] = permuted;
  o[21] = __funnelshift_l(ua, ub, 11);
  o[22] = wide;
  o[23] = abs(a) + (short)b - (signed char)a + (unsigned short)a;
}

extern "C" __global__ void float_operations(const float *x, const float *y, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i], *o = out + i * floats;
  float copied;
  asm("copysign.f32 %0, %1, %2;" : "=f"(copied) : "f"(a), "f"(b));
  o[0] = a + b;
  o[1] = a - b;
  o[2] = a * b;
  o[3] = __fmaf_rn(a, b, 1.5f);
  o[4] = fminf(a, b);
  o[5] = fmaxf(a, b);
  o[6] = a / b;
  o[7] = sqrtf(fabsf(a));
  o[8] = ex2(a);
  o[9] = lg2(fabsf(a));
  o[10] = rcp(a);
  o[11] = rsqrt_(fabsf(a));
  o[12] = tanh_(a);
  o[13] = __int2float_rn(__float2int_rn(a));
  o[14] = __int2float_rn(__float2int_rz(a));
  o[15] = __uint2float_rn(__float2uint_rd(fabsf(a)));
  o[16] = rintf(a) + floorf(b);
  o[17] = a < b ? 1.0f : a >= b ? 2.0f : 3.0f;
  o[18] = copied;
  o[19] = (float)((double)a * (double)b);
}

// f16 and bf16: conversions, the arithmetic of single values and of pairs.
extern "C" __global__ void half_operations(const float *x, const float *y, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i];
  unsigned *o = out + i * halves;
  unsigned short ha, hb, hc;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(ha) : "f"(a));
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(hb) : "f"(b));
  asm("cvt.rz.f16.f32 %0, %1;" : "=h"(hc) : "f"(b));
  unsigned pair, bpair, sum, product, bsum, fused, largest;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(a), "f"(b));
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bpair) : "f"(a), "f"(b));
  asm("add.f16x2 %0, %1, %1;" : "=r"(sum) : "r"(pair));
  asm("mul.f16x2 %0, %1, %1;" : "=r"(product) : "r"(pair));
  asm("fma.rn.bf16x2 %0, %1, %1, %1;" : "=r"(bsum) : "r"(bpair));
  asm("fma.rn.f16x2 %0, %1, %1, %1;" : "=r"(fused) : "r"(pair));
  asm("max.f16x2 %0, %1, %2;" : "=r"(largest) : "r"(pair), "r"(sum));
  float back, bback;
  asm("cvt.f32.f16 %0, %1;" : "=f"(back) : "h"(ha));
  asm("{ .reg .b32 t; .reg .b16 z; mov.b16 z, 0; mov.b32 t, {z, %1}; mov.b32 %0, t; }" : "=f"(bback) : "h"(hb));
  o[0] = ha;
  o[1] = hb;
  o[2] = hc;
  o[3] = pair;
  o[4] = bpair;
  o[5] = sum;
  o[6] = product;
  o[7] = bsum;
  o[8] = fused;
  o[9] = largest;
  o[10] = __float_as_uint(back);
  o[11] = __float_as_uint(bback);
}

// What libdevice needs beyond rounding to nearest: towards zero, down and up.
extern "C" __global__ void directed_roundings(const float *x, const float *y, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i], *o = out + i * roundings;
  o[0] = __fadd_rz(a, b);
  o[1] = __fadd_rd(a, b);
  o[2] = __fadd_ru(a, b);
  o[3] = __fmul_rz(a, b);
  o[4] = __fmul_rd(a, b);
  o[5] = __fmaf_ru(a, b, 0.1f);
  o[6] = __fmaf_rd(a, b, 0.1f);
  o[7] = (float)__dadd_ru(a, b);
  o[8] = expf(a * 0.1f); // libdevice
}
