# The commands of this repository. Each is a script in scripts/ that says what it does.
#
#   make run         build what changed and start the demo on http://localhost:8080   (ARGS="--listen …" is passed on)
#   make test        every check and test                                             (ONLY="format rust" runs some steps)
#   make test-slow   long tests: kill -9, long API runs                               (ONLY=… as above)
#   make openapi     write openapi.json and the web client's types anew from the code

.PHONY: run test test-slow openapi
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

run:
	@exec scripts/run.sh $(ARGS)

test:
	@exec scripts/test.sh $(ONLY)

test-slow:
	@exec scripts/test-slow.sh $(ONLY)

openapi:
	@exec scripts/openapi.sh write
