// SPDX-License-Identifier: MIT
#pragma once

// The records of a FastCGI connection, as far as one must know them to tell whether a request is all there. (FastCGI Specification
// 1.0, §3.3 and §5: a request's parameters and its body are streams, each ended by an empty record.)

#include <string_view>

namespace roost::front {

// True: whoever reads these bytes as one request, as libfcgi does, comes to its end, or to an error, without needing more.
[[nodiscard]] bool reads_to_its_end(std::string_view bytes);

}  // namespace roost::front
