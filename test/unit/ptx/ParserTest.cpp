//===- ParserTest.cpp - PTX text, right and wrong -===//
//
// What cannot be read is refused with the line; nothing is skipped in silence.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

namespace attn::ptx {
namespace {

/// A kernel around `body`, whose first line is line 9.
std::string around(const std::string &body) {
  return ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(\n.param .u64 k_param_0\n)\n{\n"
         ".reg .pred %p<3>; .reg .b16 %rs<4>; .reg .b32 %r<8>; .reg .b64 %rd<8>; .reg .f32 %f<4>;\n" +
         body + "\n}\n";
}

void refused(const std::string &body, Code code, const std::string &words) {
  auto module = parse(around(body), "t.ptx");
  ASSERT_FALSE(module.ok()) << body;
  EXPECT_EQ(module.status().code(), code) << module.status().message();
  EXPECT_NE(module.status().message().find(words), std::string::npos) << module.status().message();
  EXPECT_EQ(module.status().message().rfind("t.ptx: line ", 0), 0u) << module.status().message();
}

TEST(Parser, unknown_instruction_is_named_with_its_line) {
  refused("mov.u32 %r1, %tid.x;\nfrobnicate.u32 %r1, %r2;", Code::unsupported,
          "line 10: unknown instruction 'frobnicate.u32'");
}

TEST(Parser, unknown_suffix_is_named) {
  refused("add.wobbly.u32 %r1, %r2, %r3;", Code::unsupported, "line 9: 'add.wobbly.u32': unknown suffix '.wobbly'");
  refused("ld.global.wobbly.u32 %r1, [%rd1];", Code::unsupported, "unknown suffix '.wobbly'");
  refused("bar.sync.wobbly 0;", Code::unsupported, "unknown suffix '.wobbly'");
}

TEST(Parser, operands_are_checked) {
  refused("add.u32 %r1, %r2;", Code::corrupt, "2 operands are not what this instruction takes");
  refused("add.u32 %r1, %r2, %nothing;", Code::corrupt, "'%nothing' is not declared");
  refused("add.u32 %r1, %r2, %r8;", Code::corrupt, "'%r8' is not declared");
  refused("add.u32 %r1, %rd2, %r3;", Code::corrupt, "'%rd2' is a 64-bit register, but the type needs 32 bits");
  refused("add.u32 5, %r2, %r3;", Code::corrupt, "the destination is not a register");
  refused("add.u32 %tid.x, %r2, %r3;", Code::corrupt, "the destination is not a register");
  refused("@%r1 add.u32 %r1, %r2, %r3;", Code::corrupt, "'%r1' is not a predicate");
  refused("ld.global.v2.u32 %r1, [%rd1];", Code::corrupt, "1 values do not match the vector suffix");
  refused("ld.global.u32 %r1, [%r2];", Code::corrupt, "'%r2' has 32 bits, but a global address has 64");
  refused("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%r1}, {%r1}, {%r1}, {%r1};", Code::corrupt,
          "operand 1 has 1 registers, but the shape needs 4");
}

TEST(Parser, what_is_not_carried_says_so) {
  refused("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%r1}, {%r1}, {%r1}, {%r1};", Code::unsupported,
          "only m16n8k16 and m16n8k8");
  refused("cvt.rp.f32.s32 %f1, %r1;", Code::unsupported, "rounding .rm and .rp between formats is not carried");
  refused("brx.idx %r1, table;", Code::unsupported, "unknown instruction 'brx.idx'");
}

TEST(Parser, labels_belong_to_their_scope) {
  EXPECT_TRUE(
      parse(around("bra out;\n{ again: @%p1 bra again; bra out; }\n{ again: bra again; }\nout: ret;"), "t").ok());
  refused("{ inner: ret; }\nbra inner;", Code::corrupt, "line 10: label 'inner' is nowhere in this scope");
}

TEST(Parser, text_that_ends_too_early_or_is_not_ptx) {
  std::string whole = around("add.u32 %r1, %r2, %r3;\nret;");
  for (size_t length = 0; length < whole.size() - 2; ++length)
    EXPECT_FALSE(parse(whole.substr(0, length), "t").ok() && length > whole.find('{')) << length;
  EXPECT_FALSE(parse("", "t").ok());
  EXPECT_FALSE(parse("\x7f"
                     "ELF",
                     "t")
                   .ok());
  EXPECT_FALSE(parse(".target sm_80\n/* never ends", "t").ok());
  EXPECT_FALSE(parse(".target sm_80\n.func f() { }", "t").ok());
  EXPECT_FALSE(parse(".target sm_80\n.address_size 32", "t").ok());
}

/// Every byte changed once: an error or a module, never a crash.
TEST(Parser, survives_damage) {
  std::string whole = around("ld.param.u64 %rd1, [k_param_0];\n@!%p1 st.global.v2.b32 [%rd1+8], {%r1, 0x10};\n"
                             "setp.lt.and.s32 %p1|%p2, %r1, -1, %p2;\n{ .reg .b32 t; l: bra l; }\nret;");
  for (size_t i = 0; i < whole.size(); ++i)
    for (char c : {'\0', '{', ';', '9', '.', '%', '[', '\xff'}) {
      std::string damaged = whole;
      damaged[i] = c;
      auto module = parse(damaged, "t");
      EXPECT_EQ(module.ok(), module.status().message().empty());
    }
}

TEST(Parser, parameters_are_laid_out_as_the_driver_does) {
  auto module = parse(".version 8.0\n.target sm_90a\n.entry k(.param .u8 a, .param .u64 .ptr .global .align 16 b, "
                      ".param .align 64 .b8 c[128], .param .f32 d)\n.reqntid 64, 2\n{ ret; }",
                      "t");
  ASSERT_TRUE(module.ok()) << module.status().message();
  const Kernel &kernel = *module->find("k");
  const uint32_t offsets[] = {0, 8, 64, 192}, sizes[] = {1, 8, 128, 4};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(kernel.parameters[i].offset, offsets[i]);
    EXPECT_EQ(kernel.parameters[i].size, sizes[i]);
  }
  EXPECT_EQ(kernel.parameterBytes, 196u);
  EXPECT_EQ(kernel.maxThreads, 128u);
  EXPECT_EQ(module->target, "sm_90a");
}

TEST(Parser, reads_the_stored_modules) {
  for (const char *name : {"arithmetic", "basic", "broken80", "broken90", "gemm80", "gemm90", "tma"}) {
    std::ifstream stream(std::string(TEST_STORED_PTX) + "/" + name + ".ptx");
    std::stringstream text;
    text << stream.rdbuf();
    auto module = parse(text.str(), name);
    EXPECT_TRUE(module.ok()) << module.status().message();
  }
}

} // namespace
} // namespace attn::ptx
