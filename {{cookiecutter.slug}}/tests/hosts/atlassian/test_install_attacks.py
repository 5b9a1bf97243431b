"""No attack of the table stores or changes anything, and nobody can tell one refusal from another."""

from app.conformance import STRANGER, Guest, Stage
from app.conformance.sending import all_alike
from tests.hosts.atlassian.attacks import ATTACKS, case_of, install_of, signed
from tests.hosts.atlassian.product import pem, rsa_key
from tests.hosts.atlassian_case import JiraCase
from tests.support.clock import ago

SITES = (
    "https://user@a.atlassian.net",
    "https://a.atlassian.net/?x=1",
    "https://a.atlassian.net/../x",
    "",
    "a",
    7,
    None,
)
SECRETS = ("short", "x" * 1001, pem(rsa_key("stranger")).decode(), "\ud800" * 40, 7, None)
WRONG = [{"baseUrl": one} for one in SITES] + [{"sharedSecret": one} for one in SECRETS]


class TestAttack:
    make_case = JiraCase

    async def test_is_401_and_stores_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        sent = install_of(case, guest)
        answers = {name: await stage.send(attack(case, guest, sent)) for name, attack in ATTACKS.items()}
        assert {name: one.status for name, one in answers.items() if one.status != 401} == {}
        assert all_alike(list(answers.values()))
        assert await stage.installations() == []
        assert guest.secret not in stage.logged
        assert (await stage.send(case.install(guest))).status == 204

    async def test_on_a_known_installation_changes_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        before = await stage.installations()
        sent = install_of(case, guest, sharedSecret=STRANGER)
        for name, attack in ATTACKS.items():
            if not name.startswith("body"):
                assert (await stage.send(attack(case, guest, sent))).status == 401, name
        assert await stage.installations() == before

    async def test_on_uninstall_ends_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        before = await stage.installations()
        sent = case.posted("uninstalled", case.site(guest))
        for name, attack in ATTACKS.items():
            if not name.startswith(("body", "site")):
                assert (await stage.send(attack(case, guest, sent))).status == 401, name
        assert await stage.installations() == before
        assert (await stage.send(case.uninstall(guest))).status == 204

    async def test_by_an_address_or_a_secret_that_is_none_is_refused(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        for changes in WRONG:
            answer = await stage.send(signed(case, guest, install_of(case, guest, **changes)))
            assert answer.status == 400, changes
        assert await stage.installations() == []


class TestReplay:
    make_case = JiraCase

    async def test_with_another_secret_is_401(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        token = dict(case.install(guest).headers)[b"authorization"].decode()
        before = await stage.installations()
        replayed = install_of(case, guest, sharedSecret=STRANGER).with_header("authorization", token)
        assert (await stage.send(replayed)).status == 401
        assert await stage.installations() == before

    async def test_with_another_secret_is_taken_where_the_site_itself_takes_that(self, stage: Stage) -> None:
        """Two installs that were signed in one second, and say the same, have one token."""
        case = case_of(stage)
        guest = await stage.install()
        token = dict(case.install(guest).headers)[b"authorization"].decode()
        renewed = Guest(guest.client_key, "another-secret-of-the-site-0123456789")
        again = install_of(case, guest, sharedSecret=renewed.secret).with_header("authorization", token)
        assert (await stage.send(again)).status == 401
        assert len(case.product.refused) == 1, "the site was asked, and has the first one still"
        case.site(guest).secret = renewed.secret
        assert (await stage.send(again)).status == 204
        assert (await stage.enter(renewed)).status == 200
        case.network.remove(case.site(guest).origin)
        other = install_of(case, guest, sharedSecret=STRANGER).with_header("authorization", token)
        assert (await stage.send(other)).status == 401

    async def test_at_another_address_is_not_asked_about_there(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        token = dict(case.install(guest).headers)[b"authorization"].decode()
        elsewhere = case.product.new_site()
        elsewhere.secret = STRANGER
        case.network.add(elsewhere.origin, case.product.site_app)
        sent = install_of(case, guest, sharedSecret=STRANGER, baseUrl=elsewhere.base_url)
        assert (await stage.send(sent.with_header("authorization", token))).status == 401
        assert (case.product.calls, case.product.refused) == ([], [])

    async def test_of_the_same_is_taken_and_changes_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        before = await stage.installations()
        assert (await stage.send(case.install(guest))).status == 204
        assert await stage.installations() == before

    async def test_of_an_install_before_changes_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        old = signed(case, guest, install_of(case, guest, sharedSecret=STRANGER), iat=ago(40))
        assert (await stage.send(signed(case, guest, install_of(case, guest)))).status == 204
        assert (await stage.send(old)).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_of_an_uninstall_after_a_reinstall_changes_nothing(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        gone = signed(case, guest, case.posted("uninstalled", case.site(guest)), iat=ago(40))
        assert (await stage.send(signed(case, guest, install_of(case, guest), iat=ago(50)))).status == 204
        assert (await stage.send(gone)).status == 204
        assert (await stage.send(signed(case, guest, install_of(case, guest)))).status == 204
        assert (await stage.send(gone)).status == 204
        assert (await stage.enter(guest)).status == 200
