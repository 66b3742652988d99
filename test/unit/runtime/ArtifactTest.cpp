//===- ArtifactTest.cpp - damaged and contradictory artefacts are errors -*- C++ -*-===//

#include "test/unit/files/Damage.h"
#include "test/unit/runtime/HandMade.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace attn;

static Status openChanged(const std::string &from, const std::string &to) {
  return openBytes(pack(replaced(handMadeJson(), from, to), "not an object")).status();
}

TEST(Artifact, reads_the_example_of_the_format) {
  std::string json = readWhole(EXAMPLE_PROGRAM);
  Result<Program> program = readProgram(json);
  ASSERT_TRUE(program.ok()) << program.status().message();
  Status status = checkProgram(*program);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(program->functions[0].blocks.size(), 1u);
}

TEST(Artifact, refuses_other_versions) {
  EXPECT_FAILS(openChanged("[1, 0]", "[2, 0]"), Code::unsupported,
               "has format 2.0, but this runtime reads format 1; use a newer runtime");
  EXPECT_FAILS(openChanged("[1, 0]", "[0, 9]"), Code::unsupported, "compile the program again");
  EXPECT_TRUE(openChanged("[1, 0]", "[1, 7]").ok());
  EXPECT_FAILS(openChanged("\"abi\": 1", "\"abi\": 2"), Code::unsupported, "kernel interface 2");
}

TEST(Artifact, ignores_members_that_it_does_not_know) {
  EXPECT_TRUE(openChanged("\"task\": null", "\"since\": \"1.1\", \"task\": null").ok());
}

TEST(Artifact, names_what_is_wrong_and_where) {
  const std::tuple<const char *, const char *, const char *> cases[] = {
      {"\"name\": \"by_hand\"", "\"nome\": \"by_hand\"", "has no member 'name'"},
      {"\"type\": \"f32\", \"rank\": 2, \"access\": \"read\"}", "\"type\": \"f33\", \"rank\": 2, \"access\": \"read\"}",
       "kernels[0].arguments[0] has the unknown type 'f33'"},
      {"\"rank\": 2, \"access\": \"read\"", "\"rank\": 7, \"access\": \"read\"",
       "kernels[0].arguments[0].rank is not an integer from 0 to 6"},
      {"\"access\": \"read\"", "\"access\": \"peek\"", "unknown access 'peek'"},
      {"\"when\": \"dim(0,0) == 7", "\"when\": \"R == 7", "'R' is not a symbol that is known here"},
      {"\"grid\": [\"dim(0,0)\"]", "\"grid\": []", "has a grid that is not of 1 to 3 dimensions"},
      {"{\"1\": \"f32\"}", "{\"0\": \"f32\"}", "which is not a weight argument"},
      {"{\"1\": \"f32\"}", "{\"1\": \"f99\"}", "is the unknown format 'f99'"},
      {"\"sequence_axis\": 1", "\"sequence_axis\": 2", "has one axis for positions and sequences"},
      {"\"position_axis\": 2", "\"position_axis\": 4", "is not an integer from 0 to 3"},
      {"\"position_axis\": 2", "\"folds_at\": 0, \"position_axis\": 2", "folds_at is not an integer from 1 to"},
      {"\"position_axis\": 2", "\"folds_at\": 4, \"position_axis\": null",
       "is emptied at some number of positions, but has none"},
      {"\"advance\": \"lengths\"", "\"advance\": \"steps\"", "grows by an argument 'steps', which is not there"},
      {"\"advance\": \"lengths\"", "\"advance\": {\"offsets\": \"steps\"}",
       "grows by an argument 'steps', which is not there"},
      {"\"advance\": \"lengths\"", "\"advance\": {\"rows\": \"lengths\"}", "advance has no member 'offsets'"},
      {"layer.{i}.bias", "layer.{j}.bias", "braces do not agree"},
      {"\"offset\": 64", "\"offset\": 60", "has an offset or size that its type and shape do not have"},
      {"\"offset\": 64", "\"offset\": 128", "constant 0 ends at byte 140, but constants.bin has 76"},
      {"\"entry\": \"cpu.so\"", "\"entry\": \"gpu.so\"", "should be in 'gpu.so', which is missing"},
      {"{\"name\": \"R\", \"min\": 0, \"max\": 64}", "{\"name\": \"R\", \"min\": 9, \"max\": 8}",
       "is not an integer from 9"},
      {"[\"R\", 3]}, {\"name\": \"s\"", "[\"Q\", 3]}, {\"name\": \"s\"", "'Q' is not a symbol"},
      {"\"shape\": [\"R\", 3]}, {\"name\": \"s\"", "\"shape\": [\"R + 0\", 3]}, {\"name\": \"s\"",
       "gives symbol 'R' its value"},
      {"{\"kernel\": 0, \"operands\": [{\"argument\": 0}", "{\"kernel\": 10, \"operands\": [{\"argument\": 0}",
       "is not an integer from 0 to 9"},
      {"[{\"argument\": 0}, {\"result\": 0}, {\"argument\": 1}]", "[{\"argument\": 0}, {\"result\": 0}]",
       "has 2 operands, but 3 are needed"},
      {"{\"argument\": 0}, {\"result\": 0}, {\"argument\": 1}", "{\"argument\": 2}, {\"result\": 0}, {\"argument\": 1}",
       "names argument 2, but there are 2"},
      {"{\"argument\": 0}, {\"result\": 0}, {\"argument\": 1}",
       "{\"argument\": 0}, {\"argument\": 0}, {\"argument\": 1}", "is written, but it is read only"},
      {"{\"argument\": 0}, {\"result\": 0}, {\"argument\": 1}", "{\"argument\": 0}, {\"result\": 0}, {\"argument\": 0}",
       "is not a scalar argument"},
      {"{\"argument\": 0}, {\"result\": 0}, {\"argument\": 1}",
       "{\"argument\": 0, \"result\": 0}, {\"result\": 0}, {\"argument\": 1}", "does not name exactly one thing"},
      {"{\"temporary\": 0}, {\"value\": 2}", "{\"temporary\": 2}, {\"value\": 2}",
       "uses temporary 2, which lives in commands 4 to 5 only"},
      {"\"first\": 4, \"last\": 5}", "\"first\": 4, \"last\": 9}", "lives until command 9, but there are 6 commands"},
      {"{\"weight\": 1}", "{\"weight\": 0}", "uses weight 'layer.{i}.bias' where there is no index 'i'"},
      {"\"repeat\": 2, \"index\": \"i\"", "\"repeat\": 3, \"index\": \"i\"", "3 times, but there are 2"},
      {"{\"copy\": [{\"temporary\": 1}, {\"temporary\": 0}]}", "{\"copy\": [{\"temporary\": 1}, {\"constant\": 0}]}",
       "read only"},
      {"\"is\": 2, \"of\": 3", "\"is\": 3, \"of\": 3", "is is not an integer from 0 to 2"},
      {"\"is\": 2, \"of\": 3", "\"is\": 0, \"of\": 0", "of is not an integer from 1"},
      {"{\"flag\": {\"argument\": 1}, \"is\": 1", "{\"flag\": {\"argument\": 0}, \"is\": 1",
       "its flag is f32 of rank 2, but i32 of rank 1 is needed"},
      {"{\"flag\": {\"argument\": 1}, \"is\": 1", "{\"flag\": {\"argument\": 7}, \"is\": 1",
       "names argument 7, but there are 2"},
      {"{\"flag\": {\"argument\": 1}, \"is\": 1", "{\"flag\": {\"temporary\": 0}, \"is\": 1",
       "names temporary 0, but there are 0"},
      {"{\"flag\": {\"argument\": 1}, \"is\": 1", "{\"flag\": {\"value\": 1}, \"is\": 1",
       "stands for an argument that is not a scalar"},
      {"{\"flag\": {\"argument\": 1}, \"is\": 1", "{\"flag\": {\"weight\": 1}, \"is\": 1",
       "its flag is a value or a weight"},
      {"\"when\": {\"flag\": {\"argument\": 1}, \"is\": 1, ", "\"when\": {\"is\": 1, ", "has no member 'flag'"},
      {"\"logits\": \"logits\", \"meta", "\"logits\": \"tokens\", \"meta", "names 'tokens' as logits"},
      {"\"at\": [\"layer\"]", "\"at\": [\"layer\", 0]", "has rank 2, but 3 is needed"},
      {"\"fused\": true", "\"fused\": 1", "is neither true nor false"},
      {"\"functions\": [", "\"functions\": [{}, ", "functions[0] has no member 'name'"},
      {"{\"name\": \"biases\"", "{\"name\": \"main\"", "there are two functions 'main'"},
      {"{\"name\": \"bias\", \"shape\": [3]}]",
       "{\"name\": \"bias\", \"shape\": [3]}, {\"name\": \"bias\", \"shape\": [4]}]", "there are two weights 'bias'"},
      {"\"states\": [",
       "\"states\": [{\"name\": \"cache\", \"type\": \"f32\", \"shape\": [\"B\"], \"sequence_axis\": 0, "
       "\"position_axis\": null, \"advance\": null}, ",
       "there are two states 'cache'"},
      {"{\"name\": \"s\", \"type\"", "{\"name\": \"x\", \"type\"", "function 'main' has two arguments or results 'x'"},
      {"{\"name\": \"K\", \"min\"", "{\"name\": \"R\", \"min\": 0, \"max\": null}, {\"name\": \"K\", \"min\"",
       "function 'transpose' has two symbols 'R'"},
  };
  for (const auto &[from, to, message] : cases) {
    Status status = openChanged(from, to);
    EXPECT_FALSE(status.ok()) << to;
    EXPECT_NE(status.message().find(message), std::string::npos) << to << "\n" << status.message();
    EXPECT_EQ(status.message().rfind("test.attn: ", 0), 0u) << status.message();
  }
}

TEST(Artifact, survives_changes_of_each_letter_of_its_json) {
  static constexpr char others[] = {'\0', '9', '"', '[', '-', 'z', '\xff'};
  std::string json = handMadeJson();
  int good = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    std::string changed = json;
    changed[i] = others[i % sizeof others];
    Result<Program> program = readProgram(changed);
    good += program.ok() && checkProgram(*program).ok();
  }
  EXPECT_GT(good, 0); // names and spaces
}

TEST(Artifact, checks_what_attention_kernels_say_of_their_arguments) {
  auto read = [](const std::string &roles) {
    std::string buffer = R"({"kind": "buffer", "type": "f32", "rank": 4, "access": ")";
    std::string rows = R"({"kind": "buffer", "type": "f32", "rank": 3, "access": ")";
    return readProgram(R"({"format": [1, 1], "name": "a", "compiler": "", "targets": [], "states": [], "weights": [],
        "constants": [], "functions": [], "report": {"kernels": []}, "kernels": [{"name": "k", "implementations": [],
        "arguments": [)" +
                       buffer + "read\"}, " + buffer + "write\"}, " + buffer + "update\"}, " + rows +
                       "read\"}], \"attention\": " + roles + "}]}");
  };
  Result<Program> good = read(R"({"value": 0, "output": 1})");
  ASSERT_TRUE(good.ok()) << good.status().message();
  EXPECT_EQ(good->kernels[0].attention->output, 1);
  EXPECT_EQ(good->kernels[0].attention->state, -1);
  Result<Program> withState = read(R"({"value": 3, "output": 1, "state": 2})");
  ASSERT_TRUE(withState.ok()) << withState.status().message();
  EXPECT_EQ(withState->kernels[0].attention->state, 2);
  EXPECT_TRUE(read(R"({"value": 3, "output": 1, "state": 0})").ok());
  EXPECT_FAILS(read(R"({"value": 1, "output": 1})").status(), Code::corrupt, "names argument 1 as value");
  EXPECT_FAILS(read(R"({"value": 0, "output": 0})").status(), Code::corrupt, "names argument 0 as output");
  EXPECT_FALSE(read(R"({"value": 0, "output": 2})").ok());
  EXPECT_FALSE(read(R"({"value": 0})").ok());
  EXPECT_FAILS(read(R"({"value": 0, "output": 1, "state": 3})").status(), Code::corrupt,
               "names argument 3 as state, which is no buffer of rank 4");
  EXPECT_FAILS(read(R"({"value": 0, "output": 1, "state": 1})").status(), Code::corrupt, "names argument 1 as state");
  EXPECT_FAILS(read(R"({"value": 0, "output": 1, "state": 0})").status(), Code::corrupt,
               "names argument 0 as value and as state");
  EXPECT_FALSE(read(R"({"value": 0, "output": 1, "state": 4})").ok());
}

TEST(Artifact, checks_that_the_twin_of_an_attention_kernel_takes_the_values_last) {
  auto check = [](const std::string &twin, const std::string &arguments) {
    std::string keys = R"({"kind": "buffer", "type": "f32", "rank": 4, "access": "read"})";
    std::string output = R"({"kind": "buffer", "type": "f32", "rank": 4, "access": "write"})";
    Result<Program> program =
        readProgram(R"({"format": [1, 4], "name": "a", "compiler": "", "targets": [], "states": [], "weights": [],
        "constants": [], "functions": [], "report": {"kernels": []}, "kernels": [{"name": "k", "implementations": [],
        "arguments": [)" +
                    keys + ", " + output + R"(], "attention": {"value": 0, "output": 1, "twin": )" + twin +
                    R"(}}, {"name": "t", "implementations": [], "arguments": [)" + keys + ", " + arguments + "]}]}");
    return program ? checkProgram(*program) : program.status();
  };
  auto buffer = [](const char *type, const char *access) {
    return std::string(R"({"kind": "buffer", "type": ")") + type + R"(", "rank": 4, "access": ")" + access + R"("})";
  };
  std::string output = buffer("f32", "write"), values = buffer("f32", "read");
  EXPECT_TRUE(check("1", output + ", " + values).ok());
  EXPECT_FAILS(check("2", output + ", " + values), Code::corrupt,
               "kernel 'k' names kernel 2 as its twin, but there are 2");
  EXPECT_FALSE(check("-1", output + ", " + values).ok());
  const char *wrong = "kernel 'k' has the twin 't', which does not take the same arguments and then the values";
  EXPECT_FAILS(check("0", output + ", " + values), Code::corrupt, "kernel 'k' has the twin 'k', which does not");
  EXPECT_FAILS(check("1", output), Code::corrupt, wrong);
  EXPECT_FAILS(check("1", output + ", " + buffer("bf16", "read")), Code::corrupt, wrong);
  EXPECT_FAILS(check("1", output + ", " + output), Code::corrupt, wrong);
  EXPECT_FAILS(check("1", values + ", " + values), Code::corrupt, wrong);
  EXPECT_FAILS(check("1", output + ", " + values + ", " + values), Code::corrupt, wrong);
}

TEST(Artifact, survives_json_of_any_kind) {
  for (const char *json :
       {"", "null", "[]", "{}", "1", "{\"format\": [1, 0]}", "{\"format\": 1}", "{\"format\": [1e99, 0]}", "[[[[[[[["})
    EXPECT_FALSE(readProgram(json).ok()) << json;
  EXPECT_FALSE(readProgram(std::string(1000000, '[')).ok());
}

TEST(Artifact, refuses_truncation_and_flips_of_every_byte) {
  // Small: what is flipped in a large object is caught by its checksum like any other byte.
  std::vector<std::byte> file =
      pack(R"({"format": [1, 0], "name": "small", "compiler": "", "targets": [], "kernels": [], "states": [],
    "weights": [], "constants": [{"type": "f32", "shape": [3], "offset": 64, "bytes": 12}], "functions": [],
    "report": {"kernels": []}})",
           "object");
  ASSERT_TRUE(openBytes(file).ok()) << openBytes(file).status().message();
  truncateEverywhere(file, [](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(Artifact::fromBytes(data, size, "test.attn").ok());
  });
  changeEverywhere(file, [&](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(Artifact::fromBytes(data, size, "test.attn").ok())
        << "byte " << std::mismatch(file.begin(), file.end(), data).first - file.begin();
  });
}

TEST(Artifact, runs_code_with_the_program_that_it_was_compiled_with) {
  std::string json = handMadeJson(), object = compiledWith(json, readWhole(TEST_KERNELS));
  EXPECT_TRUE(openBytes(pack(json, object)).ok());
  // All of these are well-formed, and would read or write outside of a buffer.
  const std::tuple<const char *, const char *> edits[] = {
      {"\"symbol\": \"scale_rows\"", "\"symbol\": \"add_weight_f32\""},
      {"\"grid\": [\"dim(0,0)\"]", "\"grid\": [\"dim(0,0) + 9\"]"},
      {"\"scratch\": 4096", "\"scratch\": 0"},
      {"\"when\": \"dim(0,0) == 7 and dim(0,1) >= 2\", ", ""},
      {"{\"1\": \"bf16\"}", "{\"1\": \"f16\"}"},
      {"{\"name\": \"bias\", \"shape\": [3]}", "{\"name\": \"bias\", \"shape\": [1]}"},
      {"\"logits\", \"type\": \"f32\", \"shape\": [\"B\", 100]",
       "\"logits\", \"type\": \"f32\", \"shape\": [\"B\", 1]"},
      {"{\"kernel\": 3, \"operands\"", "{\"kernel\": 2, \"operands\""},
      {"\"compiler\": \"a person\"", "\"compiler\": \"A person\""},
  };
  for (const auto &[from, to] : edits) {
    Status status = openBytes(pack(replaced(json, from, to), object)).status();
    EXPECT_FAILS(status, Code::corrupt, "");
  }
  EXPECT_FAILS(openBytes(pack(replaced(json, "\"scratch\": 4096", "\"scratch\": 0"), object)).status(), Code::corrupt,
               "program.json is not the one that cpu.so was compiled with");
}

TEST(Artifact, is_checked_against_the_processor) {
  auto load = [](const std::string &json) {
    Result<std::unique_ptr<Artifact>> artifact = openBytes(handMade(json));
    Result<std::unique_ptr<Device>> device = makeDevice("cpu", 1);
    return artifact ? (*device)->load(**artifact).status() : artifact.status();
  };
  EXPECT_TRUE(load(handMadeJson()).ok());
  Status status = load(replaced(handMadeJson(), "\"features\": []", "\"features\": [\"quantum\", \"warp\"]"));
  EXPECT_FAILS(status, Code::unsupported, "needs the processor features quantum+warp, which this machine lacks");
  EXPECT_FAILS(status, Code::unsupported, "--target=cpu:");
  EXPECT_FAILS(load(replaced(handMadeJson(), "\"triple\": \"", "\"triple\": \"z80-")), Code::unsupported,
               "this machine is");
  EXPECT_FAILS(load(replaced(handMadeJson(), "\"symbol\": \"vote\"", "\"symbol\": \"veto\"")), Code::corrupt,
               "has no symbol 'veto', which kernel 'vote' names");
  Result<std::unique_ptr<Artifact>> broken = openBytes(pack(handMadeJson(), "not an object"));
  Result<std::unique_ptr<Device>> device = makeDevice("cpu", 1);
  ASSERT_TRUE(broken.ok() && device.ok());
  EXPECT_FAILS((*device)->load(**broken).status(), Code::corrupt, "cpu.so cannot be loaded");
}

TEST(Device, is_found_by_name) {
  EXPECT_TRUE(makeDevice("auto", 1).ok());
  EXPECT_FAILS(makeDevice("abacus", 1).status(), Code::invalid_argument, "there is no device 'abacus'");
}
