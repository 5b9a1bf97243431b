"""Where the manifest says this add-on runs: one address or one for each region, variables, containers, and moves."""

from tests.hosts.forge.apps import LEAST, manifest

JIRA = '[jira]\nscopes = ["READ", "ACT_AS_USER"]\n'


class TestRemote:
    def test_has_an_address_for_each_region(self) -> None:
        made = manifest(
            f'{LEAST}remote = {{ baseUrl = {{ default = "${{BASE_URL}}", EU = "https://eu.example.com" }} }}'
        )
        assert made["remotes"][0]["baseUrl"] == {"default": "${BASE_URL}", "EU": "https://eu.example.com"}

    def test_takes_the_regions_of_the_descriptor(self) -> None:
        made = manifest(f'{JIRA}regionBaseUrls = {{ DE = "https://de.example.com" }}\n{LEAST}')
        assert made["remotes"][0]["baseUrl"] == {"default": "${BASE_URL}", "DE": "https://de.example.com"}

    def test_that_stores_nothing_says_nothing_of_storage(self) -> None:
        made = manifest(f'{LEAST}remote = {{ operations = ["compute"] }}')
        assert made["remotes"] == [{"key": "backend", "baseUrl": "${BASE_URL}", "operations": ["compute"]}]


class TestVariables:
    def test_are_declared_with_their_defaults(self) -> None:
        text = f'{LEAST}app = "${{MY_APP}}"\n[forge.environment]\nMY_APP = true\nCOLOUR = "red"'
        made = manifest(text)
        assert made["app"]["id"] == "${MY_APP}"
        assert made["environment"]["variables"] == ["BASE_URL", "MY_APP", {"key": "COLOUR", "default": "red"}]

    def test_given_a_default_are_declared_once(self) -> None:
        made = manifest(f'{LEAST}[forge.environment]\nBASE_URL = "https://dev.example.com"')
        assert made["environment"]["variables"] == ["APP_ID", {"key": "BASE_URL", "default": "https://dev.example.com"}]


class TestResidency:
    def test_is_written_where_hooks_are_declared(self) -> None:
        text = f"""{LEAST}
        remote = {{ baseUrl = {{ default = "${{BASE_URL}}", EU = "https://eu.example.com" }} }}
        dataResidency = {{ maxMigrationDurationHours = 1.5 }}
        """
        assert manifest(text, moves=["forge"])["modules"]["migration:dataResidency"] == [
            {
                "key": "forge-data-residency",
                "remote": "backend",
                "path": "/forge/migration",
                "maxMigrationDurationHours": 1.5,
            }
        ]


class TestService:
    def test_runs_every_endpoint_in_a_container(self) -> None:
        made = manifest(f'{LEAST}[forge.service]\ntag = "1.4.0"\nscaling = {{ max = 3 }}')
        assert made["services"] == [
            {
                "key": "addon",
                "containers": [
                    {
                        "key": "addon",
                        "tag": "1.4.0",
                        "health": {"type": "http", "route": {"path": "/health/live"}},
                        "resources": {"cpu": "250m", "memory": "512Mi"},
                    }
                ],
                "scaling": {"min": 1, "max": 3},
            }
        ]
        assert {one.get("service") for one in made["modules"]["endpoint"]} == {"addon"}
        assert "remotes" not in made

    def test_keeps_the_remote_of_a_connect_addon(self) -> None:
        made = manifest(f'{JIRA}{LEAST}[forge.service]\ntag = "1.4.0"')
        assert made["app"]["connect"]["remote"] == made["remotes"][0]["key"]
