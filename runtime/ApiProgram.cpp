//===- ApiProgram.cpp - the C API: statuses, tensors, devices, programs, weights -*- C++ -*-===//

#include "runtime/Handles.h"
#include "runtime/cuda/CudaDevice.h"

#include <new>

using namespace attn;

static_assert(ATTN_RANK_LIMIT == ATTN_MAX_RANK, "tensors of the API have as many dimensions as those of artefacts");
static_assert(static_cast<int>(ATTN_I1) == static_cast<int>(ElementType::i1), "types are numbered alike");
static_assert(static_cast<int>(ATTN_DEVICE) == static_cast<int>(Code::device), "codes are numbered alike");

//===----------------------------------------------------------------------===//
// Status and tensors
//===----------------------------------------------------------------------===//

attn_status_t *attn::toHandle(const Status &status) { return status.ok() ? nullptr : new attn_status{status}; }

attn_code_t attn_status_code(const attn_status_t *status) {
  return status ? static_cast<attn_code_t>(status->status.code()) : ATTN_OK;
}

const char *attn_status_message(const attn_status_t *status) { return status ? status->status.message().c_str() : ""; }

void attn_status_release(attn_status_t *status) { delete status; }

attn_tensor_t attn_tensor(void *data, attn_type_t type, int32_t rank, const int64_t *sizes) {
  attn_tensor_t tensor = {data, type, rank, {}, {}};
  int64_t stride = 1;
  for (int32_t i = rank < ATTN_RANK_LIMIT ? rank : ATTN_RANK_LIMIT; i-- > 0;) {
    tensor.sizes[i] = sizes[i];
    tensor.strides[i] = stride;
    stride *= sizes[i];
  }
  return tensor;
}

const char *attn_type_name(attn_type_t type) {
  return type >= ATTN_F32 && type <= ATTN_I1 ? elementTypeName(static_cast<ElementType>(type)) : "an unknown type";
}

int64_t attn_type_size(attn_type_t type) {
  return type >= ATTN_F32 && type <= ATTN_I1 ? elementSize(static_cast<ElementType>(type)) : 0;
}

//===----------------------------------------------------------------------===//
// Devices and weights
//===----------------------------------------------------------------------===//

attn_status_t *attn_device_create(const char *name, int32_t threads, attn_device_t **out_device) {
  ATTN_API_REQUIRE(name);
  ATTN_API_REQUIRE(out_device);
  if (threads < 0 || threads > 1024)
    return toHandle(failure(Code::invalid_argument, "%d threads make no sense; use 1 to 1024, or 0 for all", threads));
  Result<std::unique_ptr<Device>> device = makeDevice(name, threads);
  ATTN_API_RETURN_IF_ERROR(device.status());
  *out_device = new attn_device{std::shared_ptr<Device>(std::move(*device))};
  return nullptr;
}

attn_status_t *attn_device_create_on_stream(void *stream, attn_device_t **out_device) {
  ATTN_API_REQUIRE(out_device);
  Result<std::unique_ptr<Device>> device = makeCudaDevice(cudaDriverName, stream);
  ATTN_API_RETURN_IF_ERROR(device.status());
  *out_device = new attn_device{std::shared_ptr<Device>(std::move(*device))};
  return nullptr;
}

void attn_device_release(attn_device_t *device) { delete device; }

attn_status_t *attn_weights_open(const char *path, attn_weights_t **out_weights) {
  ATTN_API_REQUIRE(path);
  ATTN_API_REQUIRE(out_weights);
  Result<std::shared_ptr<WeightSource>> source = WeightSource::open(path);
  ATTN_API_RETURN_IF_ERROR(source.status());
  *out_weights = new attn_weights{std::move(*source)};
  return nullptr;
}

attn_status_t *attn_weights_random(uint64_t seed, attn_weights_t **out_weights) {
  ATTN_API_REQUIRE(out_weights);
  *out_weights = new attn_weights{WeightSource::random(seed)};
  return nullptr;
}

void attn_weights_release(attn_weights_t *weights) { delete weights; }

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

static std::vector<std::string> describeShapes(const std::vector<TensorDeclaration> &tensors) {
  std::vector<std::string> shapes;
  for (const TensorDeclaration &tensor : tensors)
    shapes.push_back(describeShape(tensor.shape));
  return shapes;
}

static attn_status_t *wrap(Result<std::unique_ptr<Artifact>> artifact, attn_program_t **out_program) {
  ATTN_API_RETURN_IF_ERROR(artifact.status());
  auto program = std::make_unique<attn_program>();
  program->artifact = std::move(*artifact);
  const Program &model = program->artifact->program();
  program->shapes.resize(ATTN_KERNELS + 1);
  for (const StateDeclaration &state : model.states)
    program->shapes[ATTN_STATES].push_back(describeShape(state.shape));
  for (const WeightDeclaration &weight : model.weights)
    program->shapes[ATTN_WEIGHTS].push_back(describeShape(weight.shape.data(), weight.shape.size()));
  for (const Function &function : model.functions) {
    program->argumentShapes.push_back(describeShapes(function.arguments));
    program->resultShapes.push_back(describeShapes(function.results));
  }
  *out_program = program.release();
  return nullptr;
}

attn_status_t *attn_program_open(const char *path, attn_program_t **out_program) {
  ATTN_API_REQUIRE(path);
  ATTN_API_REQUIRE(out_program);
  return wrap(Artifact::open(path), out_program);
}

attn_status_t *attn_program_open_bytes(const void *bytes, size_t size, attn_program_t **out_program) {
  ATTN_API_REQUIRE(bytes);
  ATTN_API_REQUIRE(out_program);
  return wrap(Artifact::fromBytes(bytes, size, "artefact"), out_program);
}

void attn_program_release(attn_program_t *program) { delete program; }

const char *attn_program_name(const attn_program_t *program) {
  return program ? program->artifact->program().name.c_str() : "";
}

size_t attn_program_count(const attn_program_t *program, attn_part_t part) {
  if (!program)
    return 0;
  const Program &model = program->artifact->program();
  switch (part) {
  case ATTN_FUNCTIONS:
    return model.functions.size();
  case ATTN_STATES:
    return model.states.size();
  case ATTN_WEIGHTS:
    return model.weights.size();
  case ATTN_KERNELS:
    return model.kernels.size();
  }
  return 0;
}

static attn_status_t *noSuchPart(size_t index, size_t count) {
  return toHandle(
      failure(Code::out_of_range, "there is no part number %zu, counted from 0; there are %zu", index, count));
}

static void describeKernel(const Program &model, const Kernel &kernel, attn_description_t &out) {
  out.name = kernel.name.c_str();
  for (const KernelReport &row : model.report)
    if (row.name == kernel.name) {
      out.fused = row.fused;
      out.why = row.why.c_str();
    }
}

attn_status_t *attn_program_describe(const attn_program_t *program, attn_part_t part, size_t index,
                                     attn_description_t *out_description) {
  ATTN_API_REQUIRE(program);
  ATTN_API_REQUIRE(out_description);
  if (index >= attn_program_count(program, part))
    return noSuchPart(index, attn_program_count(program, part));
  const Program &model = program->artifact->program();
  attn_description_t out = {};
  out.shape = out.why = "";
  out.repeat = 1;
  switch (part) {
  case ATTN_FUNCTIONS:
    out.name = model.functions[index].name.c_str();
    out.is_language_model = model.functions[index].task.has_value();
    break;
  case ATTN_STATES:
    out.name = model.states[index].name.c_str();
    out.shape = program->shapes[part][index].c_str();
    out.type = static_cast<attn_type_t>(model.states[index].type);
    out.rank = static_cast<int32_t>(model.states[index].shape.size());
    break;
  case ATTN_WEIGHTS:
    out.name = model.weights[index].name.c_str();
    out.shape = program->shapes[part][index].c_str();
    out.rank = static_cast<int32_t>(model.weights[index].shape.size());
    out.repeat = model.weights[index].count;
    break;
  case ATTN_KERNELS:
    describeKernel(model, model.kernels[index], out);
    break;
  }
  *out_description = out;
  return nullptr;
}

size_t attn_function_argument_count(const attn_program_t *program, size_t function) {
  if (!program)
    return 0;
  const std::vector<Function> &functions = program->artifact->program().functions;
  return function < functions.size() ? functions[function].arguments.size() : 0;
}

size_t attn_function_result_count(const attn_program_t *program, size_t function) {
  if (!program)
    return 0;
  const std::vector<Function> &functions = program->artifact->program().functions;
  return function < functions.size() ? functions[function].results.size() : 0;
}

static void describeTensor(const TensorDeclaration &tensor, const std::string &shape, attn_description_t *out) {
  *out = {};
  out->name = tensor.name.c_str();
  out->shape = shape.c_str();
  out->type = static_cast<attn_type_t>(tensor.type);
  out->rank = static_cast<int32_t>(tensor.shape.size());
  out->repeat = 1;
  out->why = "";
}

attn_status_t *attn_function_argument(const attn_program_t *program, size_t function, size_t index,
                                      attn_description_t *out_description) {
  ATTN_API_REQUIRE(program);
  ATTN_API_REQUIRE(out_description);
  if (index >= attn_function_argument_count(program, function))
    return noSuchPart(index, attn_function_argument_count(program, function));
  describeTensor(program->artifact->program().functions[function].arguments[index],
                 program->argumentShapes[function][index], out_description);
  return nullptr;
}

attn_status_t *attn_function_result(const attn_program_t *program, size_t function, size_t index,
                                    attn_description_t *out_description) {
  ATTN_API_REQUIRE(program);
  ATTN_API_REQUIRE(out_description);
  if (index >= attn_function_result_count(program, function))
    return noSuchPart(index, attn_function_result_count(program, function));
  describeTensor(program->artifact->program().functions[function].results[index],
                 program->resultShapes[function][index], out_description);
  return nullptr;
}
