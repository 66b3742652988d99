/*===- Peak.c - attn-peak: what this machine's fused multiply-adds reach, in GFLOP/s, now -*- C -*-===

Usage: attn-peak THREADS. A figure of speed says little without the machine's peak of the same minute: clocks, neighbours
and virtual machines differ. Sixteen independent chains of fp32 vectors hide the latency of the multiply-add.

===----------------------------------------------------------------------------------------------------------------------===*/

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHAINS = 16, LANES = 16, ROUNDS = 4000000, MOST_THREADS = 256 };

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The result is looked at, so that nothing is optimised away. */
static void *multiply_add(void *result) {
  vector chains[CHAINS], factor, addend;
  for (int lane = 0; lane < LANES; ++lane) {
    factor[lane] = 0.999f;
    addend[lane] = 0.001f;
  }
  for (int chain = 0; chain < CHAINS; ++chain)
    chains[chain] = factor * (float)chain;
  for (int64_t round = 0; round < ROUNDS; ++round)
    for (int chain = 0; chain < CHAINS; ++chain)
      chains[chain] = chains[chain] * factor + addend;
  float sum = 0;
  for (int chain = 0; chain < CHAINS; ++chain)
    sum += chains[chain][chain % LANES];
  *(float *)result = sum;
  return NULL;
}

int main(int count, char **words) {
  int threads = count == 2 ? atoi(words[1]) : 0;
  if (threads < 1 || threads > MOST_THREADS) {
    fprintf(stderr, "usage: attn-peak THREADS, from 1 to %d\n", MOST_THREADS);
    return 2;
  }
  pthread_t workers[MOST_THREADS];
  float results[MOST_THREADS];
  double best = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    double begin = seconds();
    for (int thread = 0; thread < threads; ++thread)
      if (pthread_create(&workers[thread], NULL, multiply_add, &results[thread])) {
        fprintf(stderr, "attn-peak: thread %d of %d cannot be made\n", thread, threads);
        return 1;
      }
    for (int thread = 0; thread < threads; ++thread)
      pthread_join(workers[thread], NULL);
    double rate = 2.0 * CHAINS * LANES * ROUNDS * threads / (seconds() - begin) * 1e-9;
    if (rate > best)
      best = rate;
  }
  for (int thread = 0; thread < threads; ++thread)
    if (!(results[thread] > 0))
      return 1;
  printf("%.1f GFLOP/s\n", best);
  return 0;
}
