"""How many tokens a second a model of GPT-2 small's shape generates: ours, and transformers'.

python tests/bench/generation.py

All have random parameters and a KV cache, and generate one text, always the likeliest token. Ours
is made ready as `main.py generate` does it, without and with --int8; transformers' has float32. A
ratio above 1 means that ours is faster.
"""

import argparse

import torch
from timing import between, ratios, show, spread, take_turns

from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.inference import lay_out, quantize
from gptlib.sampling import Sampling, generate

TO_REACH = {"ours": "1.15", "ours, 8-bit weights": "2.50"}


def ours(sizes, idx, new, made_ready):
    torch.manual_seed(0)
    model = made_ready(GPT(GPTConfig(**sizes)))
    likeliest = Sampling(temperature=0)
    return lambda: generate(model, idx, new, likeliest)[:, idx.shape[1] :]


def transformers(sizes, idx, new):
    from transformers import GPT2Config, GPT2LMHeadModel  # here, as it takes seconds

    sizes = sizes | {"n_positions": sizes["block_size"]}
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)).eval()
    model.generation_config.eos_token_id = None  # or random parameters would end the text anywhere
    model.generation_config.pad_token_id = 0
    everything = torch.ones_like(idx)

    def write():
        options = {"do_sample": False, "use_cache": True, "max_new_tokens": new}
        return model.generate(idx, attention_mask=everything, **options)[:, idx.shape[1] :]

    return write


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--prompt", type=int, default=16, help="tokens before")
    parser.add_argument("--new", type=int, default=64, help="tokens to write")
    args = parser.parse_args()
    sizes = {"n_layer": 12, "n_head": 12, "n_embd": 768, "block_size": 1024, "vocab_size": 50257}
    if args.quick:
        sizes = {"n_layer": 1, "n_head": 2, "n_embd": 16, "block_size": 32, "vocab_size": 65}
        args.threads, args.turns, args.new = [1], 2, 8
    idx = torch.randint(
        sizes["vocab_size"], (1, args.prompt), generator=torch.Generator().manual_seed(0)
    )
    writers = {
        "transformers": transformers(sizes, idx, args.new),
        "ours, not laid out": ours(sizes, idx, args.new, lambda model: model),
        "ours": ours(sizes, idx, args.new, lay_out),
        "ours, 8-bit weights": ours(sizes, idx, args.new, quantize),
    }
    for name, write in writers.items():
        assert write().shape == (1, args.new), f"{name} wrote less"
    sizes = ", ".join(f"{key} {value}" for key, value in sizes.items())
    for threads in args.threads:
        torch.set_num_threads(threads)
        taken = take_turns(writers, args.turns)
        rows = [("", "tokens a second", "to transformers", "95% interval", "to reach")]
        for name, seconds in taken.items():
            faster = ratios(taken["transformers"], seconds)
            speed = spread([args.new / s for s in seconds], 1)
            rows.append((name, speed, spread(faster), between(faster), TO_REACH.get(name, "")))
        show(f"{args.new} tokens after {args.prompt}, {threads} threads: {sizes}", *rows)


if __name__ == "__main__":
    main()
