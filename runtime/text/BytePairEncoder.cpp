//===- BytePairEncoder.cpp - merges the bytes of a word into tokens -------===//

#include "runtime/text/BytePairEncoder.h"

#include <queue>

using namespace attn;

namespace {

/// A token in the list that a word is while it shrinks; -1 ends the list.
struct Node {
  int32_t token;
  int32_t previous, next;
};

/// A merge of the node at `left` with its successor. It is out of date once one of the two has changed.
struct Candidate {
  int32_t rank;
  int32_t left;
  int32_t leftToken, rightToken;
  int32_t merged;

  bool operator<(const Candidate &other) const { // the top of a priority queue is its largest
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

} // namespace

static uint64_t keyOf(int32_t left, int32_t right) {
  return uint64_t(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

void BytePairEncoder::addMerge(int32_t left, int32_t right, int32_t merged) {
  merges_.emplace(keyOf(left, right), Merge{static_cast<int32_t>(merges_.size()), merged});
}

const BytePairEncoder::Merge *BytePairEncoder::find(int32_t left, int32_t right) const {
  auto found = merges_.find(keyOf(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePairEncoder::encode(std::string_view word, std::vector<int32_t> &tokens) const {
  std::vector<Node> nodes;
  nodes.reserve(word.size());
  for (char byte : word)
    if (int32_t token = bytes_[static_cast<uint8_t>(byte)]; token >= 0) {
      int32_t index = static_cast<int32_t>(nodes.size());
      nodes.push_back({token, index - 1, index + 1});
    }
  if (nodes.empty())
    return;
  nodes.back().next = -1;

  std::priority_queue<Candidate> candidates;
  auto propose = [&](int32_t left) {
    int32_t right = left < 0 ? -1 : nodes[left].next;
    if (right < 0)
      return;
    if (const Merge *merge = find(nodes[left].token, nodes[right].token))
      candidates.push({merge->rank, left, nodes[left].token, nodes[right].token, merge->token});
  };
  for (size_t i = 0; i < nodes.size(); ++i)
    propose(static_cast<int32_t>(i));

  while (!candidates.empty()) {
    Candidate best = candidates.top();
    candidates.pop();
    // A node that was merged into its left neighbour has token -1, which is in no candidate.
    Node &left = nodes[best.left];
    if (left.token != best.leftToken || left.next < 0 || nodes[left.next].token != best.rightToken)
      continue;
    Node &right = nodes[left.next];
    left.token = best.merged;
    left.next = right.next;
    right.token = -1;
    if (left.next >= 0)
      nodes[left.next].previous = best.left;
    propose(left.previous);
    propose(best.left);
  }
  for (int32_t i = 0; i >= 0; i = nodes[i].next)
    tokens.push_back(nodes[i].token);
}
