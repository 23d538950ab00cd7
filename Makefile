# Two commands do all the set-up: `make demo` and `make test`. They need Python 3.11 or newer.

PYTHON ?= python3
BACKENDS ?= numpy
JUDGED ?= jax tensorflow torch numpy toy

export TF_CPP_MIN_LOG_LEVEL ?= 3
# The matrices here are small: a second BLAS thread gains nothing on a quiet machine and waits on a busy one.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

pip = $(1)/bin/python -m pip install --quiet --constraint constraints.txt
# Torch comes first, and by its exact version: a range could fetch a build with gigabytes of CUDA.
torch = $(shell grep '^torch==' constraints.txt)
nothing :=
comma := ,
list = $(subst $(nothing) ,$(1),$(strip $(2)))

.PHONY: demo test typed lint docs clean

# Train on real digits, on each of BACKENDS, and write demo.png.
demo: .venv-demo/$(call list,-,$(BACKENDS)).installed
	.venv-demo/bin/python docs/demo.py $(BACKENDS)

.venv-demo/%.installed: pyproject.toml constraints.txt
	@echo "Installing kcompat, scikit-learn and matplotlib into .venv-demo"
	$(PYTHON) -m venv .venv-demo
	$(if $(filter torch,$(BACKENDS)),$(call pip,.venv-demo) $(torch))
	$(call pip,.venv-demo) --editable '.[$(call list,$(comma),demo $(filter-out numpy,$(BACKENDS)))]'
	touch $@

# Judge all four backends and the toy plug-in by the suite, the slowest first; then run the other tests on them.
test: .venv/installed
	mkdir -p build
	.venv/bin/kcompat conform $(addprefix --backend ,$(JUDGED)) --report build/conformance.json --html build/conformance.html
	.venv/bin/python -m pytest --ignore conformance/tests/test_conformance.py $(TESTS)

.venv/installed: pyproject.toml constraints.txt conformance/toy_backend/pyproject.toml
	@echo "Installing kcompat and all four frameworks into .venv; this takes some minutes"
	$(PYTHON) -m venv .venv
	$(call pip,.venv) $(torch)
	$(call pip,.venv) --editable '.[dev]'
	$(call pip,.venv) --no-deps --editable ./conformance/toy_backend
	touch $@

# Tools that read files cannot follow the folder map of pyproject.toml: links laid out as the package is.
typed: .venv/installed
	rm -rf build/typed && mkdir -p build/typed/kcompat
	ln -s $(CURDIR)/kcompat/* $(addprefix $(CURDIR)/,spec backends conformance bench) build/typed/kcompat

lint: typed
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	cd build/typed && ../../.venv/bin/mypy --config-file ../../pyproject.toml

# Build the site, which asks each framework what it has; a broken link or reference is an error.
docs: typed
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --config-file docs/mkdocs.yml
	@echo "Open docs/site/index.html in a browser"

clean:
	rm -rf .venv .venv-demo build docs/site demo.png *.egg-info
