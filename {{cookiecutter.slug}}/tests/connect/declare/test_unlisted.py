"""A router that a file declares handlers on and nobody listed: `addon check` names it."""

import sys
from pathlib import Path

import pytest

from app.connect.declare.router import Router
from app.connect.serving.checks import unlisted_routers

FILES = {
    "__init__": "from unlisted_addon import pages\n\nrouters = (pages.router,)\n",
    "pages": "from app.connect import AddonRouter\n\nrouter = AddonRouter()\nspare = AddonRouter()\n",
    "jobs": (
        "from app.connect import AddonRouter, Ctx\n\nrouter = AddonRouter()\n\n\n"
        "@router.job('tidy')\nasync def tidy(ctx: Ctx) -> None: ...\n"
    ),
    "api/__init__": "",
    "api/builds": (
        "from app.connect import AddonRouter, ApiCtx\nfrom unlisted_addon.jobs import router as jobs\n\n"
        "router = AddonRouter()\n\n\n"
        "@router.route('/api/builds', methods=['GET'])\nasync def builds(ctx: ApiCtx) -> None: ...\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, text in FILES.items():
        file = tmp_path / "unlisted_addon" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "unlisted_addon"]:
        monkeypatch.delitem(sys.modules, name)
    return "unlisted_addon"


class TestUnlistedRouters:
    def test_are_named_with_their_file_each_once(self, package: str) -> None:
        lines = unlisted_routers(package, [])
        said = "nothing that `{}` declares is served. Add it to `routers` in unlisted_addon/__init__.py."
        assert lines == [f"unlisted_addon/api/builds.py: {said.format(name)}" for name in ("jobs", "router")]

    def test_that_declare_nothing_are_left_alone(self, package: str) -> None:
        assert not any("spare" in line for line in unlisted_routers(package, []))

    def test_are_none_where_all_are_listed(self, package: str) -> None:
        unlisted_routers(package, [])
        listed = [
            router
            for name, module in sys.modules.items()
            if name.startswith(package)
            for router in vars(module).values()
            if isinstance(router, Router)
        ]
        assert unlisted_routers(package, listed) == []
