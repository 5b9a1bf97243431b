"""What every implementation must pass, row by row, and the tests that prove it (reference 22)."""

from dataclasses import dataclass

SUITE = "app.conformance"
HERE = "tests.hosts.atlassian"


@dataclass(frozen=True)
class Row:
    """One row; `proofs` are `module:Class.test`, below `tests.hosts.atlassian` where the module has no dots."""

    number: str
    what: str
    proofs: tuple[str, ...]
    attacks: tuple[str, ...] = ()
    """Names in the table of `attacks.py`, which the tests of `test_install_attacks.py` go through."""
    reason: str | None = None
    """Why a part of it is not as the row says."""


ALL_ATTACKS = (
    "test_install_attacks:TestAttack.test_is_401_and_stores_nothing",
    "test_install_attacks:TestAttack.test_on_a_known_installation_changes_nothing",
    "test_install_attacks:TestAttack.test_on_uninstall_ends_nothing",
)
CONTEXT_ELSEWHERE = "test_requests_in:TestContextToken.test_opens_no_other_kind_of_route"

MATRIX = (
    Row(
        "1",
        "a valid install, its audience text or a list, with and without a slash, below a path: 204 and stored",
        (
            "test_installs:TestInstall.test_for_our_address_is_stored",
            "test_installs:TestInstall.test_with_parameters_in_its_address_is_stored",
            "test_installs:TestInstall.test_stores_what_the_site_said",
            "test_behind_a_proxy:TestInstall.test_for_the_address_with_its_path_is_stored",
            "test_behind_a_proxy:TestInstall.test_for_another_is_refused",
        ),
    ),
    Row(
        "2",
        "an install that is wrong in one thing: 401 (503 while the key server is down), nothing stored",
        (
            *ALL_ATTACKS,
            "test_key_server:TestKeyServer.test_that_misbehaves_is_503_and_nothing_is_stored",
            "test_key_server:TestKeyServer.test_that_is_not_there_is_503",
        ),
        (
            "without a token",
            "HS256 with the new secret",
            "no algorithm",
            "unknown key",
            "another key",
            "expired",
            "of the future",
            "audience another add-on",
            "issuer another",
            "body for another add-on",
            "hash of another path",
            "hash of a script",
            "token in the query",
            "key that is a path",
            "site elsewhere",
        ),
    ),
    Row("3", "HS256 with the public key as its secret: 401", ALL_ATTACKS, ("HS256 with the public key",)),
    Row(
        "4",
        "a reinstall with a new secret: the one before within its grace and after it, the new one at once",
        (
            "test_installs:TestInstall.test_with_a_new_secret_lets_the_old_one_verify_for_a_while",
            "test_rotation:TestSecretBefore.test_verifies_frames_events_and_pauses_for_five_minutes_and_no_longer",
            "test_rotation:TestSecretBefore.test_is_in_the_database_for_so_long_and_then_erased",
        ),
    ),
    Row(
        "5",
        "events in parallel and in any order: one final state, 2xx",
        (
            "test_site_events:TestSiteEvents.test_two_installs_at_once_are_both_taken_and_the_newer_counts",
            "test_site_events:TestSiteEvents.test_at_the_end_may_come_in_any_order_or_at_once",
            "test_site_events:TestSiteEvents.test_that_came_late_do_not_undo_what_is_newer",
            "test_site_events:TestSiteEvents.test_install_from_before_an_uninstall_brings_nothing_back",
            "test_site_events:TestSiteEvents.test_uninstall_that_overtakes_its_install_wins",
            "test_site_events:TestSiteEvents.test_enabled_is_taken_before_its_install_is_stored_only_after_it_is",
        ),
        reason=(
            "`enabled` before its install is stored is 401: nothing can verify it, and the install serves without it. "
            "An install from before an uninstall is 400 and not 2xx: a site whose clock is wrong must see it fail."
        ),
    ),
    Row(
        "6",
        "a frame: valid, and each way in which it is not: 200 or 401",
        (
            "test_requests_in:TestEntry.test_holds_for_its_parameters_in_any_form",
            "test_requests_in:TestEntry.test_is_refused_with_wrong_claims",
            "test_requests_in:TestEntry.test_is_refused_with_two_tokens_in_one_query",
            "test_requests_in:TestEntry.test_may_say_its_token_twice_alike",
            "test_requests_in:TestEntry.test_of_an_uninstalled_or_unknown_site_is_refused",
            "app.conformance.proving:Proving.test_every_broken_token_is_the_same_401",
            "app.conformance.proving:Proving.test_two_tokens_are_refused_though_both_hold",
            "app.conformance.proving:Proving.test_tokens_of_two_tenants_do_not_mix",
        ),
    ),
    Row(
        "7",
        "all vectors, as hashes and as whole requests with the clock at their `iat`",
        (
            "test_qsh:TestVectors.test_are_all_here",
            "test_qsh:TestVectors.test_have_the_canonical_request_and_the_hash",
            "test_qsh:TestVectors.test_are_among_the_candidates_of_a_received_request",
            "test_qsh:TestReceived.test_is_proven_by_its_token",
        ),
    ),
    Row(
        "8",
        "a context token: 200 on its routes, 401 on entry routes, webhooks and the lifecycle",
        (
            "test_requests_in:TestContextToken.test_opens_a_route_for_scripts",
            CONTEXT_ELSEWHERE,
            "test_requests_in:TestContextToken.test_opens_no_other_kind_of_route_once_it_is_remembered",
            "test_requests_in:TestContextToken.test_is_not_taken_from_the_query",
        ),
    ),
    Row(
        "9",
        "a frame token on a context route: 401",
        ("test_requests_in:TestContextToken.test_of_the_host_opens_no_route_for_scripts",),
    ),
    Row(
        "10",
        "webhooks: the same identifier, a retry, no order, 25 MB, an unknown event: processed once, 2xx",
        (
            "test_deliveries:TestDelivery.test_that_is_tried_again_runs_once",
            "test_deliveries:TestDelivery.test_of_another_identifier_runs_too",
            "test_deliveries:TestDelivery.test_without_an_identifier_is_named_by_what_it_says",
            "test_deliveries:TestDelivery.test_out_of_order_all_run",
            "test_deliveries:TestDelivery.test_of_an_event_that_is_not_known_comes_as_it_is",
            "test_deliveries:TestDelivery.test_over_the_limit_is_413_and_nothing_of_it_is_kept",
            "test_deliveries:TestWithoutBody.test_brings_what_the_address_says_once",
        ),
        reason=(
            "A body over 1 MiB is 413, and lost: what may be so large is asked for without its body (decision 33). "
            "The protocol has no smaller body and no second try after a 413."
        ),
    ),
    Row(
        "11",
        "calls out: below `/wiki`, repeated, unicode and empty queries, a clock that differs, a secret that changes",
        (
            "test_calls:TestJira.test_is_called_with_a_signature_of_what_is_sent",
            "test_calls:TestConfluence.test_is_called_below_its_path",
            "test_calls:TestJira.test_secret_that_changed_under_way_is_tried_once",
            "test_calls:TestJira.test_secret_that_changed_is_taken_at_once",
            "test_clocks:TestClock.test_may_differ_as_much_as_the_site_lets_it",
        ),
    ),
    Row(
        "12",
        "tokens of users: kept, at their end, after a change of secret, 429",
        (
            "test_calls:TestUser.test_is_acted_for_with_one_token",
            "test_calls:TestUser.test_of_a_new_installation_asks_anew",
            "test_clocks:TestUserToken.test_that_has_ended_is_asked_for_anew",
            "test_clocks:TestUserToken.test_that_the_site_takes_no_more_is_replaced_once",
            "test_waiting:TestCall.test_as_a_user_waits_where_the_authorization_server_says",
        ),
    ),
    Row(
        "13",
        "429 with each reason, `Retry-After` in seconds and as a date, `Beta-` headers: waits",
        (
            "test_waiting:TestReset.test_is_what_the_site_says",
            "test_waiting:TestCall.test_waits_for_each_limit_and_is_carried_out",
            "test_waiting:TestCall.test_beyond_the_budget_says_until_when_and_why",
            "test_waiting:TestFairness.test_calls_of_another_tenant_go_on_at_once",
        ),
    ),
    Row(
        "14",
        "Atlassian's scanner: no finding",
        (
            "test_atlassian_scanner:TestScanner.test_finds_no_link_that_answers_a_forged_token",
            "test_atlassian_scanner:TestScanner.test_cannot_install_with_a_key_of_its_own",
            "test_atlassian_scanner:TestScanner.test_shows_nothing_of_administrators_to_somebody_else",
            "test_atlassian_scanner:TestScanner.test_finds_the_headers_that_it_asks_for_on_every_answer",
        ),
        reason="TLS, its versions and `Strict-Transport-Security` are the proxy's, which deploys with the project.",
    ),
    Row(
        "15",
        "logs and error pages never hold a token, a secret or a mail address",
        (
            "app.conformance.secrecy:Secrecy.test_no_secret_is_logged_answered_or_kept_open",
            "test_deliveries:TestDelivery.test_leaves_no_address_of_a_person_in_logs_and_answers",
            "test_deliveries:TestDelivery.test_keeps_no_more_of_a_person_than_the_model_has",
        ),
    ),
    Row(
        "16",
        "a proxy that takes a prefix away, says other names, decodes: the configured address and the raw path count",
        (
            "test_behind_a_proxy:TestFrame.test_is_proven_by_the_configured_address_and_the_raw_path",
            "test_behind_a_proxy:TestInstall.test_whose_hash_has_the_path_in_it_is_refused",
            "test_requests_in:TestProxy.test_may_strip_the_prefix_or_leave_it",
            "test_requests_in:TestProxy.test_may_not_have_decoded_what_the_host_signed",
        ),
    ),
)
