-- SPDX-License-Identifier: MIT
-- Programs by POST, for wrk. Every request is built before the measurement begins; a thread takes them in turn.
--
--   wrk … -s messages.lua URL -- REQUESTS
--
-- REQUESTS is a file with a path, a space and a program on each line. At the end one line of JSON is printed; refusals
-- (wrk counts those from 400 on, without a call for each answer) and broken connections are counted there, and whoever
-- measures must refuse a run that has any.

local requests, next_request = {}, 0
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, program = line:match("^(%S+) (.*)$")
    table.insert(requests, wrk.format("POST", path, { ["Content-Type"] = "text/plain" }, program))
  end
  next_request = thread_number * 7919 % #requests   -- threads begin at different places
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"per_s": %.1f, "p50_us": %d, "p99_us": %d, "requests": %d, "not_ok": %d, "broken": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99), summary.requests, summary.errors.status, broken))
end
