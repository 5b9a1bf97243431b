# make demo      the first minute with an add-on, on this machine; ONCE=1 stops at the end, FAMILY=chat or atlassian walks less
# make bake      answer the nine questions yourself, from this work tree as it stands
# make test      the template's tests, then those of a project made from it
# make lint      ruff and mypy, over the template's own code and the project in place
# make bench     how fast the add-on is, as a share of a bare FastAPI route
# make chaos     processes killed and PostgreSQL restarted under load: what is lost; EVENTS=1000 sends fewer, DATABASE=sqlite one
# make clean     remove build/, where all of the above happens
PYTHON ?= python3
export ONCE FAMILY EVENTS DATABASE

.PHONY: demo bake test lint bench chaos clean help

help:
	@sed -n 's/^# //p' Makefile

demo:
	@$(PYTHON) -m tools.demo

bake:
	@$(PYTHON) -m tools.questions

test:
	@$(PYTHON) -m tools.test

lint:
	@$(PYTHON) -m tools.lint

bench:
	@$(PYTHON) -m tools.bench

chaos:
	@$(PYTHON) -m tools.chaos

clean:
	rm -rf build
