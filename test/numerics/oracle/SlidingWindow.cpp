//===- SlidingWindow.cpp - i − left ≤ j ≤ i + right, by its formula ---===//

#include "test/numerics/Oracle.h"

namespace attn::numerics {

namespace {

/// `window w` alone means left = w − 1, right = 0.
class SlidingWindow : public Modifier {
public:
  enum class Form { runtimeWindow, constantWindow, runtimeSides, constantSides };
  explicit SlidingWindow(Form form) : form(form) {}

  std::vector<Argument> arguments(const Geometry &) const override {
    if (form == Form::runtimeWindow)
      return {{"window", "i32", {}}};
    if (form == Form::runtimeSides)
      return {{"left", "i32", {}}, {"right", "i32", {}}};
    return {};
  }

  std::vector<Array> draw(const Problem &, Random &random) override {
    static const int64_t edges[] = {1, 2, 15, 16, 17, 63, 64, 65, 100, 1000};
    if (form == Form::runtimeWindow) {
      left = edges[random.integer(0, 9)] - 1;
      return {Array::scalar(ATTN_I32, static_cast<double>(left + 1))};
    }
    if (form == Form::runtimeSides) {
      left = edges[random.integer(0, 9)] - 1;
      right = edges[random.integer(0, 9)] - 1;
      return {Array::scalar(ATTN_I32, static_cast<double>(left)), Array::scalar(ATTN_I32, static_cast<double>(right))};
    }
    left = 36, right = form == Form::constantSides ? 5 : 0;
    return {};
  }

  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    std::string result = out + " = attn.sliding_window " + in;
    switch (form) {
    case Form::runtimeWindow:
      return result + " window %window";
    case Form::constantWindow:
      return "%window = arith.constant 37 : i32\n  " + result + " window %window";
    case Form::runtimeSides:
      return result + " left %left right %right";
    default:
      return "%left = arith.constant 36 : i32\n  %right = arith.constant 5 : i32\n  " + result +
             " left %left right %right";
    }
  }

  bool admits(const Pair &pair) const override { return pair.i - left <= pair.j && pair.j <= pair.i + right; }

private:
  Form form;
  int64_t left = 0, right = 0;
};

} // namespace

using Form = SlidingWindow::Form;

std::shared_ptr<Modifier> slidingWindow() { return modify<SlidingWindow>(Form::runtimeWindow); }

void casesOfSlidingWindow(Cases &cases) {
  auto window = [](Form form) { return Modifiers{modify<SlidingWindow>(form)}; };
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(
        makeCase("sliding_window w", plain(type), Layout::ragged, Start::bottomRight, window(Form::runtimeWindow)));
  cases.push_back(
      makeCase("sliding_window w", plain(), Layout::dense, Start::bottomRight, window(Form::runtimeWindow)));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("sliding_window 37", plain(), Layout::ragged, Start::value, window(Form::constantWindow)));
  cases.push_back(makeCase("sliding_window l r", plain(), Layout::packed, Start::value, window(Form::runtimeSides)));
  cases.push_back(makeCase("sliding_window 36 5", plain(), Layout::dense, Start::topLeft, window(Form::constantSides)));
}

} // namespace attn::numerics
