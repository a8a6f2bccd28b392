// SPDX-License-Identifier: MIT
#include "backend/front/fastcgi_request.h"

#include <fcgiapp.h>

#include <cstdlib>
#include <stdexcept>

namespace roost::front {
namespace {

// What libfcgi is to wait for when it closes a connection and when it takes one, in milliseconds. Nothing is to be waited for at
// the close, since everything was read; and it takes none itself.
constexpr char kCloseWaitMs[] = "0";
constexpr char kFirstByteWaitMs[] = "500";
// No socket: libfcgi accepts nothing itself.
constexpr int kNoSocket = -1;
// Of a body that is too large: what is read and thrown away before its sender is cut off.
constexpr std::uint64_t kDiscardedBytesMax = 64u << 20;

}  // namespace

void start_libfcgi() {
  setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", kCloseWaitMs, 1);
  setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", kFirstByteWaitMs, 1);
  if (FCGX_Init() != 0) throw std::runtime_error("libfcgi cannot be started");
}

FastcgiRequest::FastcgiRequest(int connection) : request_(std::make_unique<FCGX_Request>()) {
  FCGX_InitRequest(request_.get(), kNoSocket, 0);
  request_->ipcFd = connection;
}

FastcgiRequest::~FastcgiRequest() {
  if (request_->ipcFd >= 0) FCGX_Finish_r(request_.get());
}

bool FastcgiRequest::read_parameters() {
  // libfcgi begins by finishing the request before this one; only a "kept" connection stays open then.
  request_->keepConnection = 1;
  const bool read = FCGX_Accept_r(request_.get()) == 0;
  request_->keepConnection = 0;
  return read && !failed();   // to libfcgi an error among the parameters is their end
}

Parameters FastcgiRequest::parameters() const {
  Parameters parameters;
  for (char** entry = request_->envp; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals), value = text.substr(equals + 1);
    if (name == "REQUEST_METHOD") parameters.method = value;
    else if (name == "REQUEST_URI") parameters.uri = value;
    else if (name == "CONTENT_TYPE") parameters.content_type = value;
    else if (name == "CONTENT_LENGTH") parameters.content_length = value;
    else if (name == "HTTP_ACCEPT") parameters.accept = value;
    else if (name == "HTTP_PREFER") parameters.prefer = value;
    else if (name == "REQUEST_ID") parameters.request_id = value;
  }
  return parameters;
}

std::optional<std::string> FastcgiRequest::read_body(std::uint64_t bytes_max) {
  constexpr int kPiece = 16 << 10;
  std::string body;
  char piece[kPiece];
  // Less than was asked for means that the end was read; a request without a body has one too.
  std::uint64_t bytes = 0;
  for (int count = kPiece; count == kPiece && bytes <= kDiscardedBytesMax; bytes += static_cast<std::uint64_t>(count)) {
    count = FCGX_GetStr(piece, kPiece, request_->in);
    if (bytes + static_cast<std::uint64_t>(count) <= bytes_max) body.append(piece, static_cast<std::size_t>(count));
  }
  if (bytes > bytes_max) return std::nullopt;
  return body;
}

bool FastcgiRequest::failed() const { return FCGX_GetError(request_->in) != 0; }

void FastcgiRequest::finish(const std::string& answer) {
  FCGX_PutStr(answer.data(), static_cast<int>(answer.size()), request_->out);
  FCGX_Finish_r(request_.get());   // what fits its buffer is written here, with the end of the request, in one call
}

int FastcgiRequest::connection() const { return request_->ipcFd; }

}  // namespace roost::front
