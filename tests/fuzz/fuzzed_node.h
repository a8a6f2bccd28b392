// SPDX-License-Identifier: MIT
#pragma once

// A node of its own for each input: a Machine with little fuel and little memory, and a container around it that answers
// what it asks, sends what it sends to itself, and lets time pass when it waits. After some slices the node is dropped as
// it is, in the middle of whatever it does.
//
// What must hold whatever the program is: nothing ends the process, every frame can be encoded, no frame is one that the
// container would kill a worker for, and a request gets at most one answer.

#include <optional>
#include <string_view>

#include "worker/runtime/library.h"
#include "worker/wire/frames.h"

namespace roost::fuzz {

const runtime::Library& load_library();
// What the request was answered with, if it was a failure.
using Failed = std::optional<wire::Failure>;
Failed run_program(std::string_view program);
Failed run_computation(std::string_view bytes);
// The bytes are in the code store under their hash; a program names them, and a computation applies them as a function that captured
// so many values.
void run_definition(const wire::DefinitionHash& hash, BytesView bytes, unsigned captures);

}  // namespace roost::fuzz
