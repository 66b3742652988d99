# THE LIST: one named op of the attn dialect a line; its files are variants/<Name>.td and variants/<Name>.cpp.
# Everything else (ODS, registration, --list-variants, docs, tests' completeness check) is derived from it.
set(ATTN_VARIANTS
  DotProduct
  Linear
  Power
  Retention
  Causal
  SlidingWindow
  Local
  Dilated
  Block
  Prefix
  GlobalLocal
  Alibi
  RelativeBias
  Softcap
  Clamp
  Masked
  Biased
  Sink
  Decay
  Apply
  Softmax
  Sum
  None
  Rotary
)
