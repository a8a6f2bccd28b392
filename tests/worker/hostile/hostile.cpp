// SPDX-License-Identifier: MIT
#include "tests/worker/hostile/hostile.h"

#include <unistd.h>

#include "worker/wire/check.h"

namespace roost::hostile {

int HostileWorker::run() {
  std::uint64_t received = 0;
  while (const auto frame = receive()) {
    if (std::holds_alternative<wire::Stop>(*frame)) return 0;
    if (std::holds_alternative<wire::Start>(*frame)) {
      send(wire::Ready{});
      send(wire::Idle{});
    }
    if (const auto* ping = std::get_if<wire::Ping>(&*frame)) send(wire::Pong{ping->nonce});
    if (const auto* eval = std::get_if<wire::Eval>(&*frame)) {
      act(*eval);
      send(wire::Idle{++received, 0});
    }
  }
  return 0;
}

void HostileWorker::send(const wire::FromWorker& frame) { send_bytes(wire::encode(frame)); }

void HostileWorker::send_bytes(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0) _exit(1);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void HostileWorker::answer(const wire::Eval& eval, const std::string& value) {
  if (eval.origin.request != 0) send(wire::Answer{eval.origin, value});
}

std::optional<wire::ToWorker> HostileWorker::receive() {
  for (;;) {
    auto body = splitter_.next();
    CHECK(body.ok());
    if (body.value()) {
      auto frame = wire::decode_to_worker(*body.value());
      CHECK(frame.ok());
      return std::move(frame).value();
    }
    char buffer[4096];
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count <= 0) return std::nullopt;
    splitter_.feed({buffer, static_cast<std::size_t>(count)});
  }
}

}  // namespace roost::hostile
