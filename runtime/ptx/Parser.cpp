//===- Parser.cpp - a PTX module from its text -===//
//
// Recursive descent over the tokens. Names are handed to the `Decoder` as soon as they are declared, instructions as
// soon as they are read, so a kernel is walked once.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Parser.h"

#include "runtime/ptx/Decoder.h"
#include "runtime/ptx/Lexer.h"

#include <cstring>

namespace attn::ptx {

namespace {

class Parser {
public:
  Parser(std::vector<Token> tokens, Module &module) : tokens(std::move(tokens)), module(module) {
    // Addresses of variables are handed out while parsing, so the storage must never move.
    module.variables = std::make_shared<std::vector<std::byte>>();
    module.variables->reserve(variableCapacity);
  }

  Status run() {
    while (current().kind != Token::Kind::end)
      ATTN_RETURN_IF_ERROR(topLevel());
    if (module.target.empty())
      return failure(Code::corrupt, "no .target directive; this is not PTX");
    return {};
  }

private:
  static constexpr size_t variableCapacity = size_t(1) << 20;

  const Token &current() const { return tokens[at]; }
  const Token &next() { return tokens[at + (current().kind != Token::Kind::end)]; }
  Token take() {
    Token token = tokens[at];
    at += token.kind != Token::Kind::end;
    return token;
  }
  bool accept(char symbol) {
    bool matches = current().is(symbol);
    at += matches;
    return matches;
  }
  Status unexpected(const char *wanted) const {
    std::string found = current().kind == Token::Kind::end ? "the end" : "'" + std::string(current().text) + "'";
    return failure(Code::corrupt, "line %u: expected %s, but found %s", current().line, wanted, found.c_str());
  }
  Status expect(char symbol) {
    char wanted[] = {'\'', symbol, '\'', 0};
    return accept(symbol) ? Status() : unexpected(wanted);
  }
  Status integer(uint64_t &value) {
    if (current().kind != Token::Kind::integer)
      return unexpected("an integer");
    value = take().value;
    return {};
  }
  Status word(std::string_view &value) {
    if (current().kind != Token::Kind::word)
      return unexpected("a name");
    value = take().text;
    return {};
  }
  void skipLine() {
    for (uint32_t line = current().line; current().kind != Token::Kind::end && current().line == line;)
      take();
  }
  Status skipBraces() {
    ATTN_RETURN_IF_ERROR(expect('{'));
    for (unsigned depth = 1; depth > 0; take()) {
      if (current().kind == Token::Kind::end)
        return unexpected("'}'");
      depth += current().is('{');
      depth -= current().is('}');
    }
    return {};
  }

  Status topLevel();
  Status skipSection();
  Status variable(Decoder *decoder);
  Status initialiser(uint64_t address, Type type, uint64_t count);
  Status reserveVariable(Space space, bool external, std::string_view name, uint64_t bytes, uint64_t align, Type type,
                         uint64_t count, Decoder *decoder);
  Status kernel();
  Status parameters(Kernel &kernel, Decoder &decoder);
  Status performanceDirectives(Kernel &kernel);
  Status body(Decoder &decoder);
  Status bodyItem(Decoder &decoder);
  Status registers(Decoder &decoder);
  Status instruction(Decoder &decoder);
  Status operand(RawOperand &raw);
  Status operandList(std::vector<RawOperand> &elements, char close);

  std::vector<Token> tokens;
  size_t at = 0;
  Module &module;
  Symbols symbols;
  uint32_t moduleSharedBytes = 0;
};

bool isLinkage(std::string_view text) {
  return text == ".visible" || text == ".extern" || text == ".weak" || text == ".common";
}

Status Parser::topLevel() {
  std::string_view directive;
  ATTN_RETURN_IF_ERROR(word(directive));
  if (directive == ".version" || directive == ".file" || directive == ".loc" || directive == ".pragma") {
    --at;
    skipLine();
    return {};
  }
  if (directive == ".target") {
    module.target = std::string(current().text);
    skipLine();
    return {};
  }
  if (directive == ".address_size") {
    uint64_t bits = 0;
    ATTN_RETURN_IF_ERROR(integer(bits));
    return bits == 64 ? Status()
                      : failure(Code::unsupported, "line %u: .address_size %u; only 64 is carried", tokens[at - 1].line,
                                unsigned(bits));
  }
  if (directive == ".section")
    return skipSection();
  if (directive == ".entry")
    return kernel();
  if (isLinkage(directive) && current().is(".entry")) {
    take();
    return kernel();
  }
  --at;
  if (directive == ".func" || (isLinkage(directive) && next().is(".func")))
    return failure(Code::unsupported, "line %u: functions are not carried; inline every call", current().line);
  return variable(nullptr);
}

Status Parser::skipSection() {
  std::string_view name;
  ATTN_RETURN_IF_ERROR(word(name));
  return skipBraces();
}

/// [linkage] .space [.align n] [.v] .type name [ '[' count ']' ] [ = initialiser ] ;
Status Parser::variable(Decoder *decoder) {
  uint32_t line = current().line;
  bool external = current().is(".extern");
  while (isLinkage(current().text))
    take();
  static const struct {
    const char *name;
    Space space;
  } spaces[] = {
      {".global", Space::global}, {".const", Space::constant}, {".shared", Space::shared}, {".local", Space::local}};
  Space space = Space::generic;
  for (const auto &candidate : spaces)
    if (current().is(std::string_view(candidate.name)))
      space = candidate.space;
  if (space == Space::generic)
    return failure(Code::unsupported, "line %u: unknown directive '%s'", line, std::string(current().text).c_str());
  take();
  uint64_t align = 0, count = 1;
  if (current().is(".align")) {
    take();
    ATTN_RETURN_IF_ERROR(integer(align));
  }
  std::string_view typeName, name;
  ATTN_RETURN_IF_ERROR(word(typeName));
  Type type = typeNamed(typeName.substr(1));
  if (sizeOf(type) == 0)
    return failure(Code::unsupported, "line %u: unknown type '%s'", line, std::string(typeName).c_str());
  ATTN_RETURN_IF_ERROR(word(name));
  while (accept('[')) {
    uint64_t extent = 0;
    if (!current().is(']'))
      ATTN_RETURN_IF_ERROR(integer(extent));
    count = extent > (1u << 30) ? extent : count * extent;
    ATTN_RETURN_IF_ERROR(expect(']'));
  }
  if (count > (1u << 30) || (align & (align - 1)) || align > (1u << 16))
    return failure(Code::corrupt, "line %u: size or alignment of '%s' is out of range", line,
                   std::string(name).c_str());
  ATTN_RETURN_IF_ERROR(
      reserveVariable(space, external, name, count * sizeOf(type), align ? align : sizeOf(type), type, count, decoder)
          .at("line " + std::to_string(line)));
  return expect(';');
}

Status Parser::reserveVariable(Space space, bool external, std::string_view name, uint64_t bytes, uint64_t align,
                               Type type, uint64_t count, Decoder *decoder) {
  Symbol symbol;
  symbol.kind = Symbol::Kind::address;
  if (decoder && (space == Space::shared || space == Space::local))
    return decoder->declareVariable(space, name, bytes, uint32_t(align));
  if (space == Space::shared) {
    if (external) {
      symbol.kind = Symbol::Kind::dynamicShared;
      symbol.address = align;
    } else {
      moduleSharedBytes = (moduleSharedBytes + uint32_t(align) - 1) / uint32_t(align) * uint32_t(align);
      symbol.address = sharedBase + moduleSharedBytes;
      moduleSharedBytes += uint32_t(bytes);
    }
  } else if (space == Space::local || external) {
    return failure(Code::unsupported, "variable '%s' is defined elsewhere or has no place here",
                   std::string(name).c_str());
  } else {
    auto &storage = *module.variables;
    size_t begin = storage.size();
    while ((reinterpret_cast<uintptr_t>(storage.data()) + begin) % align != 0)
      ++begin;
    if (begin + bytes > storage.capacity())
      return failure(Code::unsupported, "the module's variables need more than %zu bytes; pass buffers instead",
                     variableCapacity);
    storage.resize(begin + bytes);
    symbol.address = reinterpret_cast<uintptr_t>(storage.data()) + begin;
    if (accept('='))
      ATTN_RETURN_IF_ERROR(initialiser(symbol.address, type, count));
  }
  symbols[std::string(name)] = symbol;
  return {};
}

Status Parser::initialiser(uint64_t address, Type type, uint64_t count) {
  bool list = accept('{');
  for (uint64_t i = 0; i == 0 || (list && accept(',')); ++i) {
    bool negative = accept('-');
    if (i >= count || (current().kind != Token::Kind::integer && current().kind != Token::Kind::float32 &&
                       current().kind != Token::Kind::float64))
      return unexpected("a number that fits the variable");
    uint64_t value = take().value;
    if (negative)
      value = -value;
    std::memcpy(reinterpret_cast<std::byte *>(address) + i * sizeOf(type), &value, sizeOf(type));
  }
  return list ? expect('}') : Status();
}

Status Parser::kernel() {
  Kernel &kernel = module.kernels.emplace_back();
  std::string_view name;
  ATTN_RETURN_IF_ERROR(word(name));
  kernel.name = std::string(name);
  kernel.staticSharedBytes = moduleSharedBytes;
  Decoder decoder(kernel, symbols);
  if (accept('('))
    ATTN_RETURN_IF_ERROR(parameters(kernel, decoder));
  ATTN_RETURN_IF_ERROR(performanceDirectives(kernel));
  ATTN_RETURN_IF_ERROR(expect('{'));
  ATTN_RETURN_IF_ERROR(body(decoder));
  return decoder.finish();
}

/// .param [.align n] .type [.ptr .space .align n] name [ '[' bytes ']' ] , …
Status Parser::parameters(Kernel &kernel, Decoder &decoder) {
  while (!accept(')')) {
    Parameter parameter;
    uint64_t align = 0, count = 1;
    Type type = Type::none;
    while (current().kind == Token::Kind::word && current().text[0] == '.') {
      std::string_view directive = take().text;
      if (directive == ".align") {
        uint64_t value = 0;
        ATTN_RETURN_IF_ERROR(integer(value));
        align = type == Type::none ? value : align; // after .ptr it is the alignment of what is pointed to
      } else if (Type named = typeNamed(directive.substr(1)); named != Type::none) {
        type = named;
      }
    }
    std::string_view name;
    ATTN_RETURN_IF_ERROR(word(name));
    if (accept('[')) {
      ATTN_RETURN_IF_ERROR(integer(count));
      ATTN_RETURN_IF_ERROR(expect(']'));
    }
    parameter.name = std::string(name);
    parameter.align = uint32_t(align ? align : std::max(1u, sizeOf(type)));
    parameter.size = uint32_t(count * sizeOf(type));
    if (count > 32768 || parameter.size == 0 || (parameter.align & (parameter.align - 1)))
      return failure(Code::corrupt, "line %u: parameter '%s' has no size", current().line, parameter.name.c_str());
    parameter.offset = (kernel.parameterBytes + parameter.align - 1) / parameter.align * parameter.align;
    kernel.parameterBytes = parameter.offset + parameter.size;
    decoder.declareParameter(parameter);
    kernel.parameters.push_back(parameter);
    if (!current().is(')'))
      ATTN_RETURN_IF_ERROR(expect(','));
  }
  return {};
}

Status Parser::performanceDirectives(Kernel &kernel) {
  while (current().kind == Token::Kind::word) {
    std::string_view directive = take().text;
    bool threads = directive == ".maxntid" || directive == ".reqntid";
    if (!threads && directive != ".minnctapersm" && directive != ".maxnreg" && directive != ".maxnctapersm" &&
        directive != ".reqnctapercluster" && directive != ".explicitcluster" && directive != ".maxclusterrank")
      return failure(Code::unsupported, "line %u: unknown directive '%s'", current().line,
                     std::string(directive).c_str());
    uint64_t product = 1, value = 0;
    uint32_t extents[3] = {1, 1, 1};
    for (unsigned i = 0; i < 3 && current().kind == Token::Kind::integer; ++i) {
      ATTN_RETURN_IF_ERROR(integer(value));
      product *= value;
      extents[i] = uint32_t(value);
      if (!accept(','))
        break;
    }
    if (threads)
      kernel.maxThreads = uint32_t(std::min<uint64_t>(product, 1024));
    if (directive == ".reqntid")
      std::memcpy(kernel.requiredThreads, extents, sizeof extents);
  }
  return {};
}

Status Parser::body(Decoder &decoder) {
  for (unsigned depth = 1; depth > 0;) {
    if (current().kind == Token::Kind::end)
      return unexpected("'}'");
    if (accept('{')) {
      decoder.openScope();
      ++depth;
    } else if (accept('}')) {
      if (--depth > 0)
        ATTN_RETURN_IF_ERROR(decoder.closeScope());
    } else if (!accept(';')) {
      ATTN_RETURN_IF_ERROR(bodyItem(decoder));
    }
  }
  return {};
}

Status Parser::bodyItem(Decoder &decoder) {
  const Token &token = current();
  if (token.is(".reg"))
    return registers(decoder);
  if (token.is(".loc") || token.is(".file")) {
    skipLine();
    return {};
  }
  if (token.is(".pragma")) {
    while (!current().is(';') && current().kind != Token::Kind::end)
      take();
    return {};
  }
  if (token.kind == Token::Kind::word && token.text[0] == '.')
    return variable(&decoder);
  if (token.kind == Token::Kind::word && next().is(':')) {
    decoder.label(take().text);
    take();
    return {};
  }
  return instruction(decoder);
}

Status Parser::registers(Decoder &decoder) {
  take();
  std::string_view typeName, name;
  uint32_t line = current().line;
  ATTN_RETURN_IF_ERROR(word(typeName));
  Type type = typeNamed(typeName.substr(1));
  if (type == Type::none)
    return failure(Code::unsupported, "line %u: unknown register type '%s'", line, std::string(typeName).c_str());
  do {
    ATTN_RETURN_IF_ERROR(word(name));
    uint64_t count = 0;
    if (accept('<')) {
      ATTN_RETURN_IF_ERROR(integer(count));
      ATTN_RETURN_IF_ERROR(expect('>'));
    }
    if (count > (1u << 20))
      return failure(Code::corrupt, "line %u: more registers than a kernel can have", line);
    ATTN_RETURN_IF_ERROR(decoder.declareRegisters(type, name, uint32_t(count)).at("line " + std::to_string(line)));
  } while (accept(','));
  return expect(';');
}

Status Parser::instruction(Decoder &decoder) {
  Statement statement;
  statement.line = current().line;
  if (accept('@')) {
    statement.guardNegated = accept('!');
    ATTN_RETURN_IF_ERROR(word(statement.guard));
    statement.line = current().line;
  }
  ATTN_RETURN_IF_ERROR(word(statement.mnemonic));
  size_t begin = 0;
  for (size_t end; begin <= statement.mnemonic.size(); begin = end + 1) {
    end = std::min(statement.mnemonic.find('.', begin), statement.mnemonic.size());
    std::string_view piece = statement.mnemonic.substr(begin, end - begin);
    if (begin == 0)
      statement.base = piece;
    else
      statement.suffixes.push_back(piece);
  }
  while (!accept(';')) {
    ATTN_RETURN_IF_ERROR(operand(statement.operands.emplace_back()));
    if (statement.operands.size() == 1 && accept('|')) {
      statement.paired = true;
      continue;
    }
    if (!accept(',') && !current().is(';'))
      return unexpected("',' or ';'");
  }
  return decoder.decode(statement);
}

Status Parser::operandList(std::vector<RawOperand> &elements, char close) {
  do
    ATTN_RETURN_IF_ERROR(operand(elements.emplace_back()));
  while (accept(','));
  return expect(close);
}

Status Parser::operand(RawOperand &raw) {
  if (accept('{')) {
    raw.kind = RawOperand::Kind::vector;
    return operandList(raw.elements, '}');
  }
  if (accept('[')) {
    raw.kind = RawOperand::Kind::memory;
    return operandList(raw.elements, ']');
  }
  raw.negated = accept('!');
  bool negative = accept('-');
  const Token token = take();
  switch (token.kind) {
  case Token::Kind::word:
    raw.word = token.text;
    break;
  case Token::Kind::integer:
    raw.kind = RawOperand::Kind::integer;
    break;
  case Token::Kind::float32:
    raw.kind = RawOperand::Kind::float32;
    break;
  case Token::Kind::float64:
    raw.kind = RawOperand::Kind::float64;
    break;
  default:
    --at;
    return unexpected("an operand");
  }
  raw.value = negative ? -token.value : token.value;
  if (current().is('+') || current().is('-')) {
    bool minus = take().is('-');
    minus ^= accept('-');
    uint64_t value = 0;
    ATTN_RETURN_IF_ERROR(integer(value));
    raw.offset = minus ? -int64_t(value) : int64_t(value);
    if (raw.kind == RawOperand::Kind::integer)
      raw.value += uint64_t(raw.offset);
  }
  return {};
}

} // namespace

Result<Module> parse(std::string_view text, std::string name) {
  Module module;
  module.name = std::move(name);
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    module.lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  auto tokens = lex(text);
  Status status = tokens.ok() ? Parser(std::move(*tokens), module).run() : tokens.status();
  if (!status)
    return status.at(module.name);
  return module;
}

} // namespace attn::ptx
