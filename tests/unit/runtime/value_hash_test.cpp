// SPDX-License-Identifier: MIT
#include "worker/runtime/value_hash.h"

#include <map>

#include "tests/unit/runtime/builtin_bench.h"
#include "worker/lang/hash.h"

namespace roost::runtime {
namespace {

// The vectors of values that are data; functions are tried through the machine.
class ValueHash : public BuiltinBench {
 protected:
  std::string base64(const Value& value) { return lang::base64url(hash_key_of(context_, value)); }
};

TEST_F(ValueHash, DataHashesAsTheTermThatItIs) {
  EXPECT_EQ(base64(n(3)), "AQAAAECg0cSfFMOB4PAzrOVlekCMdAUmxay3SCUe348GhLN4pCA8Wcnf7rTN0GUuKWQ8WecG-s2xR2zlt6cqURXAKD3S");
  EXPECT_EQ(base64(b(B::True)), "AAAAAARUcnVl");
  EXPECT_EQ(base64(some(t("plum"))), "AQAAAEB_ZxWC_E5Q6E0U3x9KKX_IyfKi2EMzUaG8TXoA0wYIOo4vYrXuh4zuAqMhMn3SdtKg1LGSDvYziGqqkUl3D0H-");
  EXPECT_EQ(base64(tuple(n(3), t("plum"))), "AQAAAEAbQyp4KH5daDg7ooH4HRLNnfjWd8rL6e4ESxLusL04SyhbOCCmPOOsnd_RBJWeliWH9xpMTyPtsgJhfWZY22KD");
  EXPECT_EQ(base64(v({n(3), n(4)})), "AQAAAEBU0uJPE6-qk1AA79kdsxnlAoMxczW3YTiLsqCTIxl14oTV2AwTTbVKmdb5uTfOPAtOjW0V2FWFEsBLcGV6B1Sg");
}

TEST_F(ValueHash, RemoteValuesHashAsTheirSteps) {
  EXPECT_EQ(base64(make_step(Step::Here)), "AQAAAECc4Tc9JJmbfd4Nm-C4aueFTDx2MwLnneabNdJeDdwm_pA0kieN6Vq6Gk8CHH7uYai8I7urPGPi7LLxRlKbmxpF");
  EXPECT_EQ(base64(make_step(Step::Pure, n(3))), "AQAAAEBAZ6CA2HMShlBarYY-R9msFG4PWi9AYXPHcksDMvT3hZadcJOrWkabBYK_sBalPtoj4nTIOx19ltfePOPEuM76");
}

TEST_F(ValueHash, EveryPartCounts) {
  const Value node = make_node("h", PublicKey{}), channel = make_channel(std::string(48, 'c'));
  const std::vector<Value> values = {
      n(0), n(-0.0), t("0"), v({}), v({n(0)}), v({v({})}), some(n(0)), tuple(n(0), n(0)), make_pair(n(0), n(0)), node,
      make_node("i", PublicKey{}), channel, make_channel(std::string(49, 'c')), Value::blank(), Value::if_function(),
      make_partial(b(B::NumberAdd), std::vector<Value>{n(0)}), make_step(Step::Pure, n(0)), make_step(Step::Fail, t("0")),
      make_step(Step::At, node, n(0)), make_step(Step::Send, channel, n(0)), make_step(Step::Receive, channel),
      make_step(Step::ReceiveAsync, channel, n(1)), make_step(Step::ReceiveAsync, channel, n(2)), make_step(Step::Sleep, n(1)),
      make_step(Step::Fork, make_step(Step::Here)), make_step(Step::Spawn), make_step(Step::CreateChannel),
      make_step(Step::ClockNow), make_step(Step::RandomNumber), make_bind(Step::Here, {}, {}, b(B::RemotePure)),
      make_bind(Step::Here, {}, {}, b(B::RemoteSpawn)), make_step(Step::Pure, make_step(Step::Here))};
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [place, is_new] = seen.emplace(base64(values[i]), i);
    EXPECT_TRUE(is_new) << show(values[i]) << " and " << show(values[place->second]);
  }
}

TEST_F(ValueHash, SharingDoesNotMatter) {
  const Value one = tuple(n(1), t("x"));
  EXPECT_EQ(base64(v({one, one})), base64(v({tuple(n(1), t("x")), tuple(n(1), t("x"))})));
  // A Remote value in a Fork is part of the description; anywhere else it is a value. Shared or not.
  const Value here = make_step(Step::Here);
  EXPECT_EQ(base64(v({here, make_step(Step::Fork, here), here})),
            base64(v({make_step(Step::Here), make_step(Step::Fork, make_step(Step::Here)), make_step(Step::Here)})));
}

TEST_F(ValueHash, SharedPartsAreHashedOnce) {
  Value doubled = n(1);
  for (int i = 0; i < 1000; ++i) doubled = make_pair(doubled, doubled);
  const std::uint64_t before = work_;
  (void)base64(doubled);
  EXPECT_LT(work_ - before, 10'000'000u);
}

TEST_F(ValueHash, DepthNeedsNoStack) {
  Value deep = b(B::Unit);
  for (int i = 0; i < 50'000; ++i) deep = make_pair(n(1), std::move(deep));
  EXPECT_EQ(base64(deep).size(), 92u);
}

TEST_F(ValueHash, TheStackOfPendingValuesIsTheNodes) {
  Value deep = b(B::Unit);
  for (int i = 0; i < 50'000; ++i) deep = make_pair(n(1), std::move(deep));
  heap_.set_limit(heap_.bytes() + 100'000);
  EXPECT_THROW((void)base64(deep), Crash);
  heap_.set_limit(kMemory);
}

}  // namespace
}  // namespace roost::runtime
