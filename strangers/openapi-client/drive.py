"""Calls an add-on with the client that PyPI's openapi-python-client generated from its OpenAPI document.

`--client FOLDER --address URL` say where that is, and what it calls. One JSON object in for each line, one out:
{"act": "POST /api/tokens", "token": ..., "arguments": ..., "body": ...} -> {"status": ..., "answer": ...}, or
{"error": ...}.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints


def function_of(folder: Path, document: Mapping[str, Any], act: str) -> ModuleType:
    """Import what was generated for a method and a path."""
    method, path = act.split(" ")
    operation = document["paths"][path][method.lower()]
    tag, name = (re.sub(r"\W", "_", text) for text in (operation["tags"][0], operation["operationId"]))
    return import_module(f"{folder.name}.api.{tag}.{re.sub('_+', '_', name)}")


def plain(answer: Any) -> Any:
    """Return what the client made of an answer as JSON."""
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    return answer.to_dict() if hasattr(answer, "to_dict") else answer


def run(
    folder: Path,
    address: str,
    act: str,
    *,
    token: str,
    prefix: str = "Bearer",
    arguments: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Do one call; the body is made by the model that was generated for it."""
    document = json.loads((folder.parent / "openapi.json").read_text(encoding="utf-8"))
    module = function_of(folder, document, act)
    clients = import_module(f"{folder.name}.client")
    given = dict(arguments or {})
    if body is not None:
        given["body"] = get_type_hints(module.sync_detailed)["body"].from_dict(body)
    with clients.AuthenticatedClient(base_url=address, token=token, prefix=prefix) as client:
        response = module.sync_detailed(client=client, **given)
    return {"status": int(response.status_code), "answer": plain(response.parsed)}


def main() -> None:
    """Answer line by line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", type=Path, required=True)
    parser.add_argument("--address", required=True)
    options = parser.parse_args()
    sys.path.insert(0, str(options.client.parent))
    for line in sys.stdin:
        try:
            answer = run(options.client, options.address, **json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever the client throws is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
