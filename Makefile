# The course's commands; `make` alone lists them.
# PYTHON=python3.12 chooses the Python, VENV=folder the place of the environment.

VENV ?= .venv
BIN := $(VENV)/bin

# Unless one is asked for: the Python that the environment was made with, else python3.
MADE_WITH := $(shell $(BIN)/python -c 'import sys; print(sys._base_executable)' 2>/dev/null)
PYTHON ?= $(or $(MADE_WITH),python3)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

# These stamps are set last and say for which Python and which folder: the environment is made anew after
# a half-done installation, with another Python, in a folder that was moved, or when it no longer starts.
FOLDER := $(shell pwd | cksum | cut -d ' ' -f 1)
READY := $(VENV)/ready-$(VERSION)-$(FOLDER)
TEST_READY := $(VENV)/test-ready-$(VERSION)-$(FOLDER)

# On Linux pip chooses PyTorch's CUDA build, of 5 GB. Without an NVIDIA card we take the CPU build, if it is to be had.
CPU := https://download.pytorch.org/whl/cpu
CUDA := $(if $(filter Linux,$(shell uname)),$(shell command -v nvidia-smi),none)
TORCH := $(shell grep '^torch==' requirements.txt)

# JupyterLab does not run as root unless told to. Where there is no screen, it prints its address instead.
LAB := --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb
LAB += $(if $(filter 0,$(shell id -u)),--allow-root)
LAB += $(if $(filter Darwin,$(shell uname))$(DISPLAY)$(WAYLAND_DISPLAY)$(BROWSER),,--no-browser)

.PHONY: anew help setup lab test lint data notebooks experiments runs images time test-browser test-portable mutants bench \
	verify-published clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## make .venv and install what a reader needs

lab: $(READY) ## open the course in JupyterLab
	$(BIN)/python -m jupyterlab $(LAB)

test: $(TEST_READY) ## run the unit tests, the doctests and every notebook
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(TEST_READY) ## look for mistakes and untidiness, and at the form of the notebooks
	$(BIN)/ruff check
	$(BIN)/pytest tests/form.py -q

notebooks: $(TEST_READY) ## run the notebooks and store their outputs
	$(BIN)/python notebooks/build.py execute

experiments: $(READY) ## train, with several seeds, what the notebooks only quote, their saved models too (about seven hours)
	$(BIN)/python notebooks/experiments/ngrams.py
	$(BIN)/python notebooks/experiments/self_attention.py
	$(BIN)/python notebooks/experiments/multi_head.py
	$(BIN)/python notebooks/experiments/transformer.py
	$(BIN)/python notebooks/experiments/gpt.py
	PYTHONPATH=. $(BIN)/python notebooks/experiments/tales.py
	PYTHONPATH=. $(BIN)/python notebooks/experiments/tokens.py $(TEXT) $(OTHER)
	PYTHONPATH=. $(BIN)/python notebooks/experiments/oddities.py
	$(BIN)/python notebooks/experiments/gpt1.py
	$(BIN)/python notebooks/experiments/lstm.py
	$(BIN)/python notebooks/experiments/fine_tuning.py
	$(BIN)/python notebooks/experiments/shortcuts.py
	$(BIN)/python notebooks/experiments/gpt2.py
	$(BIN)/python notebooks/experiments/optimizers.py
	PYTHONPATH=. $(BIN)/python notebooks/experiments/modern_block.py $(TEXT)

runs: $(READY) ## train the ladder of models on the little web that notebooks 09 to 12 share, those that laws are read from, and those that learn from their prompts (about five hours)
	$(BIN)/python notebooks/experiments/ladder.py
	$(BIN)/python notebooks/experiments/zero_shot.py
	$(BIN)/python notebooks/experiments/samples.py
	$(BIN)/python notebooks/experiments/laws.py
	$(BIN)/python notebooks/experiments/bands.py
	$(BIN)/python notebooks/experiments/prompts.py

data: $(TEST_READY) ## tell the stories again and measure their floor
	PYTHONPATH=. $(BIN)/python data/build.py

images: $(READY) ## draw the pictures again
	$(BIN)/python images/build.py

time: $(TEST_READY) ## measure the notebooks; write their seconds into them and into the README
	$(BIN)/python notebooks/build.py time

test-browser: $(TEST_READY) ## run the notebooks' widgets in a real browser (needs Chromium)
	$(BIN)/pytest tests/browser -n 2 --maxschedchunk 1

test-portable: $(TEST_READY) ## run the notebooks as another CPU would compute them
	ATEN_CPU_CAPABILITY=avx2 MKL_CBWR=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 $(BIN)/pytest notebooks/*.ipynb

mutants: $(TEST_READY) ## break the library on purpose: the tests must notice
	$(BIN)/pytest tests/mutants.py -n 2

# NANOGPT names a checkout of nanoGPT, TEXT a copy of Tiny Shakespeare, which is else downloaded.
bench: $(TEST_READY) ## measure speed and loss beside transformers' and, if NANOGPT=folder, nanoGPT's
	$(BIN)/python tests/bench/step.py
	$(BIN)/python tests/bench/attention.py
	$(BIN)/python tests/bench/banded.py
	$(BIN)/python tests/bench/generation.py
	$(BIN)/python tests/bench/eight_bits.py
	$(BIN)/python tests/bench/tokens.py
	$(BIN)/python tests/bench/shakespeare.py $(TEXT)

verify-published: $(TEST_READY) ## compare GPT-1 and GPT-2, as published, with recorded logits (downloads 1 GB)
	$(BIN)/python tests/verify_published.py $(MODELS)

clean: ## remove everything that can be made again
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . '(' -name __pycache__ -o -name .ipynb_checkpoints ')' -prune -exec rm -rf {} +

$(READY): requirements.txt $(if $(MADE_WITH),,anew)
	$(if $(filter 3.11 3.12 3.13 3.14,$(VERSION)),,$(error The course needs Python 3.11, 3.12, 3.13 or 3.14, \
	and $(PYTHON) is $(or $(VERSION),not here): name one that is, as in 'make lab PYTHON=python3.12'))
	$(PYTHON) -m venv --clear $(VENV)
	$(if $(CUDA),,-$(BIN)/python -m pip install --no-deps --retries 1 --index-url $(CPU) $(TORCH))
	$(BIN)/python -m pip install -r requirements.txt
	@touch $@

$(TEST_READY): $(READY) requirements-test.txt
	$(BIN)/python -m pip install -r requirements-test.txt
	@touch $@
