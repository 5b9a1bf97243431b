"""Your add-on. Each file declares handlers on a router of its own; list the routers here.

What is for every host is in the first four; each family of hosts has files of its own.
"""

from app.addon import api, jobs, pages, settings
from app.addon.chat import hipchat
from app.addon.issues import jira

routers = (
    api.router,
    jobs.router,
    pages.router,
    settings.router,
    hipchat,
    jira,
)
