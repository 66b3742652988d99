//===- MaskRangesTest.cpp - the ranges of every mask against brute force -===//
//
// A mask is parsed, the code that computes its ranges is emitted once, and both are run on random tiles: the mask for
// each pair of the tile, the code once. Sound: a key outside the ranges is admitted by no row, a key of a full range by
// every row. Exact: no smaller hull and no longer full range of whole steps would do.
//
//===----------------------------------------------------------------------===//

#include "passes/MaskRanges.h"

#include "passes/MaskIntervals.h"

#include "dialect/attn/Attn.h"
#include "test/unit/passes/RandomMask.h"
#include "test/unit/passes/ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <functional>

using namespace mlir;

namespace attn {
namespace {

/// Rows first ≤ i ≤ last of sequence n, and the captures.
struct Tile {
  int64_t n, first, last, keys;
  int64_t p, q, d, f; // i32, i32, i32 and not 0, i1
};

std::string text(const Tile &tile) {
  std::string result;
  for (auto [name, value] : {std::pair<const char *, int64_t>{"n", tile.n},
                             {"first", tile.first},
                             {"last", tile.last},
                             {"keys", tile.keys},
                             {"p", tile.p},
                             {"q", tile.q},
                             {"d", tile.d},
                             {"f", tile.f}})
    result += std::string(name) + " = " + std::to_string(value) + ", ";
  return result;
}

struct Range {
  int64_t begin, end;
  bool isFull;
};

/// Positions before the first key occur: a decoded block may have more rows than keys.
Tile randomTile(Random &random) {
  Tile tile;
  tile.n = random.integer(0, 3);
  tile.first = random.integer(-20, 90);
  tile.last = tile.first + (random.chance(20) ? 0 : random.integer(0, 24));
  tile.keys = random.chance(5) ? 0 : random.integer(1, 90);
  tile.p = random.integer(-10, 60);
  tile.q = random.integer(0, 30);
  tile.d = random.chance(10) ? -random.integer(1, 9) : random.integer(1, 20);
  tile.f = random.integer(0, 1);
  return tile;
}

//===----------------------------------------------------------------------===//
// A mask, and the code of its ranges
//===----------------------------------------------------------------------===//

class Mask {
public:
  Mask(MLIRContext &context, const std::string &ops) {
    std::string source = "attn.variant @mask mask {\n^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %p: i32, %q: i32, "
                         "%d: i32, %f: i1):\n" +
                         ops + "}\n";
    // Not verified: a divisor may be any value here, and no range may be wrong where it is not positive.
    module = parseSourceString<ModuleOp>(source, ParserConfig(&context, /*verifyAfterParse=*/false));
    if (!module)
      return;
    Block &block = region()->front();
    program = std::make_unique<ScalarProgram>(block, block.getTerminator()->getOperands());
  }

  explicit operator bool() const { return program && program->error().empty(); }
  Region *region() { return &(*module->getOps<VariantOp>().begin()).getMask(); }
  bool admits(const Tile &tile, int64_t i, int64_t j, int64_t h = 0) {
    EXPECT_TRUE(program->run({tile.n, h, i, j, tile.p, tile.q, tile.d, tile.f})) << "the mask divides by 0";
    return program->result(0);
  }

private:
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<ScalarProgram> program;
};

class RangeCode {
public:
  /// Where `constants` is given, the code is emitted for that tile alone. Its rows are of `heads` heads from
  /// `firstHead` on.
  RangeCode(MLIRContext &context, Mask &mask, int64_t step, const Tile *constants = nullptr, int64_t firstHead = 0,
            int64_t heads = 1) {
    Location loc = UnknownLoc::get(&context);
    ImplicitLocOpBuilder b(loc, &context);
    Block &block = code.emplaceBlock();
    b.setInsertionPointToStart(&block);
    Type index = b.getIndexType(), i32 = b.getI32Type();
    SmallVector<Type> types{index, index, index, index, i32, i32, i32, b.getI1Type()};
    SmallVector<Value> values;
    for (auto [number, type] : llvm::enumerate(types)) {
      Value argument = block.addArgument(type, loc);
      values.push_back(
          constants ? Value(arith::ConstantOp::create(b, b.getIntegerAttr(type, argumentsOf(*constants)[number])))
                    : argument);
    }
    RowSpan rows{values[0], values[1], values[2], values[3], arith::ConstantIndexOp::create(b, firstHead), heads};
    SmallVector<KeyRange> ranges =
        emitKeyRanges(b, mask.region(), ValueRange(values).drop_front(4), rows, step, obstacle);
    SmallVector<Value> bounds;
    for (const KeyRange &range : ranges) {
      bounds.append({range.begin, range.end});
      full.push_back(range.isFull);
    }
    program = std::make_unique<ScalarProgram>(block, bounds);
  }

  bool hasObstacle() const { return obstacle; }
  bool hasFull() const { return llvm::is_contained(full, true); }
  const std::string &error() const { return program->error(); }

  /// The ranges that are not empty, in the order of emission.
  std::vector<Range> at(const Tile &tile) {
    EXPECT_TRUE(program->run(argumentsOf(tile))) << "the emitted code divides by 0";
    std::vector<Range> ranges;
    for (size_t number = 0; number < full.size(); ++number)
      if (int64_t begin = program->result(2 * number), end = program->result(2 * number + 1); begin < end)
        ranges.push_back({begin, end, full[number]});
    return ranges;
  }

private:
  static std::vector<int64_t> argumentsOf(const Tile &tile) {
    return {tile.n, tile.first, tile.last, tile.keys, tile.p, tile.q, tile.d, tile.f};
  }

  Region code;
  Operation *obstacle = nullptr;
  std::vector<bool> full;
  std::unique_ptr<ScalarProgram> program;
};

//===----------------------------------------------------------------------===//
// Brute force
//===----------------------------------------------------------------------===//

/// Of each key, by how many rows of the tile it is admitted.
std::vector<int64_t> countRows(Mask &mask, const Tile &tile, int64_t head = 0) {
  std::vector<int64_t> rows(tile.keys);
  for (int64_t i = tile.first; i <= tile.last; ++i)
    for (int64_t j = 0; j < tile.keys; ++j)
      rows[j] += mask.admits(tile, i, j, head);
  return rows;
}

/// What is wrong with the ranges whatever the mask is; empty where nothing is.
std::string whyUnsound(const std::vector<Range> &ranges, const std::vector<int64_t> &rows, const Tile &tile,
                       int64_t step) {
  auto name = [](const Range &range) {
    return std::string(range.isFull ? "full" : "partial") + " [" + std::to_string(range.begin) + ", " +
           std::to_string(range.end) + ")";
  };
  std::vector<int> met(tile.keys);
  for (size_t at = 0; at < ranges.size(); ++at) {
    const Range &range = ranges[at];
    if (range.begin < 0 || range.end > tile.keys)
      return name(range) + " leaves the keys";
    if (range.isFull && (range.end - range.begin) % step != 0)
      return name(range) + " is not whole steps";
    if (at > 0 && ranges[at - 1].isFull == range.isFull && ranges[at - 1].end > range.begin)
      return name(range) + " does not ascend";
    if (at > 0 && !ranges[at - 1].isFull && range.isFull)
      return name(range) + " comes after a partial one";
    for (int64_t j = range.begin; j < range.end; ++j) {
      if (++met[j] > 1)
        return name(range) + " meets key " + std::to_string(j) + " again";
      if (range.isFull && rows[j] != tile.last - tile.first + 1)
        return name(range) + " holds key " + std::to_string(j) + ", which some row does not admit";
    }
  }
  for (int64_t j = 0; j < tile.keys; ++j)
    if (rows[j] > 0 && met[j] == 0)
      return "key " + std::to_string(j) + " is in no range, but some row admits it";
  return {};
}

/// What the ranges could do better; empty where nothing. The keys that all rows admit must be an interval.
std::string whyInexact(const std::vector<Range> &ranges, const std::vector<int64_t> &rows, const Tile &tile,
                       int64_t step) {
  int64_t hullBegin = tile.keys, hullEnd = 0, fullBegin = tile.keys, fullEnd = 0;
  for (int64_t j = 0; j < tile.keys; ++j) {
    if (rows[j] > 0) {
      hullBegin = std::min(hullBegin, j);
      hullEnd = j + 1;
    }
    if (rows[j] == tile.last - tile.first + 1) {
      fullBegin = std::min(fullBegin, j);
      fullEnd = j + 1;
    }
  }
  int64_t begin = tile.keys, end = 0, fullKeys = 0;
  for (const Range &range : ranges) {
    begin = std::min(begin, range.begin);
    end = std::max(end, range.end);
    fullKeys += range.isFull ? range.end - range.begin : 0;
  }
  auto differ = [](const char *what, int64_t least, int64_t got) {
    return std::string(what) + " is " + std::to_string(got) + ", but could be " + std::to_string(least);
  };
  if (begin != hullBegin)
    return differ("the hull's begin", hullBegin, begin);
  if (end != hullEnd)
    return differ("the hull's end", hullEnd, end);
  // Steps are counted from the hull's begin, so that every load but the last is of whole steps.
  int64_t lead = (std::max<int64_t>(fullBegin - hullBegin, 0) + step - 1) / step * step;
  int64_t longest = std::max<int64_t>(fullEnd - hullBegin - lead, 0) / step * step;
  return fullKeys == longest ? std::string() : differ("the keys of full ranges", longest, fullKeys);
}

//===----------------------------------------------------------------------===//
// Families
//===----------------------------------------------------------------------===//

enum class Promise { sound, exact };

/// `ops` as randomMask() writes them; `formula` says the same.
struct Family {
  const char *name, *ops;
  std::function<bool(const Tile &, int64_t i, int64_t j)> formula;
  Promise promise;
  bool seenThrough;
};

/// For messages of parametrised tests.
void PrintTo(const Family &family, std::ostream *out) { *out << family.name; }

int64_t floorDiv(int64_t x, int64_t y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }

const Family families[] = {
    {"causal", R"(%r = arith.cmpi sle, %j, %i : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return j <= i; }, Promise::exact, true},
    {"causal_turned_round", R"(%d0 = arith.subi %i, %j : i32
      %zero = arith.constant 0 : i32
      %r = arith.cmpi sge, %d0, %zero : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return j <= i; }, Promise::exact, true},
    {"heads_that_cancel_out", R"(%zero = arith.constant 0 : i32
      %none = arith.muli %h, %zero : i32
      %gone = arith.subi %h, %h : i32
      %moved = arith.addi %i, %none : i32
      %last = arith.addi %moved, %gone : i32
      %r = arith.cmpi sle, %j, %last : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return j <= i; }, Promise::exact, true},
    {"sliding_window", R"(%before = arith.subi %i, %q : i32
      %recent = arith.cmpi sgt, %j, %before : i32
      %causal = arith.cmpi sle, %j, %i : i32
      %r = arith.andi %recent, %causal : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return i - t.q < j && j <= i; }, Promise::exact, true},
    {"left_and_right_window", R"(%first = arith.subi %i, %q : i32
      %last = arith.addi %i, %p : i32
      %a = arith.cmpi sge, %j, %first : i32
      %b = arith.cmpi sle, %j, %last : i32
      %r = arith.andi %a, %b : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return i - t.q <= j && j <= i + t.p; }, Promise::exact, true},
    {"distance_below_a_window", R"(%ahead = arith.subi %j, %i : i32
      %behind = arith.subi %i, %j : i32
      %distance = arith.maxsi %ahead, %behind : i32
      %r = arith.cmpi sle, %distance, %q : i32
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return std::abs(i - j) <= t.q; }, Promise::exact, true},
    {"window_above_minus_the_distance", R"(%ahead = arith.subi %j, %i : i32
      %behind = arith.subi %i, %j : i32
      %minus = arith.minsi %ahead, %behind : i32
      %zero = arith.constant 0 : i32
      %least = arith.subi %zero, %q : i32
      %r = arith.cmpi slt, %least, %minus : i32
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return std::abs(i - j) < t.q; }, Promise::exact, true},
    {"distance_above_a_window", R"(%ahead = arith.subi %j, %i : i32
      %behind = arith.subi %i, %j : i32
      %distance = arith.maxsi %ahead, %behind : i32
      %r = arith.cmpi sgt, %distance, %q : i32
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return std::abs(i - j) > t.q; }, Promise::sound, true},
    {"block", R"(%c = arith.constant 7 : i32
      %a = arith.floordivsi %i, %c : i32
      %b = arith.floordivsi %j, %c : i32
      %r = arith.cmpi eq, %a, %b : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return floorDiv(i, 7) == floorDiv(j, 7); }, Promise::exact, true},
    {"block_of_runtime_size", R"(%a = arith.floordivsi %i, %d : i32
      %b = arith.floordivsi %j, %d : i32
      %r = arith.cmpi eq, %b, %a : i32
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return floorDiv(i, t.d) == floorDiv(j, t.d); }, Promise::exact, true},
    {"block_causal", R"(%c = arith.constant 16 : i32
      %a = arith.divsi %i, %c : i32
      %b = arith.divsi %j, %c : i32
      %r = arith.cmpi sge, %a, %b : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return j / 16 <= i / 16; }, Promise::exact, true},
    {"prefix", R"(%a = arith.cmpi sle, %j, %i : i32
      %b = arith.cmpi slt, %j, %p : i32
      %r = arith.ori %a, %b : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return j <= i || j < t.p; }, Promise::exact, true},
    {"keys_from_either_of_two_places", R"(%a = arith.cmpi sge, %j, %i : i32
      %b = arith.cmpi sge, %j, %p : i32
      %r = arith.ori %a, %b : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return j >= i || j >= t.p; }, Promise::exact, true},
    {"ends_that_part", R"(%end = arith.subi %p, %i : i32
      %a = arith.cmpi sle, %j, %i : i32
      %b = arith.cmpi slt, %j, %end : i32
      %r = arith.ori %a, %b : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return j <= i || j < t.p - i; }, Promise::sound, true},
    {"block_of_any_size", R"(%one = arith.constant 1 : i32
      %size = arith.maxsi %d, %one : i32
      %a = arith.divsi %j, %size : i32
      %b = arith.floordivsi %i, %size : i32
      %r = arith.cmpi eq, %a, %b : i32
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) {
       int64_t size = std::max<int64_t>(t.d, 1);
       return floorDiv(i, size) == j / size;
     },
     Promise::exact, true},
    {"streaming", R"(%four = arith.constant 4 : i32
      %causal = arith.cmpi sle, %j, %i : i32
      %before = arith.subi %i, %q : i32
      %recent = arith.cmpi sgt, %j, %before : i32
      %early = arith.cmpi slt, %j, %four : i32
      %seen = arith.ori %recent, %early : i1
      %r = arith.andi %causal, %seen : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return j <= i && (i - t.q < j || j < 4); }, Promise::sound, true},
    {"negation_of_a_window", R"(%true = arith.constant true
      %before = arith.subi %i, %q : i32
      %a = arith.cmpi sgt, %j, %before : i32
      %b = arith.cmpi sle, %j, %i : i32
      %w = arith.andi %a, %b : i1
      %r = arith.xori %w, %true : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return !(i - t.q < j && j <= i); }, Promise::sound, true},
    {"all_but_itself", R"(%r = arith.cmpi ne, %i, %j : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return i != j; }, Promise::sound, true},
    {"causal_where_a_flag_says_so", R"(%true = arith.constant true
      %causal = arith.cmpi sle, %j, %i : i32
      %r = arith.select %f, %causal, %true : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return !t.f || j <= i; }, Promise::exact, true},
    {"strided", R"(%zero = arith.constant 0 : i32
      %three = arith.constant 3 : i32
      %distance = arith.subi %i, %j : i32
      %rest = arith.remsi %distance, %three : i32
      %r = arith.cmpi eq, %rest, %zero : i32
      attn.yield %r : i1)",
     [](const Tile &, int64_t i, int64_t j) { return (i - j) % 3 == 0; }, Promise::sound, false},
    {"strided_and_causal", R"(%zero = arith.constant 0 : i32
      %distance = arith.subi %i, %j : i32
      %rest = arith.remsi %distance, %d : i32
      %a = arith.cmpi eq, %rest, %zero : i32
      %b = arith.cmpi sle, %j, %i : i32
      %r = arith.andi %a, %b : i1
      attn.yield %r : i1)",
     [](const Tile &t, int64_t i, int64_t j) { return (i - j) % t.d == 0 && j <= i; }, Promise::sound, false},
    {"narrow_keys_that_wrap_around", R"(%three = arith.constant 3 : i4
      %wide = arith.index_cast %j : i32 to index
      %narrow = arith.index_cast %wide : index to i4
      %r = arith.cmpi sle, %narrow, %three : i4
      attn.yield %r : i1)",
     [](const Tile &, int64_t, int64_t j) { return (j & 15) <= 3 || (j & 15) >= 8; }, Promise::sound, false},
    {"nothing", R"(%r = arith.constant false
      attn.yield %r : i1)",
     [](const Tile &, int64_t, int64_t) { return false; }, Promise::exact, true},
    {"everything", R"(%r = arith.constant true
      attn.yield %r : i1)",
     [](const Tile &, int64_t, int64_t) { return true; }, Promise::exact, true},
};

class MaskRanges : public testing::Test {
protected:
  MaskRanges() : context(MLIRContext::Threading::DISABLED) { context.loadDialect<AttnDialect, arith::ArithDialect>(); }
  MLIRContext context;
};

class MaskRangesOf : public MaskRanges, public testing::WithParamInterface<Family> {};

TEST_P(MaskRangesOf, family_agrees_with_brute_force) {
  const Family &family = GetParam();
  Mask mask(context, family.ops);
  ASSERT_TRUE(mask);
  Random random(7);
  for (int64_t step : {1, 4, 16}) {
    RangeCode code(context, mask, step);
    ASSERT_EQ(code.error(), "");
    EXPECT_EQ(code.hasObstacle(), !family.seenThrough);
    for (int repetition = 0; repetition < 150; ++repetition) {
      Tile tile = randomTile(random);
      bool isExact = family.promise == Promise::exact && tile.q > 0 && tile.p >= 0 && tile.d > 0;
      SCOPED_TRACE("step = " + std::to_string(step) + ", " + text(tile));
      for (int64_t i = tile.first; i <= tile.last; ++i)
        for (int64_t j = 0; j < tile.keys; ++j)
          ASSERT_EQ(mask.admits(tile, i, j), family.formula(tile, i, j)) << i << ", " << j;
      std::vector<int64_t> rows = countRows(mask, tile);
      std::vector<Range> ranges = code.at(tile);
      ASSERT_EQ(whyUnsound(ranges, rows, tile, step), "");
      if (isExact) { // A window without keys and a block without a size may be met with more than need be.
        ASSERT_EQ(whyInexact(ranges, rows, tile, step), "");
      }
      if (!family.seenThrough) {
        EXPECT_FALSE(code.hasFull());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MaskRangesOf, testing::ValuesIn(families),
                         [](const auto &instance) { return std::string(instance.param.name); });

//===----------------------------------------------------------------------===//
// Unions
//===----------------------------------------------------------------------===//

TEST_F(MaskRanges, ends_joined_by_or_are_one_interval) {
  Mask mask(context, R"(%a = arith.cmpi sle, %j, %i : i32
      %b = arith.cmpi slt, %j, %p : i32
      %r = arith.ori %a, %b : i1
      attn.yield %r : i1)");
  ASSERT_TRUE(mask);
  MaskIntervals analysis = analyzeMask(*mask.region());
  ASSERT_EQ(analysis.intervals.size(), 1u);
  EXPECT_TRUE(analysis.intervals[0].exact);
  EXPECT_EQ(analysis.intervals[0].bounds[0].places.size(), 2u);
}

TEST_F(MaskRanges, a_window_stays_full_beside_keys_that_nobody_foresees) {
  Mask mask(context, R"(%five = arith.constant 5 : i32
      %first = arith.subi %i, %q : i32
      %last = arith.addi %i, %q : i32
      %a = arith.cmpi sge, %j, %first : i32
      %b = arith.cmpi sle, %j, %last : i32
      %near = arith.andi %a, %b : i1
      %key = arith.remsi %j, %five : i32
      %row = arith.remsi %i, %five : i32
      %c = arith.cmpi eq, %key, %five : i32
      %d0 = arith.cmpi eq, %row, %five : i32
      %far = arith.ori %c, %d0 : i1
      %r = arith.ori %near, %far : i1
      attn.yield %r : i1)");
  ASSERT_TRUE(mask);
  EXPECT_EQ(analyzeMask(*mask.region()).intervals.size(), 2u);
  RangeCode code(context, mask, /*step=*/4);
  ASSERT_EQ(code.error(), "");
  EXPECT_TRUE(code.hasObstacle());
  Random random(11);
  int64_t fullKeys = 0;
  for (int repetition = 0; repetition < 300; ++repetition) {
    Tile tile = randomTile(random);
    SCOPED_TRACE(text(tile));
    std::vector<Range> ranges = code.at(tile);
    ASSERT_LE(ranges.size(), 3u);
    ASSERT_EQ(whyUnsound(ranges, countRows(mask, tile), tile, 4), "");
    for (const Range &range : ranges)
      fullKeys += range.isFull ? range.end - range.begin : 0;
  }
  EXPECT_GT(fullKeys, 100);
}

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// A tile of three heads, of which p − 4 … p see what a causal mask leaves them: where all do, the ranges are a causal
/// mask's, and empty where none does.
TEST_F(MaskRanges, heads_that_are_left_out_meet_no_key) {
  Mask mask(context, R"(%four = arith.constant 4 : i32
      %least = arith.subi %p, %four : i32
      %a = arith.cmpi sge, %h, %least : i32
      %b = arith.cmpi sle, %h, %p : i32
      %own = arith.andi %a, %b : i1
      %causal = arith.cmpi sle, %j, %i : i32
      %r = arith.andi %own, %causal : i1
      attn.yield %r : i1)");
  ASSERT_TRUE(mask);
  constexpr int64_t first = 3, heads = 3, step = 4;
  RangeCode code(context, mask, step, /*constants=*/nullptr, first, heads);
  ASSERT_EQ(code.error(), "");
  EXPECT_FALSE(code.hasObstacle());
  Random random(13);
  int seen[heads + 1] = {};
  for (int repetition = 0; repetition < 400; ++repetition) {
    Tile tile = randomTile(random);
    tile.p = random.integer(0, 12);
    SCOPED_TRACE(text(tile));
    std::vector<int64_t> some(tile.keys), all(tile.keys, tile.last - tile.first + 1);
    int64_t own = 0;
    for (int64_t head = first; head < first + heads; ++head) {
      own += tile.p - 4 <= head && head <= tile.p;
      std::vector<int64_t> rows = countRows(mask, tile, head);
      for (int64_t j = 0; j < tile.keys; ++j) {
        some[j] = std::max(some[j], rows[j]);
        all[j] = std::min(all[j], rows[j]);
      }
    }
    ++seen[own];
    // A key of a full range is admitted by every row of every head; one outside of all ranges by none.
    std::vector<int64_t> rows(tile.keys);
    for (int64_t j = 0; j < tile.keys; ++j)
      rows[j] = all[j] > 0 ? all[j] : std::min<int64_t>(some[j], tile.last - tile.first);
    std::vector<Range> ranges = code.at(tile);
    ASSERT_EQ(whyUnsound(ranges, rows, tile, step), "");
    if (own == 0) {
      ASSERT_TRUE(ranges.empty());
    }
    if (own == heads) {
      ASSERT_EQ(whyInexact(ranges, countRows(mask, tile, first), tile, step), "");
    }
  }
  for (int count : seen)
    EXPECT_GT(count, 10);
}

//===----------------------------------------------------------------------===//
// Any mask
//===----------------------------------------------------------------------===//

TEST_F(MaskRanges, random_masks_are_never_unsound) {
  Random random(2026);
  int seenThrough = 0, fullKeys = 0;
  for (int number = 0; number < 1500; ++number) {
    std::string ops = randomMask(random);
    SCOPED_TRACE(ops);
    Mask mask(context, ops);
    ASSERT_TRUE(mask);
    int64_t step = std::vector{1, 3, 8, 16}[random.integer(0, 3)];
    RangeCode code(context, mask, step);
    ASSERT_EQ(code.error(), "");
    seenThrough += !code.hasObstacle();
    for (int repetition = 0; repetition < 8; ++repetition) {
      Tile tile = randomTile(random);
      SCOPED_TRACE("step = " + std::to_string(step) + ", " + text(tile));
      std::vector<int64_t> rows = countRows(mask, tile);
      std::vector<Range> ranges = code.at(tile);
      ASSERT_EQ(whyUnsound(ranges, rows, tile, step), "");
      for (const Range &range : ranges)
        fullKeys += range.isFull ? range.end - range.begin : 0;
      if (repetition > 0)
        continue;
      RangeCode folded(context, mask, step, &tile);
      ASSERT_EQ(folded.error(), "");
      std::vector<Range> again = folded.at(tile);
      ASSERT_EQ(again.size(), ranges.size());
      for (auto [one, other] : llvm::zip(ranges, again))
        ASSERT_TRUE(one.begin == other.begin && one.end == other.end && one.isFull == other.isFull);
    }
  }
  // Soundness alone would be met by an analysis that gives up.
  EXPECT_GT(seenThrough, 500);
  EXPECT_GT(fullKeys, 10000);
}

} // namespace
} // namespace attn
