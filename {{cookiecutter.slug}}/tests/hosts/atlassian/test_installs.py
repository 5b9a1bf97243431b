"""Signed installs over HTTP: what is stored, what stays, and whose it is (reference 4, 5; matrix row 1 and 4)."""

import pytest

from app.conformance import STRANGER, Guest, Sent, Stage
from app.conformance.stage import BASE_URL
from app.connect.hosts.atlassian import AtlassianDetails
from tests.hosts.atlassian.attacks import case_of, install_of, signed
from tests.hosts.atlassian_case import ConfluenceCase
from tests.support.clock import ago


class TestInstall:
    make_case = ConfluenceCase

    @pytest.mark.parametrize(
        "audience", [BASE_URL, BASE_URL + "/", [BASE_URL], ["https://other.example", BASE_URL + "/"]], ids=range(4)
    )
    async def test_for_our_address_is_stored(self, stage: Stage, audience: object) -> None:
        case = case_of(stage)
        guest = await case.guest()
        assert (await stage.send(signed(case, guest, install_of(case, guest), aud=audience))).status == 204
        assert (await stage.enter(guest)).status == 200

    async def test_with_parameters_in_its_address_is_stored(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        sent = install_of(case, guest).with_query("user_is_admin=true&b=2&a=1")
        assert (await stage.send(signed(case, guest, sent))).status == 204

    async def test_stores_what_the_site_said(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        said = {
            "displayUrl": "https://docs.example.com/wiki/",
            "displayUrlServicedeskHelpCenter": "not an address",
            "entitlementId": "e-1",
            "installationId": "ari:cloud:ecosystem::installation/1",
            "description": 7,
        }
        assert (await stage.send(signed(case, guest, install_of(case, guest, **said)))).status == 204
        tenant, site = await stage.tenant(guest), case.site(guest)
        assert tenant is not None
        assert (tenant.origin, tenant.api_url) == (site.origin, f"{site.origin}/wiki/")
        assert tenant.web_url == "https://docs.example.com/wiki"
        details = tenant.details(AtlassianDetails)
        assert details.model_dump(exclude={"installed_at_host", "install_token"}) == {
            "base_url": f"{site.origin}/wiki",
            "display_url": "https://docs.example.com/wiki",
            "help_center_url": None,
            "product": "confluence",
            "description": None,
            "oauth_client_id": f"oauth-{site.client_key}",
            "cloud_id": "cloud-1",
            "forge_installation_id": "ari:cloud:ecosystem::installation/1",
            "entitlement_id": "e-1",
            "entitlement_number": None,
        }

    async def test_that_says_less_keeps_what_is_known_but_the_domain(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        first = install_of(case, guest, displayUrl="https://docs.example.com")
        await stage.send(signed(case, guest, first, iat=ago(5)))
        less = install_of(case, guest, displayUrl=None, oauthClientId=None, cloudId=None)
        assert (await stage.send(signed(case, guest, less))).status == 204
        tenant = await stage.tenant(guest)
        assert tenant is not None
        details = tenant.details(AtlassianDetails)
        assert (details.oauth_client_id, details.cloud_id) == (f"oauth-{guest.client_key}", "cloud-1")
        assert details.display_url is None

    async def test_of_a_renamed_site_is_the_same_tenant_at_its_new_address(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        before = await stage.tenant(guest)
        renamed = install_of(case, guest, baseUrl="https://renamed.atlassian.net/wiki")
        assert (await stage.send(signed(case, guest, renamed, sub="renamed"))).status == 204
        after = await stage.tenant(guest)
        assert before is not None
        assert after is not None
        assert (after.id, after.generation) == (before.id, before.generation + 1)
        assert (after.origin, after.api_url) == ("https://renamed.atlassian.net", "https://renamed.atlassian.net/wiki/")

    async def test_of_another_client_at_a_known_site_is_another_tenant(self, stage: Stage) -> None:
        case = case_of(stage)
        guest, imported = await stage.install(), await case.guest()
        known = case.site(guest)
        sent = install_of(case, imported, baseUrl=known.base_url)
        assert (await stage.send(signed(case, imported, sent))).status == 204
        one, other = await stage.tenant(guest), await stage.tenant(imported)
        assert one is not None
        assert other is not None
        assert one.id != other.id
        assert one.api_url == other.api_url

    async def test_with_a_new_secret_lets_the_old_one_verify_for_a_while(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await stage.install()
        renewed = Guest(guest.client_key, "another-secret-of-the-site-0123456789")
        sent = install_of(case, guest, sharedSecret=renewed.secret)
        assert (await stage.send(signed(case, guest, sent, sub="rotated"))).status == 204
        assert [(await stage.enter(one)).status for one in (guest, renewed)] == [200, 200]
        assert (await stage.enter(Guest(guest.client_key, STRANGER))).status == 401

    async def test_on_the_other_products_route_is_refused(self, stage: Stage) -> None:
        case = case_of(stage)
        guest = await case.guest()
        jira = Sent("POST", "/jira/installed", install_of(case, guest).headers, install_of(case, guest).body)
        assert (await stage.send(signed(case, guest, jira))).status == 404
