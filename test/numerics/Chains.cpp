//===- Chains.cpp - random chains of ops, and the grid of shapes ---===//

#include "test/numerics/FeatureMap.h"

#include <algorithm>
#include <set>

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// Random chains
//===----------------------------------------------------------------------===//

namespace {
struct Link {
  const char *name;
  std::function<std::shared_ptr<Modifier>()> make;
};
} // namespace

/// What goes with weights that are exponentials of scores, and with those that are scores.
static std::vector<Link> linksOf(bool areLinear, Layout layout) {
  std::vector<Link> links = {
      {"causal", causal}, {"window", slidingWindow}, {"softcap", softcap},
      {"clamp", clamp},   {"alibi", alibi},          {"masked", [] { return masked("n t s"); }},
  };
  if (!areLinear) {
    links.push_back({"sink", sink});
    links.push_back({"biased", [] { return biased("n h t s", ATTN_F32); }});
    return links;
  }
  links.push_back({"dropout", dropout});
  links.push_back({"decay", [layout] { return decay(layout); }});
  return links;
}

/// A few modifiers in any order, none of them twice, on a random shape. The seed is in the name and says all.
static Case randomChain(uint64_t seed, bool isLinear) {
  Random random(seed ^ (isLinear ? 0x11EA5 : 0xC4A1));
  auto pick = [&](auto &choices) { return choices[random.integer(0, static_cast<int64_t>(std::size(choices)) - 1)]; };
  static const Layout layouts[] = {Layout::dense, Layout::ragged, Layout::packed};
  Layout layout = pick(layouts);
  std::vector<Link> links = linksOf(isLinear, layout);
  std::string title = (isLinear ? "linear chain " : "chain ") + std::to_string(seed) + ":";
  Modifiers modifiers;
  // Regions come first: they know nothing of the −∞ that a bias masks by. One variant has both.
  bool withScore = random.chance(0.4), withMask = random.chance(0.3);
  if (withScore || withMask) {
    title += std::string(withScore ? " score" : "") + (withMask ? " mask" : "");
    modifiers.push_back(randomRegions(seed, withScore, withMask));
  }
  for (int64_t count = random.integer(1, 4); count > 0; --count) {
    auto chosen = links.begin() + random.integer(0, static_cast<int64_t>(links.size()) - 1);
    title += std::string(" ") + chosen->name;
    modifiers.push_back(chosen->make());
    links.erase(chosen);
  }
  // Gates are of the keys before the query.
  if (title.find("decay") != std::string::npos && title.find("causal") == std::string::npos) {
    title += " causal";
    modifiers.push_back(causal());
  }
  static const attn_type_t types[] = {ATTN_F32, ATTN_F32, ATTN_BF16, ATTN_F16};
  static const int64_t widths[] = {16, 20, 64, 80}, groups[] = {1, 2, 3, 8};
  static const Start starts[] = {Start::topLeft, Start::bottomRight, Start::value};
  attn_type_t type = pick(types);
  int64_t keyHeads = random.integer(1, 2), group = pick(groups), width = pick(widths), valueWidth = pick(widths);
  Geometry geometry{keyHeads * group, keyHeads, width, valueWidth, type, type};
  if (isLinear && random.chance(0.3)) // As many as there are queries.
    geometry.ofValues = geometry.heads;
  Case test = makeCase(title, geometry, layout, pick(starts), std::move(modifiers));
  return isLinear ? closedBy<LinearClosing>(std::move(test), "none") : test;
}

void randomChains(Cases &cases, uint64_t first, uint64_t count) {
  for (uint64_t seed = first; seed < first + count; ++seed) {
    cases.push_back(randomChain(seed, /*isLinear=*/seed % 3 == 2));
    cases.back().fewLengths = true;
  }
}

//===----------------------------------------------------------------------===//
// The grid of shapes
//===----------------------------------------------------------------------===//

static const int64_t gridWidths[] = {16, 20, 64, 80, 128, 256};
static const int64_t gridGroups[] = {1, 3, 8};
static const attn_type_t gridTypes[] = {ATTN_F32, ATTN_BF16, ATTN_F16};

/// A point of the grid; of the value every other width.
static Geometry gridPoint(size_t width, size_t group, size_t type) {
  int64_t keyHeads = gridGroups[group] == 8 ? 1 : 2;
  int64_t valueWidth = gridWidths[(width + 1) % std::size(gridWidths)];
  return {keyHeads * gridGroups[group],
          keyHeads,
          gridWidths[width],
          width % 2 ? valueWidth : gridWidths[width],
          gridTypes[type],
          gridTypes[type]};
}

/// No mask, a boolean one, and lengths with a mask that leaves rows without a key: on every point.
static void addMasks(Cases &cases, const Geometry &geometry) {
  for (Case test :
       {makeCase("grid none", geometry, Layout::dense, Start::bottomRight),
        makeCase("grid boolean", geometry, Layout::dense, Start::topLeft, {masked("n h t s")}),
        makeCase("grid padding", geometry, Layout::ragged, Start::bottomRight, {masked("n s"), causal()})}) {
    test.fewLengths = true;
    cases.push_back(std::move(test));
  }
}

void gridOfMasks(Cases &cases, bool whole) {
  for (size_t width = 0; width < std::size(gridWidths); ++width) {
    if (!whole) // A sample: each width once, each group and each type twice, in all pairings but three.
      addMasks(cases, gridPoint(width, width % 3, (width + width / 3) % 3));
    for (size_t point = 0; whole && point < std::size(gridGroups) * std::size(gridTypes); ++point)
      addMasks(cases, gridPoint(width, point % std::size(gridGroups), point / std::size(gridGroups)));
  }
}

/// Numbers of a state that a case may have.
static constexpr int64_t mostOfState = 1 << 20;

void gridOfVariants(Cases &cases, const Cases &again, size_t round) {
  std::set<std::string> titles;
  for (const Case &test : again) {
    if (!titles.insert(test.title).second)
      continue;
    // Of the widths one a round; groups and types move along, so that a variant meets each of them.
    size_t step = titles.size() + round;
    Case next = test;
    next.geometry = gridPoint(round, step % std::size(gridGroups), (step / 3 + round) % std::size(gridTypes));
    if (test.chain.valueIsKey)
      next.geometry.valueWidth = next.geometry.width;
    // A rotation may turn more features than there are; a scale was chosen for its width.
    if ((test.chain.operand && next.geometry.width < test.geometry.width) || test.chain.scale)
      continue;
    // A state of degree 4 at a width of 64 is 200 MB a head.
    if (test.chain.featureMap && test.chain.featureMap->stateSize(next.geometry) > mostOfState)
      continue;
    next.title = "grid " + test.title;
    next.name = nameOf(next);
    next.fewLengths = true;
    cases.push_back(std::move(next));
  }
}

} // namespace attn::numerics
