"""`make chaos`: the add-on in several processes that are killed all the time, beside a host that counts."""
