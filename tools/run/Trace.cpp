//===- Trace.cpp - what --profile, --check-numerics and --dump-attention see of a run ---===//

#include "tools/run/Trace.h"

#include "runtime/files/MappedFile.h"
#include "tools/run/Arrays.h"

#include <cinttypes>
#include <cstdio>

namespace attn::run {

Status Trace::watch(Session &session) {
  if (checks_ || !path_.empty())
    session.trace(record, this);
  return maps_.watch(session);
}

bool Trace::record(void *user, const attn_trace_event_t *event) {
  Trace &self = *static_cast<Trace *>(user);
  if (!self.path_.empty())
    self.events_.push_back({event->kernel, event->implementation, event->command, event->begin_ns, event->end_ns});
  if (!self.checks_)
    return true;
  for (size_t i = 0; i < event->output_count; ++i) {
    if (!hasNonFinite(event->outputs[i]))
      continue;
    self.complaint_ = "output " + std::to_string(i) + " of shape " +
                      describeShape(event->outputs[i].sizes, static_cast<size_t>(event->outputs[i].rank)) +
                      " holds a NaN or an infinity";
    return false;
  }
  return true;
}

Status Trace::explain(const Status &status) const {
  return status.ok() || complaint_.empty() ? status : Status(Code::device, status.message() + ": " + complaint_);
}

/// Names come from an artefact: they may hold anything.
static std::string quote(const std::string &text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
    bool isPlain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    out += isPlain ? std::string(1, static_cast<char>(c)) : escaped;
  }
  return out + "\"";
}

Status Trace::write() const {
  ATTN_RETURN_IF_ERROR(maps_.write());
  return writeProfile();
}

Status Trace::writeProfile() const {
  if (path_.empty())
    return Status();
  std::string text = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [";
  for (const Event &event : events_) {
    char numbers[160];
    std::snprintf(numbers, sizeof numbers,
                  ", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": %.3f, \"dur\": %.3f, \"args\": {",
                  static_cast<double>(event.begin - events_.front().begin) / 1e3,
                  static_cast<double>(event.end - event.begin) / 1e3);
    text += (&event == events_.data() ? "\n{\"name\": " : ",\n{\"name\": ") + quote(event.kernel) + numbers +
            "\"implementation\": " + quote(event.implementation) + ", \"command\": " + std::to_string(event.command) +
            "}}";
  }
  text += "\n]}\n";
  return writeFile(path_, text.data(), text.size());
}

} // namespace attn::run
