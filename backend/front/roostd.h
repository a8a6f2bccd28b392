// SPDX-License-Identifier: MIT
#pragma once

// roostd, joined: the zygote, the database, the map, the core and the doors, and the core's thread, which is the one that
// calls run(). Everything slow is on other threads and comes back through one queue. Thread: run() and construction: one.

#include <string>

#include "backend/front/configuration.h"

namespace roost::front {

// Runs until SIGTERM or SIGINT has drained the container. Throws std::exception if a part cannot be made.
void run_roostd(const Configuration& configuration, const std::string& configuration_file);

}  // namespace roost::front
