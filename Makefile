# Two commands matter: `make run` and `make test`. Each does all the set-up it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data
NATIVE_SOURCES := CMakeLists.txt $(shell find native -name '*.cpp' -o -name '*.hpp' -o -name '*.inc' -o -name 'CMakeLists.txt' 2>/dev/null)
CORE_TESTS := tests/core tests/ml
PACKAGES := $(shell find agent api core evals knowledge ml native tools -name __init__.py)
UI_SOURCES := $(shell find ui -not -path '*/node_modules/*' -not -path '*/dist/*' -type f 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export LITELLM_LOCAL_MODEL_COST_MAP = True

.PHONY: run test lint types layers unit native-test sanitize console clean

run: $(VENV)/.installed api/console/index.html
	$(BIN)/llamaspace serve --data $(DATA)

test: lint types layers native-test unit

$(VENV)/.dependencies: constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LlamaSpace needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt scikit-build-core pybind11 cmake ninja
	$(BIN)/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; print("\n".join(p["dependencies"] + p["optional-dependencies"]["build"] + p["optional-dependencies"]["test"]))' > $(VENV)/requirements.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --requirement $(VENV)/requirements.txt
	touch $@

# A package that is added later is known to the editable install only after it is made again.
$(VENV)/.installed: $(VENV)/.dependencies $(NATIVE_SOURCES) $(PACKAGES)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

api/console/index.html: $(VENV)/.dependencies $(UI_SOURCES)
	cd ui && PATH="$(abspath $(BIN)):$$PATH" npm ci --no-audit --no-fund && PATH="$(abspath $(BIN)):$$PATH" npm run build
	touch $@

console: api/console/index.html

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.links

types: $(VENV)/.installed
	$(BIN)/mypy

layers: $(VENV)/.installed
	$(BIN)/lint-imports

native-test: $(VENV)/.installed
	$(BIN)/cmake -S . -B build/tests -G Ninja -DLLAMASPACE_TESTS=ON -DCMAKE_BUILD_TYPE=Release -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DPython_EXECUTABLE=$(abspath $(BIN))/python > build/tests-configure.log
	$(BIN)/cmake --build build/tests
	$(BIN)/ctest --test-dir build/tests --output-on-failure

sanitize: $(VENV)/.installed
	$(BIN)/cmake -S . -B build/sanitize -G Ninja -DLLAMASPACE_TESTS=ON -DLLAMASPACE_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DPython_EXECUTABLE=$(abspath $(BIN))/python
	$(BIN)/cmake --build build/sanitize
	$(BIN)/ctest --test-dir build/sanitize --output-on-failure

# Two runs side by side, as most tests keep one core busy: those of the core, whose output comes last, and all others.
unit: $(VENV)/.installed api/console/index.html
	mkdir -p build
	$(BIN)/python -m pytest $(CORE_TESTS) > build/core-tests.log 2>&1 & core=$$!; \
	$(BIN)/python -m pytest $(addprefix --ignore=,$(CORE_TESTS)); others=$$?; \
	wait $$core; core=$$?; cat build/core-tests.log; exit $$((others || core))

clean:
	rm -rf build $(VENV) api/console ui/node_modules
