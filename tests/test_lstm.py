"""The LSTM computes the equations of 1997, sees no future, and does what a GPT does for a loss."""

import torch
from torch.testing import assert_close

from gptlib.config import TrainConfig
from gptlib.lstm import LSTM
from gptlib.train import next_token_loss, train

V, C = 11, 6


def ordinary(dtype=torch.float64):
    torch.manual_seed(0)
    return LSTM(V, C).to(dtype)


def test_it_computes_what_plain_gates_do():
    model, idx = ordinary(), torch.randint(V, (3, 5))
    W, U = model.lstm.weight_ih_l0, model.lstm.weight_hh_l0
    bias = model.lstm.bias_ih_l0 + model.lstm.bias_hh_l0
    h = c = torch.zeros(3, C, dtype=torch.float64)
    hidden = []
    for t in range(5):
        i, f, g, o = (model.tok_emb.weight[idx[:, t]] @ W.T + h @ U.T + bias).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        hidden.append(h)
    assert_close(model.hidden(idx), torch.stack(hidden, 1), rtol=0, atol=1e-12)
    logits = torch.stack(hidden, 1) @ model.tok_emb.weight.T
    assert_close(model(idx), logits, rtol=0, atol=1e-12)


def test_no_position_sees_the_future():
    model, idx = ordinary(), torch.randint(V, (2, 7))
    changed = idx.clone()
    changed[:, 4:] = (idx[:, 4:] + 1) % V
    assert torch.equal(model(idx)[:, :4], model(changed)[:, :4])
    assert not torch.equal(model(idx)[:, 4:], model(changed)[:, 4:])


def test_it_is_made_again_from_its_state():
    model = ordinary()
    assert model.state() == {"vocab_size": V, "n_embd": C}
    again = LSTM.from_state(model.state()).double()
    again.load_state_dict(model.state_dict())
    idx = torch.randint(V, (2, 3))
    assert torch.equal(again(idx), model(idx))


def test_it_learns_what_a_bigram_cannot():
    """The next token is that of two steps ago."""
    torch.manual_seed(0)
    model = LSTM(V, 24)
    pairs = torch.randint(V, (200, 32, 2))
    batches = ((idx[:, :-1], idx[:, 1:]) for idx in pairs.repeat(1, 1, 4))
    losses = list(train(model, batches, next_token_loss, TrainConfig(200, 3e-2)))
    # Of seven targets the first cannot be known.
    assert abs(losses[0] - torch.tensor(V).log()) < 0.05
    assert losses[-1] < torch.tensor(V).log() / 7 + 0.1
