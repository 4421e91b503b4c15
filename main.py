"""Train a GPT on any text, and generate more text like it.

python main.py                                     trains on the course's tales
python main.py --text my.txt --max-seconds 600     trains on your own text, for about ten minutes
python main.py --start runs/my-1 --text your.txt   fine-tunes a trained model on another text
python main.py --start gpt-2-small --lora 8        fine-tunes a published one by small matrices
python main.py resume runs/my-1                    resumes an interrupted run
python main.py resume runs/my-1 --max-iters 5000   adds steps to a finished one
python main.py generate runs/my-1 --prompt "It"    continues a prompt
python main.py evaluate runs/my-1 --text your.txt  says how well it predicts a text
python main.py summary runs/my-1                   prints its layers; gpt-2-small works too

These are the flags of training; python main.py resume --help, and so on, list those of the others.
"""

import signal
import sys

from gptlib import command_line
from gptlib.config import GPTConfig, RunConfig
from gptlib.settings import Evaluate, Generate, Resume, Summarize, Train

# Change a setting here, or for a single run with a flag such as --batch-size 64. All others are
# explained in gptlib/settings.py and gptlib/config.py; each has a flag too.
MODEL = GPTConfig(
    vocab_size=4096,  # most tokens that byte-pair encoding learns; 256 of them are the bytes
    block_size=96,  # context length, in tokens
    n_layer=3,  # blocks
    n_head=2,  # attention heads in each block
    n_embd=128,  # channels of each token's vector
    dropout=0.0,  # share of activations that training sets to 0
    init_std=0.05,  # standard deviation of matrices at the start; 0.02 suits 768 channels
)
TRAINING = RunConfig(
    batch_size=16,  # sequences per batch
    max_iters=2700,  # training steps
    optimizer="muon",  # "muon" (hidden matrices; AdamW for the rest) or "adamw" (for all)
    muon_rate=0.02,  # Muon's peak learning rate
    learning_rate=0.01,  # AdamW's peak learning rate
    warmup_iters=None,  # None: a twentieth of the steps, at most 50
    decay="linear",  # after the warm-up both rates fall to 0 in a straight line
    weight_decay=0.0,  # AdamW's, of matrices only
)

COMMANDS = {
    "": Train(model=MODEL, train=TRAINING),
    "resume": Resume,
    "generate": Generate,
    "evaluate": Evaluate,
    "summary": Summarize,
}


def parse(argv: list[str]) -> command_line.Parsed:
    return command_line.parse(argv, "main.py", __doc__, COMMANDS, no_flags=("sha256",))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback if Ctrl-C interrupts the imports
    PARSED = parse(sys.argv[1:])  # now, since to import PyTorch takes seconds

from gptlib import commands


def main(argv: list[str]) -> int:
    """Run the command that argv names and return the exit code."""
    return do(*parse(argv))


def do(settings: object, given: frozenset[str]) -> int:
    def command():
        if isinstance(settings, Train):
            commands.begin(settings, given)
        else:
            others[type(settings)](settings)

    others = {
        Resume: commands.resume,
        Generate: commands.generate,
        Evaluate: commands.evaluate,
        Summarize: commands.show,
    }
    return command_line.run("main.py", command)


if __name__ == "__main__":
    command_line.start(lambda: do(*PARSED))
