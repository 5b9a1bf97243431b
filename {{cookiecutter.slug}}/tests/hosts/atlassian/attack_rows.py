"""The table of attacks, row by row, and the tests that prove that none gets through."""

from tests.hosts.atlassian.matrix import ALL_ATTACKS, CONTEXT_ELSEWHERE, Row

ATTACKED = (
    Row("unsigned", "an install without a signature", ALL_ATTACKS, ("without a token", "no algorithm")),
    Row(
        "HS256",
        "an install signed with the public key, or with the secret that it brings",
        ALL_ATTACKS,
        ("HS256 with the public key", "HS256 with the new secret", "HS256 with another secret"),
    ),
    Row(
        "kid",
        "the id of a key that is unknown, missing or hostile",
        (*ALL_ATTACKS, "test_key_server:TestKeys.test_of_another_form_are_never_asked_for"),
        (
            "unknown key",
            "no key",
            "key that is a path",
            "key that is an address",
            "key with a query",
            "key that is encoded",
            "key that is a list",
            "key that is empty",
            "key that is long",
            "key of its own",
        ),
    ),
    Row(
        "audience",
        "an audience that begins as ours, or is a part of it",
        ALL_ATTACKS,
        ("audience by prefix", "audience a part of ours", "audience below ours", "no audience", "audience an object"),
    ),
    Row(
        "body",
        "a body that is at odds with its token or its route",
        ALL_ATTACKS,
        (
            "issuer another",
            "issuer of another installation",
            "body for another add-on",
            "body of another event",
            "body of another product",
        ),
    ),
    Row(
        "replay",
        "an install sent again: as it was, with another secret, after an uninstall",
        (
            "test_install_attacks:TestReplay.test_with_another_secret_is_401",
            "test_install_attacks:TestReplay.test_at_another_address_is_not_asked_about_there",
            "test_install_attacks:TestReplay.test_of_the_same_is_taken_and_changes_nothing",
            "test_install_attacks:TestReplay.test_of_an_install_before_changes_nothing",
            "test_site_events:TestSiteEvents.test_install_from_before_an_uninstall_brings_nothing_back",
        ),
    ),
    Row(
        "qsh",
        "the hash of another address, of another method, of one parameter less",
        (
            *ALL_ATTACKS,
            "test_requests_in:TestEntry.test_holds_for_its_parameters_in_any_form",
            "test_qsh:TestReceived.test_is_proven_by_its_token",
            "app.conformance.proving:Binding.test_token_of_one_method_does_not_open_another",
        ),
        ("hash of another path", "no hash", "hash is a list", "a parameter more"),
    ),
    Row(
        "context-qsh",
        "`context-qsh` on each other kind of route",
        (CONTEXT_ELSEWHERE, *ALL_ATTACKS),
        ("hash of a script",),
    ),
    Row(
        "query",
        "a token in the query of a route of the lifecycle",
        (*ALL_ATTACKS, CONTEXT_ELSEWHERE),
        ("token in the query", "token in both places"),
    ),
    Row(
        "key server",
        "a key server that is down, slow, huge or redirects",
        (
            "test_key_server:TestKeyServer.test_that_misbehaves_is_503_and_nothing_is_stored",
            "test_key_server:TestCost.test_of_a_server_that_never_answers_is_an_answer_in_time",
            "test_key_server:TestKeys.test_come_from_the_second_server_when_the_first_is_down",
        ),
    ),
    Row(
        "memory",
        "a token proven for one address, sent to another through the memory of proven tokens",
        ("app.conformance.proving:Binding.test_remembered_token_does_not_open_another_query_or_path",),
    ),
    Row(
        "who may",
        "every route against every kind of token",
        ("test_who_may:TestWhoMay.test_each_route_takes_the_tokens_in_the_table_and_no_other",),
    ),
)
