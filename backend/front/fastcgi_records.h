// SPDX-License-Identifier: MIT
#pragma once

// The records of a FastCGI connection, as far as one must know them to tell whether a request is all there. (FastCGI Specification
// 1.0, §3.3 and §5: a request's parameters and its body are streams, each ended by an empty record.)

#include <string_view>

namespace roost::front {

enum class Extent {
  Whole,     // whoever reads them as one request, as libfcgi does, comes to its end, or to an error, without needing more
  Part,      // they need more
  Foreign,   // no web server sends them: another version of the protocol, a record that belongs to no request (§3.3), or padding
             // behind the first record of a request or the last of its parameters
};

// Foreign records are not for libfcgi (2.4.2): it forgets that padding, takes it for the header of a record, and waits for what that
// announces; and it keeps 48 bytes for each record of no request.
[[nodiscard]] Extent extent_of(std::string_view bytes);

}  // namespace roost::front
