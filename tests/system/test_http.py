# SPDX-License-Identifier: MIT
"""The HTTP interface (docs/http.md) through nginx: values, formats, preferences, and every problem."""

import base64
import concurrent.futures
import json
import time

import pytest

from roost_container import fingerprint_of
from roost_map import fingerprint_of_key


def problem(container, url, program, kind, status, **headers):
    return container.post(url, program, headers).problem(kind, status)


class TestValues:
    def test_a_program_is_answered_with_its_value_and_a_line_end(self, container):
        answer = container.post(container.playground, "1 + 1")
        assert (answer.status, answer.text) == (200, "2\n")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"

    def test_json_is_answered_where_json_is_accepted(self, container):
        answer = container.post(container.playground, '(1, "two", [True, False], Some 3, Unit)', {"Accept": "application/json"})
        assert answer.type == "application/json"
        assert answer.json() == [1, "two", [True, False], 3, None]

    def test_a_remote_is_run_and_answered_with_its_result(self, container):
        assert container.value("Remote.map (n -> n + 1) (Remote.pure 41)") == "42"

    def test_text_beyond_ascii_comes_back_as_it_went(self, container):
        assert container.value('Text.concatenate "grüße " "✓ 𝄞"') == '"grüße ✓ 𝄞"'

    @pytest.mark.parametrize("media_type", ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", None])
    def test_a_body_type_of_curl_or_none_is_taken_as_a_program(self, container, media_type):
        with container.client() as client:
            answer = client.request("POST", container.playground, "2 * 3", {"Content-Type": media_type} if media_type else {})
        assert answer.text == "6\n"

    def test_two_requests_on_one_connection_do_not_mix(self, container):
        with container.client() as client:
            client.post(container.playground, "nope nope")
            answer = client.post(container.playground, "5")
        assert (answer.status, answer.text) == (200, "5\n")

    def test_server_timing_names_the_four_phases(self, container):
        timing = container.post(container.playground, "1").headers["Server-Timing"]
        names = [part.strip().partition(";")[0] for part in timing.split(",")]
        assert names == ["queue", "wake", "eval", "commit"]
        assert all(float(part.partition("dur=")[2]) >= 0 for part in timing.split(","))


class TestPreferences:
    def test_debug_lines_come_before_the_value_in_text(self, container):
        answer = container.post(container.playground, 'Debug.watch "seen" (Debug.log "said" [1] 7)', {"Prefer": "debug"})
        assert answer.text == "said: [1]\nseen: 7\n7\n"
        assert "debug" in answer.headers["Preference-Applied"]

    def test_debug_lines_come_beside_the_value_in_json(self, container):
        answer = container.post(container.playground, 'Debug.watch "seen" 7', {"Prefer": "debug", "Accept": "application/json"})
        assert answer.json() == {"value": 7, "debug": ["seen: 7"]}

    def test_debug_lines_come_with_a_problem_too(self, container):
        program = 'do Remote x := pure (Debug.watch "before" 1); Remote.fail "no";;'
        answer = container.post(container.playground, program, {"Prefer": "debug"})
        assert answer.problem("program-failed", 422)["debug"] == ["before: 1"]
        assert "debug" not in container.post(container.playground, program).problem("program-failed", 422)

    def test_debug_lines_stay_in_the_log_unless_asked_for(self, container):
        answer = container.post(container.playground, 'Debug.watch "quiet-please" 7')
        assert answer.text == "7\n" and answer.headers["Preference-Applied"] is None
        assert "quiet-please: 7" in container.log()

    def test_wait_ends_a_request_early(self, container):
        started = time.monotonic()
        answer = container.post(container.playground, "Remote.sleep (Duration.seconds 20)", {"Prefer": "wait=1"})
        answer.problem("time-limit", 504)
        assert 0.9 < time.monotonic() - started < 3
        assert "wait=1" in answer.headers["Preference-Applied"]


class TestDescriptions:
    def test_a_node_describes_itself_as_json_and_stays_asleep(self, container):
        url = container.spawn_root()
        answer = container.get(url)
        description = answer.json()
        assert answer.type == "application/json" and description["state"] == "asleep"
        assert fingerprint_of(url) in json.dumps(description)
        assert container.state(url) == "asleep"

    def test_head_is_get_without_a_body(self, container):
        with container.client() as client:
            answer = client.request("HEAD", container.playground)
        assert (answer.status, answer.text, answer.type) == (200, "", "application/json")

    def test_health_is_said_without_a_node(self, container):
        assert container.get("/-/healthz").status == 200

    def test_readiness_names_every_part(self, container):
        answer = container.get("/-/readyz")
        assert answer.status == 200
        text = answer.text.lower()
        assert all(part in text for part in ("database", "zygote", "map", "seccomp"))

    def test_the_problems_page_explains_every_problem_met_here(self, container):
        answer = container.get("/-/problems")
        assert answer.status == 200 and answer.type == "text/html"
        for kind in ("worker-died", "mailbox-full", "malformed-fingerprint", "syntax-error"):
            assert f'id="{kind}"' in answer.text


class TestAddresses:
    def test_a_fingerprint_with_a_typing_error_is_malformed(self, container):
        fingerprint = fingerprint_of(container.playground)
        mistyped = ("b" if fingerprint[0] != "b" else "c") + fingerprint[1:]
        assert "checksum" in problem(container, container.url(mistyped), "1", "malformed-fingerprint", 400)["detail"]

    def test_a_fingerprint_of_the_wrong_length_is_malformed(self, container):
        problem(container, container.url(fingerprint_of(container.playground)[:-1]), "1", "malformed-fingerprint", 400)

    def test_a_fingerprint_in_capitals_is_malformed(self, container):
        problem(container, container.url(fingerprint_of(container.playground).upper()), "1", "malformed-fingerprint", 400)

    def test_a_well_formed_fingerprint_of_no_node_is_unknown(self, container):
        problem(container, container.url(fingerprint_of_key(bytes(32))), "1", "unknown-node", 404)

    def test_a_destroyed_node_is_gone_for_good(self, container):
        url = container.spawn_root()
        assert container.value("1", url) == "1"
        assert container.destroy(url).status == 200
        problem(container, url, "1", "destroyed-node", 410)
        container.get(url).problem("destroyed-node", 410)

    def test_a_path_of_nothing_is_nginxs_problem_in_the_same_form(self, container):
        container.get("/nothing/here").problem("not-found", 404)

    def test_a_node_that_admits_nobody_starts_no_process(self, container):
        url = container.spawn_root(access="only")
        problem(container, url, "1", "access-denied", 403)
        assert container.state(url) == "asleep"

    def test_a_node_for_its_container_only_refuses_the_public_but_not_a_sibling(self, container):
        url = container.spawn_root(access="container")
        problem(container, url, "1", "access-denied", 403)

    def test_the_operators_socket_is_not_reachable_over_https(self, container):
        for path in ("/nodes", "/drain", "/-/nodes"):
            container.get(path).problem("not-found", 404)


class TestRequests:
    def test_an_unknown_method_is_refused_with_those_that_are_allowed(self, container):
        with container.client() as client:
            answer = client.request("PUT", container.playground, "1", {"Content-Type": "text/plain"})
        answer.problem("method-not-allowed", 405)
        assert "POST" in answer.headers["Allow"] and "GET" in answer.headers["Allow"]

    def test_a_media_type_of_something_else_is_refused(self, container):
        problem(container, container.playground, "1", "unsupported-media-type", 415, **{"Content-Type": "application/pdf"})

    def test_an_answer_in_html_is_not_to_be_had(self, container):
        problem(container, container.playground, "1", "not-acceptable", 406, Accept="text/html")

    def test_a_body_over_the_limit_names_the_limit(self, container):
        told = problem(container, container.playground, "-- " + "x" * (1 << 20), "body-too-large", 413)
        assert "1048576" in str(told["limit"]) and told["setting"]

    def test_a_body_of_the_limit_is_taken(self, container):
        program = "1 --"
        assert container.value(program + "x" * ((1 << 20) - len(program))) == "1"


class TestPrograms:
    def test_a_syntax_error_says_where_and_what_was_expected(self, container):
        told = problem(container, container.playground, "let x = 1;\n  y = ;\nx;;", "syntax-error", 422)
        assert (told["line"], told["column"]) == (2, 7)
        assert told["expected"] and told["fault"] == "caller" and not told["retryable"]
        assert told["node"] == fingerprint_of(container.playground)

    def test_a_body_that_is_not_utf8_is_a_syntax_error_with_its_place(self, container):
        told = problem(container, container.playground, b'"a\xff"', "syntax-error", 422)
        assert (told["line"], told["column"]) == (1, 3)

    def test_unbound_names_are_all_named(self, container):
        told = problem(container, container.playground, "plum (fig 1) plum Vector.nonsense", "unbound-names", 422)
        assert told["names"] == ["plum", "fig", "Vector.nonsense"]

    def test_a_program_of_wrong_type_says_where_what_and_why_and_does_not_run(self, container):
        told = problem(container, container.playground, 'do Remote x := Debug.watch "ran" (pure 3);\n  pure (x + "k");;', "type-error", 422)
        assert (told["line"], told["column"]) == (2, 13) and told["fault"] == "caller"
        assert told["source"] == '  2 |   pure (x + "k");;\n    |             ^\n'
        assert told["expected"] == "Number" and told["found"] == "Text"
        assert told["because"] == ["`+` has type Number -> Number -> Number"]
        assert "ran: " not in container.log()

    def test_an_unknown_name_comes_with_the_nearest_known_ones(self, container):
        told = problem(container, container.playground, "Vector.fold-lefd (+) 0 [1]", "unbound-names", 422)
        assert told["names"] == ["Vector.fold-lefd"] and "Vector.fold-left" in told["detail"]

    def test_a_failing_program_says_node_definition_and_reason(self, container):
        told = problem(container, container.playground, 'let broken n = Vector.size n; 1 + broken _;;', "program-failed", 422)
        assert told["node"] == fingerprint_of(container.playground)
        assert told["definition"] == "broken" and "Vector.size" in told["detail"] and told["fault"] == "program"

    def test_a_failure_on_another_node_names_that_node(self, container):
        program = 'do Remote n := Remote.spawn; Remote.transfer n; Remote.fail "no jam";;'
        told = problem(container, container.playground, program, "program-failed", 422)
        assert "no jam" in told["detail"] and told["node"] != fingerprint_of(container.playground)

    def test_a_function_as_json_is_not_representable_and_says_where(self, container):
        told = problem(container, container.playground, "[identity, const 2, (x -> x)]", "not-representable", 422, Accept="application/json")
        assert "[0]" in told["detail"]

    def test_an_effect_that_the_sandbox_forbids_is_denied_by_name(self, container):
        url = container.spawn_root(capabilities=["state"])
        told = problem(container, url, "Remote.spawn", "capability-denied", 403)
        assert "spawn" in json.dumps(told["names"])

    def test_a_spawn_over_the_budget_names_limit_value_and_whose(self, container):
        url = container.spawn_root(budget={"nodes": 3})
        told = problem(container, url, "Remote.replicate 4 Remote.spawn", "budget-exhausted", 503)
        assert "3" in told["detail"]

    def test_a_hop_to_another_host_is_unreachable(self, container):
        here, there = container.spawn_root(), container.spawn_root()
        assert container.value(f"Remote.here", there).startswith("Node https://")
        assert here != there


class TestLimits:
    def test_a_request_that_takes_too_long_says_which_phase_it_was_in(self, tight):
        told = problem(tight, tight.playground, "Remote.sleep (Duration.seconds 60)", "time-limit", 504)
        assert told["setting"] == "request_timeout_ms" and "running" in told["detail"]

    def test_an_endless_loop_meets_the_compute_limit_and_its_node_goes_on(self, tight):
        told = problem(tight, tight.playground, "let rec loop n = loop (n + 1); loop 0;;", "compute-limit", 422)
        assert told["setting"] == "compute_timeout_ms"
        assert tight.value("1 + 1") == "2"

    def test_a_program_that_wants_too_much_memory_fails_alone(self, tight):
        url = tight.spawn_root()
        program = "let rec grow v = grow (Vector.concatenate v v); grow [1, 2, 3];;"
        with concurrent.futures.ThreadPoolExecutor() as pool:
            other = pool.submit(tight.post, url, "Remote.map (u -> 5) (Remote.sleep (Duration.seconds 0.5))")
            time.sleep(0.1)
            told = problem(tight, url, program, "memory-limit", 422)
            assert other.result().text == "5\n"
        assert told["setting"] == "worker_memory_bytes"

    def test_a_full_mailbox_refuses_with_limit_and_value_then_recovers(self, tight):
        url = tight.spawn_root()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            program = "Remote.map (u -> 1) (Remote.sleep (Duration.seconds 1))"
            answers = list(pool.map(lambda _: tight.post(url, program), range(8)))
        refused = [answer for answer in answers if answer.status != 200]
        assert len(refused) == 4
        for answer in refused:
            told = answer.problem("mailbox-full", 429)
            assert (str(told["limit"]), told["setting"]) == ("4", "mailbox_max")
            assert told["node"] == fingerprint_of(url)
        assert tight.value("1", url) == "1"

    def test_a_full_container_refuses_with_limit_and_value_then_recovers(self, tight):
        urls = [tight.spawn_root() for _ in range(5)]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            program = "Remote.map (u -> 1) (Remote.sleep (Duration.seconds 1))"
            answers = list(pool.map(lambda i: tight.post(urls[i % 5], program), range(20)))
        refused = [answer for answer in answers if answer.status != 200]
        assert len(refused) == 8
        for answer in refused:
            told = answer.problem("container-full", 503)
            assert (str(told["limit"]), told["setting"]) == ("12", "requests_max")
        assert tight.value("1", urls[0]) == "1"

    def test_a_receive_that_hears_nothing_meets_its_limit(self, tight):
        told = problem(tight, tight.playground, "Remote.channel |> Remote.bind Remote.receive", "time-limit", 504)
        assert "receive" in told["detail"]


class TestOperator:
    def test_nodes_are_listed_page_by_page(self, container):
        parent = container.spawn_root()
        children = {fingerprint_of(url) for url in container.spawn_many(7, parent)}
        seen, after = [], ""
        while True:
            page = container.operate("GET", f"/nodes?parent={fingerprint_of(parent)}&limit=3&after={after}").json()
            seen += [node["fingerprint"] for node in page["nodes"]]
            after = page.get("next")
            if not after:
                break
        assert seen == sorted(children)

    def test_a_new_node_is_told_its_seed_once(self, container):
        answer = container.operate("POST", "/nodes", {"access": "anyone"})
        assert len(base64.urlsafe_b64decode(answer.json()["seed"] + "==")) == 32
        assert "seed" not in container.node(answer.json()["url"])

    def test_an_idle_node_is_put_to_sleep_on_order(self, container):
        url = container.spawn_root()
        container.value("1", url)
        container.wait_for_state(url, "idle")
        assert container.operate("POST", f"/nodes/{fingerprint_of(url)}/sleep").status == 200
        container.wait_for_state(url, "asleep")

    def test_a_busy_node_is_not_put_to_sleep(self, container):
        url = container.spawn_root()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            busy = pool.submit(container.post, url, "Remote.map (u -> 1) (Remote.sleep (Duration.seconds 1))")
            container.wait_for_state(url, "active")
            container.operate("POST", f"/nodes/{fingerprint_of(url)}/sleep").problem("conflict", 409)
            assert busy.result().text == "1\n"

    def test_an_order_with_an_unknown_member_is_refused(self, container):
        container.operate("POST", "/nodes", {"acces": "anyone"}).problem("bad-request", 400)

    def test_destroying_a_node_destroys_all_below_it(self, container):
        parent = container.spawn_root()
        children = container.spawn_many(3, parent)
        assert container.destroy(parent).status == 200
        for url in [parent, *children]:
            container.post(url, "1").problem("destroyed-node", 410)
