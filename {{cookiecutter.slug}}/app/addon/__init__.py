"""Your add-on. Each file declares handlers on a router of its own; list the routers here."""

from app.addon import api, jobs, pages, settings, webhooks

routers = (
    webhooks.router,
    webhooks.hipchat,
    pages.router,
    pages.hipchat,
    jobs.router,
    jobs.hipchat,
    api.router,
    settings.router,
)
