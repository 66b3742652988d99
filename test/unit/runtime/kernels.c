/*===- kernels.c - kernels by hand, for tests of the runtime -*- C -*-===

Built as a shared object that needs no library, as the compiler's are. Each kernel follows artifact.h and nothing else.

===----------------------------------------------------------------------===*/

#include "runtime/artifact.h"

/* Which program.json this belongs to; the digits are written when an artefact is packed. */
const char attn_program[] = ATTN_DIGEST_PREFIX "0000000000000000";

static float *floats(const attn_args *args, int i) { return (float *)args->buffers[i].data; }
static const int32_t *integers(const attn_args *args, int i) { return (const int32_t *)args->buffers[i].data; }
static int64_t size(const attn_args *args, int i, int d) { return args->buffers[i].sizes[d]; }
static int64_t stride(const attn_args *args, int i, int d) { return args->buffers[i].strides[d]; }

static float scalar(const attn_args *args, int i) {
  union {
    uint32_t bits;
    float value;
  } pun = {(uint32_t)args->scalars[i]};
  return pun.value;
}

/* out[r, c] = in[r, c] * s, a row a task */
int32_t scale_rows(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  for (int64_t c = 0; c < size(args, 0, 1); ++c)
    floats(args, 1)[task * stride(args, 1, 0) + c * stride(args, 1, 1)] =
        floats(args, 0)[task * stride(args, 0, 0) + c * stride(args, 0, 1)] * scalar(args, 0);
  return ATTN_KERNEL_OK;
}

/* out[r, c] = in[r, c] + w[c], a row a task; the row passes through the scratch */
int32_t add_weight_f32(const attn_args *args, int64_t task, void *scratch) {
  float *row = (float *)scratch;
  int64_t columns = size(args, 0, 1);
  for (int64_t c = 0; c < columns; ++c)
    row[c] = floats(args, 0)[task * stride(args, 0, 0) + c];
  for (int64_t c = 0; c < columns; ++c)
    floats(args, 2)[task * stride(args, 2, 0) + c] = row[c] + floats(args, 1)[c];
  return ATTN_KERNEL_OK;
}

/* The same for bf16 weights. */
int32_t add_weight_bf16(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  const uint16_t *w = (const uint16_t *)args->buffers[1].data;
  for (int64_t c = 0; c < size(args, 0, 1); ++c) {
    union {
      uint32_t bits;
      float value;
    } pun = {(uint32_t)w[c] << 16};
    floats(args, 2)[task * stride(args, 2, 0) + c] = floats(args, 0)[task * stride(args, 0, 0) + c] + pun.value;
  }
  return ATTN_KERNEL_OK;
}

/* out[r, c] = in[r, c] + 1000; another implementation of scale_rows' shape that tells itself apart */
int32_t add_thousand(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  for (int64_t c = 0; c < size(args, 0, 1); ++c)
    floats(args, 1)[task * stride(args, 1, 0) + c] = floats(args, 0)[task * stride(args, 0, 0) + c] + 1000;
  return ATTN_KERNEL_OK;
}

/* cache[n, start[n] + t, d] = x[n, t, d] for t < lengths[n]; grid (n) */
int32_t append(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  int64_t length = integers(args, 1)[task], start = integers(args, 2)[task];
  for (int64_t t = 0; t < length; ++t)
    for (int64_t d = 0; d < size(args, 0, 2); ++d)
      floats(args, 3)[task * stride(args, 3, 0) + (start + t) * stride(args, 3, 1) + d] =
          floats(args, 0)[task * stride(args, 0, 0) + t * stride(args, 0, 1) + d];
  return ATTN_KERNEL_OK;
}

/* y[n, d] += sum of cache[n, 0..start[n]+lengths[n], d]; grid (n) */
int32_t sum_cache(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  int64_t length = integers(args, 1)[task] + integers(args, 2)[task];
  for (int64_t d = 0; d < size(args, 3, 1); ++d)
    for (int64_t t = 0; t < length; ++t)
      floats(args, 3)[task * stride(args, 3, 0) + d] +=
          floats(args, 0)[task * stride(args, 0, 0) + t * stride(args, 0, 1) + d];
  return ATTN_KERNEL_OK;
}

/* out = 0, one task */
int32_t clear(const attn_args *args, int64_t task, void *scratch) {
  (void)task;
  (void)scratch;
  for (int64_t r = 0; r < size(args, 0, 0); ++r)
    for (int64_t c = 0; c < size(args, 0, 1); ++c)
      floats(args, 0)[r * stride(args, 0, 0) + c * stride(args, 0, 1)] = 0;
  return ATTN_KERNEL_OK;
}

/* x[n, t, 0] = tokens[n, t]; a token of 100 or more is outside the table */
int32_t embed(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  for (int64_t t = 0; t < size(args, 0, 1); ++t) {
    int32_t token = integers(args, 0)[task * stride(args, 0, 0) + t];
    if (token < 0 || token >= 100)
      return ATTN_KERNEL_FAILURE(ATTN_KERNEL_INDEX_OUT_OF_RANGE, 0, -1);
    floats(args, 1)[task * stride(args, 1, 0) + t * stride(args, 1, 1)] = (float)token;
  }
  return ATTN_KERNEL_OK;
}

/* logits[n, v] = -(v - sum[n, 0] mod V)^2: the next token is the sum of all so far */
int32_t vote(const attn_args *args, int64_t task, void *scratch) {
  (void)scratch;
  int64_t count = size(args, 1, 1);
  int64_t wanted = (int64_t)floats(args, 0)[task * stride(args, 0, 0)] % count;
  for (int64_t v = 0; v < count; ++v)
    floats(args, 1)[task * stride(args, 1, 0) + v] = -(float)((v - wanted) * (v - wanted));
  return ATTN_KERNEL_OK;
}

/* data[g] = a hash of g after enough work that threads meet; the grid's three dimensions are those of the buffer */
int32_t stamp(const attn_args *args, int64_t task, void *scratch) {
  uint64_t z = (uint64_t)task;
  for (int i = 0; i < 200; ++i)
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u + (uint64_t)i;
  ((int64_t *)scratch)[0] = (int64_t)z;
  int64_t i2 = task % args->grid[2], i1 = task / args->grid[2] % args->grid[1],
          i0 = task / args->grid[2] / args->grid[1];
  ((int64_t *)args->buffers[0].data)[i0 * stride(args, 0, 0) + i1 * stride(args, 0, 1) + i2 * stride(args, 0, 2)] =
      ((int64_t *)scratch)[0];
  return ATTN_KERNEL_OK;
}

/* An error of its own. */
int32_t fail_at_three(const attn_args *args, int64_t task, void *scratch) {
  (void)args;
  (void)scratch;
  return task == 3 ? 77 : ATTN_KERNEL_OK;
}
