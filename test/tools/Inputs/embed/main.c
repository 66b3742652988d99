/*===- main.c - a program outside the tree that runs an artefact -*- C -*-===

   embed PROGRAM: runs causal.mlir, compiled, on three equal queries and the values 0, 1, 2; prints a feature of each
   row. */

#include <attn.h>

#include <stdio.h>

static int failed(attn_status_t *status) {
  if (!status)
    return 0;
  fprintf(stderr, "embed: %s\n", attn_status_message(status));
  attn_status_release(status);
  return 1;
}

int main(int count, char **arguments) {
  attn_device_t *device = NULL;
  attn_program_t *program = NULL;
  attn_session_t *session = NULL;
  float q[3 * 64], k[3 * 64], v[3 * 64];
  const int64_t sizes[] = {1, 3, 1, 64};
  attn_tensor_t inputs[3], output = {0};
  if (count != 2 || failed(attn_device_create("cpu", 1, &device)) ||
      failed(attn_program_open(arguments[1], &program)) ||
      failed(attn_session_create(device, program, NULL, NULL, &session)))
    return 1;
  for (int i = 0; i < 3 * 64; ++i) {
    q[i] = k[i] = 0; /* scores are equal, so that every row is the mean of the values so far */
    v[i] = (float)(i / 64);
  }
  inputs[0] = attn_tensor(q, ATTN_F32, 4, sizes);
  inputs[1] = attn_tensor(k, ATTN_F32, 4, sizes);
  inputs[2] = attn_tensor(v, ATTN_F32, 4, sizes);
  if (failed(attn_session_run(session, "main", inputs, 3, &output, 1)))
    return 1;
  for (int row = 0; row < 3; ++row)
    printf("%g\n", ((const float *)output.data)[row * 64]);
  attn_session_release(session);
  attn_program_release(program);
  attn_device_release(device);
  return 0;
}
