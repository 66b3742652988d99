//===- Trace.h - what --profile, --check-numerics and --dump-attention see of a run -*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_TRACE_H
#define ATTN_TOOLS_RUN_TRACE_H

#include "tools/run/AttentionMaps.h"

namespace attn::run {

/// Watches a session from `watch` on; it must outlive the session's runs.
class Trace {
public:
  explicit Trace(const Options &options) : path_(options.profile), checks_(options.checkNumerics), maps_(options) {}

  /// Does nothing where no option asks for it.
  Status watch(Session &session);

  /// |status|, and, if a kernel's output stopped the run, what was wrong with it.
  Status explain(const Status &status) const;

  /// Writes what was asked for: maps of attention, and the profile in the format of chrome://tracing.
  Status write() const;

private:
  struct Event {
    std::string kernel, implementation;
    int64_t command;
    uint64_t begin, end;
  };

  Status writeProfile() const;
  static bool record(void *self, const attn_trace_event_t *event);

  std::string path_;
  bool checks_;
  std::vector<Event> events_;
  std::string complaint_;
  AttentionMaps maps_;
};

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_TRACE_H
