/*===- attn.h - runs compiled attention programs: the whole public C API -*- C -*-===

   attn_device_t *device;     attn_device_create("cpu", 0, &device);
   attn_program_t *program;   attn_program_open("smollm2.attn", &program);
   attn_weights_t *weights;   attn_weights_open("SmolLM2.gguf", &weights);
   attn_session_t *session;   attn_session_create(device, program, weights, NULL, &session);
   attn_session_run(session, "main", arguments, 2, results, 1);

runtime/example.c is the manual: it runs, and explains each step.

Rules that hold for every function here:
 - It returns NULL for success, or a status that the caller releases; nothing prints, exits or throws. A pointer that is
   NULL where nothing says that it may be is an error.
 - |out_…| is written on success only. What a function creates, the caller releases by the matching `_release`, in any
   order: a session keeps what it was made of alive. Releasing NULL does nothing.
 - Text and arrays that are returned by a `const` pointer belong to the handle they were asked of.
 - Devices, programs, weights and tokenizers are immutable and may be shared by threads. A session or sampler is used by
   one thread at a time.

===----------------------------------------------------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_ATTN_H
#define ATTN_RUNTIME_ATTN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ATTN_API __attribute__((visibility("default"), warn_unused_result))
#define ATTN_API_VOID __attribute__((visibility("default")))
#else
#define ATTN_API
#define ATTN_API_VOID
#endif

/*===- Status ---------------------------------------------------------------------------------------------------===*/

typedef enum attn_code {
  ATTN_OK = 0,
  ATTN_INVALID_ARGUMENT, /* the caller asked for something that makes no sense */
  ATTN_NOT_FOUND,        /* a file, function, weight or state that is not there */
  ATTN_CORRUPT,          /* a file that contradicts itself or ends too early */
  ATTN_UNSUPPORTED,      /* well-formed, but not something this build or machine can do */
  ATTN_OUT_OF_RANGE,     /* a length, index or capacity that is exceeded */
  ATTN_OUT_OF_MEMORY,
  ATTN_IO,     /* the operating system refused to read, write or map */
  ATTN_DEVICE, /* a device failed while running */
} attn_code_t;

typedef struct attn_status attn_status_t;

ATTN_API attn_code_t attn_status_code(const attn_status_t *status); /* ATTN_OK for NULL */
ATTN_API const char *attn_status_message(const attn_status_t *status);
ATTN_API_VOID void attn_status_release(attn_status_t *status);

/*===- Tensors --------------------------------------------------------------------------------------------------===*/

typedef enum attn_type { ATTN_F32, ATTN_BF16, ATTN_F16, ATTN_I32, ATTN_I64, ATTN_I8, ATTN_U8, ATTN_I1 } attn_type_t;

enum { ATTN_RANK_LIMIT = 6 };

/* Memory of the caller. Strides are in elements. */
typedef struct attn_tensor {
  void *data;
  attn_type_t type;
  int32_t rank;
  int64_t sizes[ATTN_RANK_LIMIT];
  int64_t strides[ATTN_RANK_LIMIT];
} attn_tensor_t;

/* A tensor whose elements lie one after the other, the last dimension fastest. */
ATTN_API attn_tensor_t attn_tensor(void *data, attn_type_t type, int32_t rank, const int64_t *sizes);

ATTN_API const char *attn_type_name(attn_type_t type);
ATTN_API int64_t attn_type_size(attn_type_t type);

/*===- Devices --------------------------------------------------------------------------------------------------===*/

typedef struct attn_device attn_device_t;

/* |name| is cpu, ptx, cuda or auto; |threads| is the number of CPU threads, 0 for one a hardware thread. */
ATTN_API attn_status_t *attn_device_create(const char *name, int32_t threads, attn_device_t **out_device);
/* The device cuda, for a caller who has tensors on the GPU already. It works in |stream|, a CUstream of the primary
   context of the first GPU, or NULL for the default stream. Data of arguments and results, but of scalars, are then
   addresses of the GPU's memory, used where they lie, so they have to be contiguous; attn_session_run returns when its
   launches are in the stream. A function whose lengths the host must know (states that grow) is refused. */
ATTN_API attn_status_t *attn_device_create_on_stream(void *stream, attn_device_t **out_device);
ATTN_API_VOID void attn_device_release(attn_device_t *device);

/*===- Programs -------------------------------------------------------------------------------------------------===*/

typedef struct attn_program attn_program_t;

/* Opening checks the whole artefact; one that is damaged is an error. Run only what you trust: it is a program. */
ATTN_API attn_status_t *attn_program_open(const char *path, attn_program_t **out_program);
/* The bytes are copied. */
ATTN_API attn_status_t *attn_program_open_bytes(const void *bytes, size_t size, attn_program_t **out_program);
ATTN_API_VOID void attn_program_release(attn_program_t *program);

ATTN_API const char *attn_program_name(const attn_program_t *program);

/* What a program is made of: how many of each kind, then each by its index. */
typedef enum attn_part { ATTN_FUNCTIONS, ATTN_STATES, ATTN_WEIGHTS, ATTN_KERNELS } attn_part_t;
ATTN_API size_t attn_program_count(const attn_program_t *program, attn_part_t part);

/* A function, argument, result, state, weight or kernel. */
typedef struct attn_description {
  const char *name;
  const char *shape; /* "[B, T, 576]"; a weight's "{layer}" stands for 0..repeat-1; empty for functions and kernels */
  attn_type_t type;  /* of arguments, results and states */
  int32_t rank;
  int64_t repeat;         /* of weights */
  bool is_language_model; /* of functions: attn_generate runs it */
  bool fused;             /* of kernels */
  const char *why;        /* of kernels: what the compiler says about it */
} attn_description_t;
ATTN_API attn_status_t *attn_program_describe(const attn_program_t *program, attn_part_t part, size_t index,
                                              attn_description_t *out_description);

/* The arguments and results of function number |function|. */
ATTN_API size_t attn_function_argument_count(const attn_program_t *program, size_t function);
ATTN_API size_t attn_function_result_count(const attn_program_t *program, size_t function);
ATTN_API attn_status_t *attn_function_argument(const attn_program_t *program, size_t function, size_t index,
                                               attn_description_t *out_description);
ATTN_API attn_status_t *attn_function_result(const attn_program_t *program, size_t function, size_t index,
                                             attn_description_t *out_description);

/*===- Weights --------------------------------------------------------------------------------------------------===*/

typedef struct attn_weights attn_weights_t;

/* Maps a GGUF or safetensors file; nothing is copied. */
ATTN_API attn_status_t *attn_weights_open(const char *path, attn_weights_t **out_weights);
/* Weights for tests: normally distributed, scaled by the width, a function of |seed| and the tensor's name only. */
ATTN_API attn_status_t *attn_weights_random(uint64_t seed, attn_weights_t **out_weights);
ATTN_API_VOID void attn_weights_release(attn_weights_t *weights);

/*===- Sessions: a program, on a device, with weights and states of its own -------------------------------------===*/

typedef struct attn_session attn_session_t;

typedef struct attn_session_options {
  int64_t sequences; /* how many sequences each state holds; 0: 1 */
  int64_t capacity;  /* how many positions of each; 0: what the weights' metadata or the program's bound say */
} attn_session_options_t;

/* |weights| may be NULL for a program without; |options| may be NULL. All weights are bound here, so that everything
   that is missing or does not fit is said at once. States are empty. */
ATTN_API attn_status_t *attn_session_create(attn_device_t *device, attn_program_t *program, attn_weights_t *weights,
                                            const attn_session_options_t *options, attn_session_t **out_session);
ATTN_API_VOID void attn_session_release(attn_session_t *session);

/* Runs a function. |arguments| are read, in the order of its declaration; a scalar is a tensor of rank 0. |results| are
   written: one without data is given memory of the session, which is valid until the next run, and its sizes. */
ATTN_API attn_status_t *attn_session_run(attn_session_t *session, const char *function, const attn_tensor_t *arguments,
                                         size_t argument_count, attn_tensor_t *results, size_t result_count);

/* Called after each launch and copy of a run, on the thread that runs; |outputs| are what it wrote: buffers, and of a
   cache the rows that each sequence grows by (data is NULL where the host cannot read it). Returning false stops the
   run with an error. A session that is traced is slower. */
typedef struct attn_trace_event {
  const char *kernel;         /* "copy" for a copy */
  const char *implementation; /* the symbol */
  int64_t command;            /* its number in the function's list, repeats expanded */
  uint64_t begin_ns, end_ns;  /* of one monotonic clock */
  const attn_tensor_t *outputs;
  size_t output_count;
} attn_trace_event_t;
typedef bool (*attn_trace_fn)(void *user, const attn_trace_event_t *event);
ATTN_API_VOID void attn_session_trace(attn_session_t *session, attn_trace_fn trace, void *user); /* NULL: no more */

/*===- States: the caches of a session, and its sums over what was cached ---------------------------------------===*/

/* How many positions of a sequence it takes; of sums, which have none, and count what they met as their length:
   2³¹ − 1. */
ATTN_API attn_status_t *attn_state_capacity(const attn_session_t *session, const char *state, int64_t *out_capacity);
ATTN_API attn_status_t *attn_state_length(const attn_session_t *session, const char *state, int64_t sequence,
                                          int64_t *out_length);
/* Empties every sequence of every state. */
ATTN_API attn_status_t *attn_session_reset(attn_session_t *session);
/* Forgets all but the first |length| positions of |sequence| in every state that is longer; where one of them is a sum,
   |length| has to be 0. */
ATTN_API attn_status_t *attn_session_truncate(attn_session_t *session, int64_t sequence, int64_t length);
/* Makes sequence |to| of |session| equal to sequence |from| of |source|, a session of the same program, or the same. */
ATTN_API attn_status_t *attn_session_copy_sequence(attn_session_t *session, int64_t to, const attn_session_t *source,
                                                   int64_t from);
/* The state's memory up to its capacity, for reading, valid as long as the session; of a device with memory of its own,
   a copy that the next read of this state replaces. */
ATTN_API attn_status_t *attn_state_read(const attn_session_t *session, const char *state, attn_tensor_t *out_tensor);
/* Fills every sequence with |content|, which has the state's shape but for a length, not above the capacity, at the
   axis of positions. Sums have no such axis, and their lengths stay. */
ATTN_API attn_status_t *attn_state_write(attn_session_t *session, const char *state, const attn_tensor_t *content);

/*===- Text -----------------------------------------------------------------------------------------------------===*/

typedef struct attn_tokenizer attn_tokenizer_t;

/* The tokenizer and chat format that a GGUF file carries. */
ATTN_API attn_status_t *attn_tokenizer_create(const attn_weights_t *weights, attn_tokenizer_t **out_tokenizer);
ATTN_API_VOID void attn_tokenizer_release(attn_tokenizer_t *tokenizer);

/* The tokens of |text|, UTF-8; with |chat| as one message of a user, ready for the answer. The array is released by
   attn_tokens_release. */
ATTN_API attn_status_t *attn_tokenizer_encode(const attn_tokenizer_t *tokenizer, const char *text, size_t size,
                                              bool chat, int32_t **out_tokens, size_t *out_count);
ATTN_API_VOID void attn_tokens_release(int32_t *tokens);
/* The bytes of one token; they may be a part of a character. */
ATTN_API attn_status_t *attn_tokenizer_decode(const attn_tokenizer_t *tokenizer, int32_t token, const char **out_text,
                                              size_t *out_size);

typedef struct attn_generate_options {
  int64_t max_tokens; /* 0: 128 */
  float temperature;  /* 0: always the likeliest */
  int32_t top_k;      /* 0: all */
  float top_p;        /* 0: all */
  uint64_t seed;
  bool ignore_stop; /* go on after an end token, for benchmarks */
} attn_generate_options_t;

typedef struct attn_generate_stats {
  int64_t prefill_tokens, decode_tokens;
  double prefill_seconds, decode_seconds;
} attn_generate_stats_t;

/* Called with each new token; |text| is what can be shown now, whole characters only, and may be empty. Returning false
   ends the generation without an error. */
typedef bool (*attn_token_fn)(void *user, int32_t token, const char *text, size_t size);

/* What the language model's function takes beside tokens and lengths, by the argument's name, such as the adapter of
   each sequence: attn_generate and attn_search_beams pass it at every step. Of an argument that is no scalar, a |value|
   of rank 0 is each element. It is copied, and holds until another is set for that name; NULL takes it back. */
ATTN_API attn_status_t *attn_session_set_argument(attn_session_t *session, const char *argument,
                                                  const attn_tensor_t *value);

/* Continues sequence 0 of |session| by |tokens| and then by what the model says, until an end token, |max_tokens|, a
   full cache or |callback|. |tokenizer| may be NULL: then there is no text and no end token. |options|, |callback| and
   |out_stats| may be NULL. */
ATTN_API attn_status_t *attn_generate(attn_session_t *session, const attn_tokenizer_t *tokenizer, const int32_t *tokens,
                                      size_t count, const attn_generate_options_t *options, attn_token_fn callback,
                                      void *user, attn_generate_stats_t *out_stats);

/* The likeliest continuation of |tokens| by at most |max_tokens|, searched with as many beams as |session| has
   sequences: sequence 0 continues what it holds, the others are overwritten. |stop_token| ends a text and is not among
   the tokens; -1: none does. |out_score|, which may be NULL, is the mean log-probability of a token. The array is
   released by attn_tokens_release. */
ATTN_API attn_status_t *attn_search_beams(attn_session_t *session, const int32_t *tokens, size_t count,
                                          int64_t max_tokens, int32_t stop_token, int32_t **out_tokens,
                                          size_t *out_count, double *out_score);

#ifdef __cplusplus
}
#endif

#endif /* ATTN_RUNTIME_ATTN_H */
