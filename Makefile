# make demo      the first minute with an add-on, on this machine; ONCE=1 stops at the end
# make bake      answer the seven questions yourself, from this work tree as it stands
# make test      the template's tests, then those of a project made from it
# make lint      ruff and mypy, over the template's own code and the project in place
# make bench     how fast the add-on is, as a share of a bare FastAPI route
# make clean     remove build/, where all of the above happens
PYTHON ?= python3
export ONCE

.PHONY: demo bake test lint bench clean help

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

clean:
	rm -rf build
