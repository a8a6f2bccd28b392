// SPDX-License-Identifier: MIT

// One keep-alive TLS connection, one request after the other, each timed by itself: for waking, where every request goes to
// another node and averages would hide what the first byte costs.
//
//   load-latency CA-FILE PROGRAM URL-FILE
//
// URL-FILE has one URL a line. The first is asked once more beforehand, to set up the connection. Printed are the times in
// microseconds: {"count": …, "p50_us": …, "p99_us": …, "not_ok": …}.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace {

std::size_t drop(char*, std::size_t, std::size_t bytes, void*) { return bytes; }

// The time of one request in microseconds; negative if it was not answered with 200.
double ask(CURL* curl, const std::string& url) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  const auto asked = std::chrono::steady_clock::now();
  const CURLcode code = curl_easy_perform(curl);
  const auto answered = std::chrono::steady_clock::now();
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200) return -1;
  return std::chrono::duration<double, std::micro>(answered - asked).count();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> urls;
  if (argc == 4) {
    std::ifstream file(argv[3]);
    for (std::string line; std::getline(file, line);) urls.push_back(line);
  }
  CURL* curl = curl_easy_init();
  if (urls.empty() || !curl) {
    std::fprintf(stderr, "usage: load-latency CA-FILE PROGRAM URL-FILE\n");
    return 2;
  }
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: text/plain");
  curl_easy_setopt(curl, CURLOPT_CAINFO, argv[1]);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, argv[2]);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &drop);
  ask(curl, urls.front());
  std::vector<double> times;
  std::size_t not_ok = 0;
  for (std::size_t i = 1; i < urls.size(); ++i) {
    const double time = ask(curl, urls[i]);
    if (time < 0) ++not_ok; else times.push_back(time);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times.empty() ? 0.0 : times[static_cast<std::size_t>(share * (static_cast<double>(times.size()) - 1))];
  };
  std::printf("{\"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"not_ok\": %zu}\n", times.size(), at(0.5), at(0.99), not_ok);
}
