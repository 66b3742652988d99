/*===- artifact.h - the artefact: its format and the interface of its kernels -*- C -*-===*/
/* clang-format off: the text is laid out by hand. */
/*
The one header that the compiler's writer (lowering/EmitArtifact.cpp) and the runtime share.

 1. An artefact is one zip file whose entries are all *stored*: offsets into the mapped file are data, and any unzip
    lists it; it is read only in the form in which runtime/files/Zip.h writes it, where no byte is free. Entries start
    at multiples of 64 bytes (cpu.so: 4096) and carry a CRC-32, which is checked on loading.
 2. Entries: `program.json` (always), `cpu.so`, `cuda/<arch>.ptx`, `cuda/<arch>.cubin`, `constants.bin`.
    Weights are never inside: they stay in their own file (GGUF, safetensors), are mapped, and are bound by name.
 3. `program.json` is UTF-8 JSON. Unknown members are ignored, so that minor versions may add some; a missing member
    whose default is not given here is an error. A reader refuses a newer ATTN_FORMAT_MAJOR in one sentence.

      { "format": [major, minor], "name": "smollm2", "compiler": "attn 0.1.0",
        "targets":   [ target… ],   "kernels": [ kernel… ],   "states": [ state… ],   "weights": [ weight… ],
        "constants": [ constant… ], "functions": [ function… ],
        "report":    { "kernels": [ {"name", "fused": bool, "why": "…",
                                     "left_out": [ {"target": "sm_80", "why": "…"} … ] (default: none)} … ] } }

 4. target    { "device": "cpu", "entry": "cpu.so", "abi": ATTN_KERNEL_ABI, "triple": "x86_64-unknown-linux-gnu",
                "features": ["avx2", "fma", …] }            features as in /proc/cpuinfo; all are checked before loading
              { "device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80" }
 5. type      "f32" "bf16" "f16" "i32" "i64" "i8" "u8" "i1" (one byte an element, 0 or 1)
    format    how a weight is stored: "f32" "bf16" "f16" "q8_0" "q4_0" "q4_1"
    shape     [ expression | integer … ], outermost first; strides are in elements
 6. expression  a string over integers, names of symbols and of loop indices, + - * ( ), ceildiv(a,b), floordiv(a,b),
              mod(a,b), min(a,b), max(a,b), and, where a kernel's arguments are at hand, dim(k,d): size d of argument k.
    predicate   two expressions with one of <= < == != >= > between them; several are joined by `and`. Arithmetic is on
              signed 64-bit integers; overflow and division by zero are errors, never wrapped.
 7. kernel    { "name", "arguments": [ {"kind": "buffer", "type", "rank", "access": "read"|"write"|"update"}
                                    | {"kind": "weight", "rank"} | {"kind": "scalar", "type"} … ],
                "implementations": [ implementation… ] }
    implementation
              { "device": "cpu", "symbol": "name in cpu.so", "when": predicate (default: always),
                "formats": {"<argument>": format, …} (default: any),  "grid": [ expression × 1..3 ], "scratch": bytes }
              The first implementation whose device, formats, `when` and tensor maps fit is launched; if none fits, that
              is an error which names the argument and what is wrong, found before anything runs.
              A target need not have every kernel: `left_out` of the report then says why, and a function that launches
              such a kernel is refused on that device, while others run. Newer architectures stand before older ones.
              The grid's points are the kernel's tasks, any order, any thread; `scratch` bytes a task, 64-byte aligned.
              Order of tasks and number of threads never change a result.
              { "device": "cuda", "arch": "sm_80", "symbol": "entry in cuda/sm_80.ptx", "when", "grid",
                "block": threads, "shared": bytes of dynamic shared memory }
              For a GPU; `scratch` is left out. A GPU entry has one 8-byte parameter for each of: data, sizes…, strides…
              of a buffer (its rank each), or the bit pattern of a scalar, in the order of the kernel's arguments. The
              last dimension of the grid is the fastest and is blockIdx.x, the one before blockIdx.y, the first of three
              blockIdx.z. `when` and `grid` may use dim(k,d) of this kernel's arguments and integers, nothing else.
              "tensor_maps": [ {"argument": k, "box": [ integer… ], "swizzle": 0|32|64|128} … ] (default: none) adds for
              each one parameter of 128 bytes, aligned to 64: a tensor map (CUtensorMap, tiled) of buffer argument k,
              made at the launch from its type, address, sizes and strides. Its dimensions are the buffer's, the last
              one first, as TMA counts; `box` is what one copy takes, outermost first like the shape, 1 to 256 each, and
              elements outside of the buffer read as 0. A map needs rank 1 to 5, a last stride of 1, other strides of a
              multiple of 16 bytes below 2^40, sizes below 2^32: where a launch's buffers are not so, the implementation
              does not fit, and the next one is tried. The address has to be a multiple of 16, else the launch fails. A
              buffer without elements gets 128 zeros, which no copy may use.
    attention   "attention": {"value": k, "output": k, "state": k (default: none; since 1.4),
              "twin": kernel (default: none; since 1.4)} (default: none; since 1.1) says of a kernel of attention which
              argument it reads values from and which it writes: (sequence, position, head, width), or packed (row,
              head, width). `state`, of rank 4, read or updated, are sums of the values of earlier keys, one for each
              feature: (sequence, head, feature, width). The output is linear in values and sums together, and so the
              kernel itself tells its weights; but where the values are keys, too, its twin does, a kernel that no
              command launches: it has the same arguments, and after them the values in one of their own.
 8. state     { "name", "type", "shape", "position_axis": d | null, "sequence_axis": d,
                "advance": argument name | {"offsets": argument name} | null, "folds_at": n (default: never) }
              A cache: zero tokens long for every sequence when made. The symbol at position_axis is its capacity, the
              one at sequence_axis the number of sequences. After a function that updates it has run, the length of
              sequence n grows by element n of the i32 argument `advance` of that function (null: by nothing), or, where
              its rows are packed, by the difference of the elements n + 1 and n of the argument `offsets`. A call that
              would grow it past its capacity is refused before any command has run. A sequence that has n or more
              positions after growing is emptied: the commands have put them into sums (since 1.2).
              Without a position axis it is sums over what a sequence has met, zero when made, whose lengths count
              positions and have no bound (since 1.2).
 9. weight    { "name": "blk.{layer}.attn_q.weight", "shape": [rows, columns] | [elements], "repeat": {"layer": 30} }
              The logical shape, whatever the storage; one tensor for each value of the indices in braces. All missing
              and all misshaped ones are reported at once.
10. constant  { "type", "shape", "offset", "bytes" }   in constants.bin; offsets are multiples of 64
11. function  { "name", "symbols": [ {"name", "min", "max"} … ], "arguments": [ {"name", "type", "shape"} … ],
                "results": [ {"name", "type", "shape"} … ], "task": task | null,
                "temporaries": [ {"type", "shape", "first", "last"} … ], "commands": [ command… ] }
              A scalar argument has shape []. Lengths and offsets (i32, rank 1) may say what they count (since 1.3):
              "lengths": expression, each element is from 0 to that; "offsets": expression, elements are from 0 to that
              and never fall; "steps": expression, none is above the one before by more. A call with others is refused
              before anything has run, where the host can read the argument.
              Symbols are bound by the shapes of arguments and states, each to one value in [min, max] (max may be
              null), and every use must agree. Commands are numbered from 0 in the order written, a repeat's body once.
              A temporary is live in commands first..last, and one that is live in a body but carried to its next round
              is live in the whole repeat. Its content at `first` is undefined.
    task      { "kind": "lm", "tokens": name, "lengths": name, "logits": name,
                "metadata": { "llama.attention.head_count": 9, … } }   checked against the weight file's own metadata;
              tokens (B,T) i32, lengths (B) i32: how many of a row are valid; logits (B, vocabulary) f32 of the
              last one. Other arguments, such as the adapter of each sequence, the caller gives once for all steps.
12. command   { "kernel": k, "operands": [ operand… ] }     one operand for each of the kernel's arguments, in order
              { "repeat": n, "index": "layer", "commands": [ command… ] }     index 0..n-1; repeats do not nest
              { "copy": [ operand, operand ] }              from, to; same type and shape
              A launch or copy may have "when": { "flag": operand, "is": v, "of": n }, 0 <= v < n: it runs only if the
              flag, an i32 buffer of one element that an earlier command or the caller wrote, is v at that moment. A
              flag that is not 0..n-1 is an error of the call. So a choice that is made at run time is in the list, not
              on the host: commands of all cases stand there, each with its value.
    operand   { "argument": i } | { "result": i } | { "temporary": i } | { "weight": i } | { "constant": i }
              | { "state": i, "at": [ expression… ] }       the slice at the leading indices (default: the whole)
              | { "length": state }                         i32 (sequences): the lengths before this call's growth
              | { "value": number }                         for a scalar argument
              and, on any buffer: "view": { "offset": expression, "shape": […], "strides": [ expression… ] } in elements
13. Everything is checked when an artefact is opened: versions, types, ranges of all indices, ranks, that expressions
    parse and name known symbols, entry sizes, checksums. An artefact that fails is an error and never runs.
    An artefact is a program all the same: run only what you trust.
14. What a kernel touches of its buffers is in its code, where nobody can read it off: its grid, its scratch and the
    shapes that a function passes to it are right only in the program.json that it was compiled with. So code says which
    one that is (since 1.3): the text ATTN_DIGEST_PREFIX and the attn_digest of program.json as 16 hexadecimal digits
    stand somewhere in cpu.so, as a constant, and in PTX, as a comment. A program.json with another digest is refused.
    Code without the text, such as machine code made from PTX or by hand, vouches for nothing.

*/
/* clang-format on */

#ifndef ATTN_RUNTIME_ARTIFACT_H
#define ATTN_RUNTIME_ARTIFACT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The format of program.json; a reader accepts its own major version and older minors and newer minors of it. */
#define ATTN_FORMAT_MAJOR 1
#define ATTN_FORMAT_MINOR 4

/* The interface below; an object made for another number is refused. */
#define ATTN_KERNEL_ABI 1

/* Limits that a reader enforces. */
#define ATTN_MAX_RANK 6
#define ATTN_MAX_GRID 3
#define ATTN_ENTRY_ALIGNMENT 64
#define ATTN_OBJECT_ALIGNMENT 4096

#define ATTN_DIGEST_PREFIX "attn program.json "
#define ATTN_DIGEST_DIGITS 16

/* FNV-1a of 64 bits: it tells a change, and is no signature. */
static inline uint64_t attn_digest(const void *data, size_t size) {
  uint64_t digest = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i)
    digest = (digest ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
  return digest;
}

/* What a kernel sees of a buffer. Data of temporaries is 64-byte aligned; that of arguments and weights is aligned to
   its element only. Strides are in elements; those of a block-quantised weight are in blocks (32 elements a block along
   the last dimension), so that `strides[0]` is the number of blocks in a row. `sizes` are logical. */
typedef struct attn_buffer {
  void *data;
  const int64_t *sizes;
  const int64_t *strides;
} attn_buffer;

/* What a launch passes to every task. Buffers and weights stand in `buffers`, in the order of the kernel's arguments
   with the scalars left out; scalars stand in `scalars`, in their order, as bit patterns in the low bits. */
typedef struct attn_args {
  uint32_t abi;      /* ATTN_KERNEL_ABI */
  uint32_t reserved; /* 0 */
  const attn_buffer *buffers;
  const uint64_t *scalars;
  int64_t grid[ATTN_MAX_GRID]; /* sizes; unused ones are 1 */
} attn_args;

/* A kernel in cpu.so. |task| is the linear index of a grid point, the last dimension fastest. |scratch| is the
   implementation's scratch, undefined on entry. It allocates nothing, keeps nothing, reads nothing beyond the ends of
   its buffers, and returns 0 or one of the codes below. */
typedef int32_t (*attn_kernel_fn)(const attn_args *args, int64_t task, void *scratch);

#define ATTN_KERNEL_OK 0
#define ATTN_KERNEL_INDEX_OUT_OF_RANGE 1    /* a token outside the table that it indexes */
#define ATTN_KERNEL_POSITION_OUT_OF_RANGE 2 /* a row that stands where the table of positions has none */

/* The low 8 bits are the code; the next two 8 may say which arguments of the kernel it is about, plus 1: the indices,
   an i32 buffer, and the table, whose first dimension has a row for each (since 1.3). -1: not said. */
#define ATTN_KERNEL_FAILURE(code, indices, table) ((code) | ((indices) + 1) << 8 | ((table) + 1) << 16)

#ifdef __cplusplus
}
#endif

#endif /* ATTN_RUNTIME_ARTIFACT_H */
