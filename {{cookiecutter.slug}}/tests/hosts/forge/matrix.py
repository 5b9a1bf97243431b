"""What every implementation of Forge Remote must pass, row by row, and the tests that prove it (reference 14)."""

from dataclasses import dataclass

HERE = "tests.hosts.forge"


@dataclass(frozen=True)
class Row:
    """One row; `proofs` are `module:Class.test`, below `tests.hosts.forge` where the module has no dots."""

    number: str
    what: str
    proofs: tuple[str, ...]


BAD_CLAIMS = "test_forge_tokens:TestBadToken.test_whose_claims_do_not_fit_is_401"
FORGED = "test_forge_tokens:TestBadToken.test_that_nobody_signed_is_401"
COLD = "test_forge_keys:TestColdServer.test_that_misbehaves_is_503_and_nothing_is_stored"
DOWN = "test_forge_keys:TestWarmServer.test_that_goes_down_leaves_its_keys_in_force"
MISBEHAVES = "test_forge_keys:TestKeySet.test_is_kept_when_its_server_misbehaves_later"
UNKNOWN_KEYS = "test_forge_keys:TestWarmServer.test_is_asked_once_more_by_thousands_of_unknown_ids"
CONTAINER = "test_forge_container_attacks:TestWhatIsNotBelieved"
MOVE = "tests.hosts.forge.together.test_move:TestMove"
RACED = f"{MOVE}.test_raced_by_two_processes_loses_no_event_and_handles_none_twice"

MATRIX = (
    Row(
        "1",
        "a token that holds brings an event, a call and a schedule",
        (
            "test_forge_tokens:TestGoodToken.test_brings_an_event_a_call_and_a_schedule",
            "test_forge_tokens:TestGoodToken.test_is_long_where_its_context_is",
        ),
    ),
    Row(
        "2",
        "none, unsigned, signed by another, for another, too late or too early: 401 and JSON",
        (
            "test_forge_tokens:TestBadToken.test_is_none_two_or_in_the_query",
            "test_forge_tokens:TestBadToken.test_of_the_staging_cloud_is_401",
            BAD_CLAIMS,
            FORGED,
            UNKNOWN_KEYS,
        ),
    ),
    Row(
        "3",
        "the key server is down, with its keys here and without",
        (DOWN, COLD, MISBEHAVES, "test_forge_keys:TestColdServer.test_that_is_not_there_is_503"),
    ),
    Row(
        "4",
        "a hundred requests with a new key are one fetch",
        (
            "test_forge_keys:TestWarmServer.test_is_asked_once_by_a_hundred_requests",
            "test_forge_keys:TestKeySet.test_is_fetched_once_for_a_hundred_that_want_a_new_key",
        ),
    ),
    Row("5", "what an author refuses is 403", ("test_forge_tokens:TestRefusal.test_of_an_author_is_403_and_json",)),
    Row(
        "6",
        "a mistake of the author's is 500 with a JSON body",
        ("test_forge_tokens:TestRefusal.test_of_a_mistake_in_a_resolver_is_500_with_json",),
    ),
    Row(
        "7",
        "an event is answered before its handler runs",
        ("test_forge_events:TestEvent.test_is_answered_before_its_handler_runs",),
    ),
    Row(
        "8",
        "an event that is sent again is handled once, wherever it says so",
        ("test_forge_events:TestEvent.test_that_is_sent_again_is_handled_once", RACED),
    ),
    Row(
        "9",
        "a call before `installed`, `installed` twice, and a new installation of a site are one tenant",
        (
            "test_forge_installations:TestComing.test_by_a_call_before_installed_and_installed_twice_is_one_tenant",
            "test_forge_installations:TestComingAnew.test_with_another_id_is_the_same_tenant",
            "test_forge_installations:TestComingAnew.test_raced_by_two_processes_is_one_tenant",
            "test_forge_settling:TestFirstCall.test_writes_to_the_tenant_that_its_site_has_by_connect",
        ),
    ),
    Row(
        "10",
        "access tokens are replaced, end, are missing, and are in no log",
        (
            "test_forge_access:TestSystemToken.test_that_lasts_longer_takes_the_place_in_every_process",
            "test_forge_access:TestSystemToken.test_that_is_over_or_missing_lets_a_job_wait_and_says_so",
            "test_forge_access:TestSystemToken.test_is_in_no_log_no_answer_and_no_row",
        ),
    ),
    Row(
        "11",
        "the tenant of Connect is joined by the install's body and by the site's property, or there is none",
        (
            "test_forge_joining:TestByTheInstallsBody.test_connect_first_then_its_forge_installation",
            "test_forge_joining:TestByTheSitesProperty.test_is_read_once_and_joins",
            "test_forge_joining:TestByTheSitesProperty.test_is_not_there_and_nothing_happens",
            f"{MOVE}.test_without_connect_modules_is_joined_by_the_sites_property",
        ),
    ),
    Row(
        "12",
        "the hooks of data residency in order, again, and back",
        (
            "test_forge_residency:TestMove.test_goes_from_plan_to_end",
            "test_forge_residency:TestMove.test_is_rolled_back",
            "test_forge_residency:TestMove.test_that_is_refused_says_why_and_leaves_nothing",
        ),
    ),
    Row(
        "13",
        "a page of Atlassian's may call, of anybody else it is told nothing",
        (
            "test_forge_calls:TestOrigin.test_of_atlassian_may_ask_and_call",
            "test_forge_calls:TestOrigin.test_of_anybody_else_is_told_nothing",
        ),
    ),
    Row(
        "14",
        "the manifest of a descriptor, the same bytes twice; `strangers/test_forge_manifests.py` has it judged",
        (
            "test_manifest:TestLeast.test_is_the_same_bytes_twice",
            "test_manifest_connect:TestConnectModules.test_are_those_of_the_descriptor",
        ),
    ),
    Row(
        "15",
        "the last word, silence and lasting refusals end it, and nothing is called any more",
        (
            "test_forge_installations:TestGoing.test_by_the_last_word_ends_it_and_deletes_everything_later",
            "test_forge_installations:TestGoing.test_by_silence_suspends_then_ends_it_and_keeps_its_data_for_some_days",
            "test_forge_refusals:TestRefusals.test_that_last_end_the_one_installation_and_no_other",
            "test_forge_refusals:TestRefusals.test_that_stop_in_time_end_nothing",
        ),
    ),
)

ATTACKED = (
    Row("HS256", "a token signed with the published key as a secret, or with nothing", (FORGED,)),
    Row("aud", "an audience that is a list, a prefix, or another app's", (BAD_CLAIMS,)),
    Row("app", "an app at odds with the audience, or of another environment", (BAD_CLAIMS,)),
    Row("api", "a signed address of an API that is not allowed", (BAD_CLAIMS,)),
    Row(
        "api in use",
        "an access token for any other address",
        (
            "test_forge_access:TestSystemToken.test_goes_to_no_other_address",
            "test_forge_access:TestSystemToken.test_is_put_on_no_request_that_goes_elsewhere",
        ),
    ),
    Row(
        "kid",
        "thousands of keys that nobody knows",
        (UNKNOWN_KEYS, "test_forge_keys:TestKeySet.test_asks_no_more_for_thousands_of_made_up_keys"),
    ),
    Row(
        "keys",
        "a key set that is huge, slow, redirects, is empty or lacks the key in use",
        (
            COLD,
            MISBEHAVES,
            "test_forge_keys:TestWarmServer.test_that_lacks_the_key_in_use_is_401",
            "test_forge_keys:TestKeySet.test_of_a_server_that_drips_is_given_up",
        ),
    ),
    Row(
        "isolated",
        "labels of isolated clouds that are made up",
        (
            BAD_CLAIMS,
            "test_forge_keys:TestIsolatedClouds.test_are_refused_without_one",
            "test_forge_keys:TestIsolatedClouds.test_that_are_made_up_are_asked_for_once_a_second",
        ),
    ),
    Row(
        "module",
        "a token of one module at the route of another",
        (
            "test_forge_tokens:TestBadToken.test_of_an_event_opens_no_call_and_the_other_way_round",
            "test_forge_residency:TestProof.test_is_a_token_of_the_app_that_is_of_no_frontend_and_no_other_endpoint",
        ),
    ),
    Row(
        "caller",
        "a person or place in the body or in headers",
        ("test_forge_calls:TestTyped.test_caller_is_the_tokens_and_not_the_bodys_or_the_headers",),
    ),
    Row(
        "joining",
        "an install that names an installation of another site",
        ("test_forge_joining:TestByTheInstallsBody.test_never_across_sites",),
    ),
    Row(
        "container",
        "an invocation's id outside a container, made up, twice, of another app or environment; a stamp from outside",
        (
            f"{CONTAINER}.test_is_an_invocations_id_outside_a_container",
            f"{CONTAINER}.test_is_an_id_that_is_made_up",
            f"{CONTAINER}.test_is_one_of_two_ids_or_a_token_beside_one",
            f"{CONTAINER}.test_is_a_context_of_another_app_or_environment",
            f"{CONTAINER}.test_is_an_event_of_what_is_no_trigger",
            f"{CONTAINER}.test_is_a_call_of_what_nobody_sees",
            f"{CONTAINER}.test_is_a_stamp_from_outside",
        ),
    ),
    Row(
        "sidecar",
        "a sidecar that is down, slow, huge or redirects",
        (
            "test_forge_container_attacks:TestSidecar.test_that_misbehaves_is_503_and_the_call_can_be_sent_again",
            "test_forge_container_attacks:TestSidecar.test_that_is_not_there_is_503_and_what_needs_it_not_goes_on",
        ),
    ),
    Row(
        "devhost",
        "every attack that the devhost knows, at the real add-on",
        ("tests.hosts.forge.together.test_whole:TestAttack.test_of_every_kind_is_refused_and_changes_nothing",),
    ),
)
