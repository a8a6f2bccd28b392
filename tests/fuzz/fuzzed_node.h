// SPDX-License-Identifier: MIT
#pragma once

// A node of its own for each input: a Machine with little fuel and little memory, and a container around it that answers
// what it asks, sends what it sends to itself, and lets time pass when it waits. After some slices the node is dropped as
// it is, in the middle of whatever it does.
//
// What must hold whatever the program is: nothing ends the process, every frame can be encoded, no frame is one that the
// container would kill a worker for, and a request gets at most one answer.

#include <string_view>

namespace roost::fuzz {

void load_library();
void run_program(std::string_view program);
void run_computation(std::string_view bytes);

}  // namespace roost::fuzz
