"""Plays the attacker at one add-on, as the table of faults says."""

from devhost.acts.attacks import Verdict, judged
from devhost.acts.faults import LEGITIMATE, Fault
from devhost.acts.knobs import Value
from devhost.chat.host import Host
from devhost.errors import bad_request
from devhost.wire.outbound import Answer
from devhost.world.broken import Forgery
from devhost.world.installations import Installation


async def aim(
    host: Host, fault: Fault, values: dict[str, Value], victim: Installation, *, room: str, user: str
) -> Verdict:
    """Do to one add-on what the table says. Raises HostError 400 where it has nothing to attack."""
    match fault.key:
        case "revoke":
            count = host.revoke_tokens(victim.client_id)
            return Verdict(told=[f"{count} access tokens of {victim.descriptor.name} were revoked."])
        case "forge_token":
            forgery = Forgery(str(values["forgery"]))
            answer = await _try_forged(host, victim, forgery, room=room, user=user)
            return judged(answer, legitimate=forgery in LEGITIMATE)
        case "forge_install":
            return judged(await host.forge_install(victim.client_id))
        case "forge_update":
            answer = await host.forge_update(victim.client_id)
            return Verdict(
                told=[
                    f"The add-on answered: {answer.told()}.",
                    "Anybody can send this. A careful add-on reads the host again from the address that it knows.",
                ],
                verdict="Say something to it: it should still answer.",
            )
        case "forge_uninstall":
            answer = await host.forge_uninstall(victim.client_id)
            return Verdict(
                told=[
                    f"The add-on answered: {answer.told()}.",
                    "Anybody can send this. A careful add-on asks the host for a token before it deletes anything.",
                ],
                verdict="Say something to it: it should still answer.",
            )
        case _:
            await host.uninstall(victim.client_id, delete=False, browser=False)
            return Verdict(told=[f"{victim.descriptor.name} is gone, and does not know it until the host answers 401."])


async def _try_forged(host: Host, victim: Installation, forgery: Forgery, *, room: str, user: str) -> Answer:
    pages = host.signed_pages(victim)
    if not pages:
        raise bad_request("The add-on has no page and no glance that could be asked", field="client_id")
    kind, key = pages[0]
    number = host.room(room).id
    here = number if victim.covers(number) else victim.room_id
    return await host.ask(host.look(victim.client_id, kind, key, room_id=here, user=user, forgery=forgery))
