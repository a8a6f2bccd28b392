// SPDX-License-Identifier: MIT
#pragma once

// A worker that behaves until it is sent a program, and then does something that no worker may. Each hostile program is one
// file: it says at its top what must happen to it, derives from HostileWorker, and is built as `hostile-NAME`, which can be
// given to roostd as its `worker`.
// Thread: one.

#include <optional>

#include "worker/sandbox/zygote.h"
#include "worker/wire/frames.h"

namespace roost::hostile {

class HostileWorker : public sandbox::ChildProgram {
 public:
  void load(const std::vector<std::string>&, int) override {}
  // Answers Start and Ping, and calls act() for every Eval. Ends with status 0 at Stop or the end of stdin.
  int run() override;

 protected:
  // The forbidden thing. If it returns, the worker goes on.
  virtual void act(const wire::Eval& eval) = 0;

  // ---- for those who need to speak while they misbehave
  void send(const wire::FromWorker& frame);
  void send_bytes(BytesView bytes);
  void answer(const wire::Eval& eval, const std::string& value);
  [[nodiscard]] std::optional<wire::ToWorker> receive();   // nullopt: stdin ended

 private:
  wire::FrameSplitter splitter_;
};

}  // namespace roost::hostile
