/*===- example.c - the C API, explained by a program that runs -*- C -*-===

Answers a prompt with a language model:

  attn-example smollm2.attn SmolLM2-135M-Instruct.Q4_1.gguf "Why is the sky blue?"

===----------------------------------------------------------------------===*/

#include "runtime/attn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*===- 1. Errors ------------------------------------------------------------===

   Every function returns NULL or a status with a sentence in it. This program ends at the first one; a library would
   hand it on. */

static void check(attn_status_t *status) {
  if (!status)
    return;
  fprintf(stderr, "attn-example: %s\n", attn_status_message(status));
  attn_status_release(status);
  exit(1);
}

/*===- 2. Text as it comes --------------------------------------------------===

   attn_generate calls this with each token. The text is not terminated by a zero and may be empty, where a token ends
   in the middle of a character. Returning false would stop the generation. */

static bool show(void *user, int32_t token, const char *text, size_t size) {
  (void)user;
  (void)token;
  fwrite(text, 1, size, stdout);
  fflush(stdout);
  return true;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: attn-example PROGRAM.attn WEIGHTS.gguf PROMPT\n");
    return 2;
  }

  /*===- 3. What is shared ---------------------------------------------------===

     A device, a program and weights are made once and may serve any number of sessions, on any threads. Opening a
     program checks all of it; weights are mapped, not read. */

  attn_device_t *device;
  check(attn_device_create("cpu", 0, &device));
  attn_program_t *program;
  check(attn_program_open(arguments[1], &program));
  attn_weights_t *weights;
  check(attn_weights_open(arguments[2], &weights));

  /*===- 4. A session --------------------------------------------------------===

     It has caches of its own: here for one sequence of at most 2048 tokens. Memory is touched as the text grows. */

  attn_session_options_t options = {.sequences = 1, .capacity = 2048};
  attn_session_t *session;
  check(attn_session_create(device, program, weights, &options, &session));

  /*===- 5. From text to tokens and on ---------------------------------------===

     The tokenizer comes with the weights. With `chat`, the prompt is put into the form in which the model was trained
     to be asked. */

  attn_tokenizer_t *tokenizer;
  check(attn_tokenizer_create(weights, &tokenizer));
  int32_t *tokens;
  size_t token_count;
  check(attn_tokenizer_encode(tokenizer, arguments[3], strlen(arguments[3]), /*chat=*/true, &tokens, &token_count));

  attn_generate_options_t generation = {.max_tokens = 64};
  attn_generate_stats_t stats;
  check(attn_generate(session, tokenizer, tokens, token_count, &generation, show, NULL, &stats));
  fprintf(stderr, "\n%.1f tokens/s\n",
          stats.decode_seconds > 0 ? (double)stats.decode_tokens / stats.decode_seconds : 0);

  /*===- 6. Calling a function with tensors ----------------------------------===

     Below the text there is a function from tokens to logits. A tensor is memory of the caller with a type, sizes and
     strides; a result without data is given memory of the session. The cache is emptied first. */

  check(attn_session_reset(session));
  const int64_t shape[2] = {1, (int64_t)token_count};
  int32_t length = (int32_t)token_count;
  if (token_count > 16) /* a call takes a chunk; the first tokens will do here */
    length = 16;
  const int64_t chunk[2] = {1, length};
  attn_tensor_t inputs[2] = {attn_tensor(tokens, ATTN_I32, 2, chunk), attn_tensor(&length, ATTN_I32, 1, shape)};
  attn_tensor_t logits = {0};
  check(attn_session_run(session, "main", inputs, 2, &logits, 1));
  printf("%s has %lld logits after %d tokens, the first is %g\n", attn_program_name(program),
         (long long)logits.sizes[1], (int)length, (double)((const float *)logits.data)[0]);

  /*===- 7. The end ----------------------------------------------------------===

     In any order: what is still needed stays. */

  attn_tokens_release(tokens);
  attn_tokenizer_release(tokenizer);
  attn_device_release(device);
  attn_program_release(program);
  attn_weights_release(weights);
  attn_session_release(session);
  return 0;
}
