// SPDX-License-Identifier: MIT
#include "ops/cli/http.h"

#include <memory>

#include <curl/curl.h>

namespace roost::cli {
namespace {

constexpr long kConnectTimeoutS = 10;

struct Closers {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t take(char* data, std::size_t, std::size_t bytes, void* to) {
  std::string& body = *static_cast<std::string*>(to);
  if (body.size() + bytes > kAnswerBytesMax) return 0;   // libcurl ends the transfer
  body.append(data, bytes);
  return bytes;
}

// Did the request leave before the exchange failed? Until libcurl has sent a header the other side knows nothing of it.
bool was_sent(CURL* curl) {
  long bytes = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

[[noreturn]] void fail(CURL* curl, CURLcode code, const HttpRequest& request, const char* said) {
  const std::string why = said[0] ? said : curl_easy_strerror(code);
  const std::string where = request.unix_socket.empty() ? request.url : request.unix_socket;
  if (code == CURLE_WRITE_ERROR)
    throw Ended(ExitCode::OutcomeUnknown, "the answer of " + where + " is larger than " +
                                              std::to_string(kAnswerBytesMax) + " bytes, the most that is read");
  if (was_sent(curl))
    throw Ended(ExitCode::OutcomeUnknown,
                "the program was sent to " + where + " but no answer came back (" + why + "): it may or may not have run");
  throw Ended(ExitCode::CannotReach, "cannot reach " + where + ": " + why);
}

}  // namespace

HttpAnswer exchange(const HttpRequest& request) {
  const std::unique_ptr<CURL, Closers> curl(curl_easy_init());
  if (!curl) throw Ended(ExitCode::CannotReach, "libcurl could not be set up");
  std::unique_ptr<curl_slist, Closers> headers;
  for (const std::string& header : request.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
    if (!longer) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  HttpAnswer answer;
  char said[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_ERRORBUFFER, said);
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, &answer.body);
  set(CURLOPT_CONNECTTIMEOUT, kConnectTimeoutS);
  set(CURLOPT_TIMEOUT, static_cast<long>(request.timeout_s));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "roost/" ROOST_VERSION);
  if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (request.post) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) fail(curl.get(), code, request, said);
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type) answer.content_type = type;
  return answer;
}

}  // namespace roost::cli
