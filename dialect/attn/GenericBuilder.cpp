//===- GenericBuilder.cpp - collects what a chain of named ops says ---===//

#include "dialect/attn/Attn.h"
