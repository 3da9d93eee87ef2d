"""The toy Llama: shapes, an independent reference, and the tensor layout of LlamaForCausalLM."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from simulator.errors import ConfigError
from simulator.model.shapes import PRESETS, SIZES, ModelShape
from simulator.model.transformer import Transformer
from simulator.training.checkpoints import llama_tensors

SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=40, tied=False, sequence=16)


def _reference(weights: dict[str, Tensor], shape: ModelShape, tokens: Tensor) -> Tensor:
    """Llama written straight from the papers, one head at a time, in float64."""
    weights = {name: tensor.double() for name, tensor in weights.items()}
    x = weights["model.embed_tokens.weight"][tokens]
    width = shape.head_dim
    positions = torch.arange(len(tokens)).double()
    frequencies = shape.rope_theta ** (-torch.arange(0, width, 2).double() / width)
    angles = positions[:, None] * frequencies

    def norm(value: Tensor, weight: Tensor) -> Tensor:
        return value / (value.pow(2).mean(-1, keepdim=True) + shape.norm_eps).sqrt() * weight

    def rope(value: Tensor) -> Tensor:
        first, second = value[:, : width // 2], value[:, width // 2 :]
        return torch.cat(
            (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos()), 1
        )

    for layer in range(shape.layers):
        part = {
            name.split(f"layers.{layer}.")[1]: value
            for name, value in weights.items()
            if f"layers.{layer}." in name
        }
        inner = norm(x, part["input_layernorm.weight"])
        heads = []
        for head in range(shape.heads):
            shared = head * shape.kv_heads // shape.heads
            query = rope(inner @ part["self_attn.q_proj.weight"][head * width : (head + 1) * width].T)
            key = rope(inner @ part["self_attn.k_proj.weight"][shared * width : (shared + 1) * width].T)
            value = inner @ part["self_attn.v_proj.weight"][shared * width : (shared + 1) * width].T
            scores = query @ key.T / width**0.5
            scores = scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf)
            heads.append(scores.softmax(-1) @ value)
        x = x + torch.cat(heads, 1) @ part["self_attn.o_proj.weight"].T
        inner = norm(x, part["post_attention_layernorm.weight"])
        gate, up = inner @ part["mlp.gate_proj.weight"].T, inner @ part["mlp.up_proj.weight"].T
        x = x + (F.silu(gate) * up) @ part["mlp.down_proj.weight"].T
    return norm(x, weights["model.norm.weight"]) @ weights["lm_head.weight"].T


def _loud(model: Transformer) -> Transformer:
    """Weights and norms far from their quiet start, so that a mistake anywhere shows."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return model


def test_the_model_is_a_llama() -> None:
    model = _loud(Transformer(SHAPE))
    tokens = torch.arange(16) * 7 % SHAPE.vocab
    with torch.no_grad():
        logits = model(tokens[None])[0]
    torch.testing.assert_close(
        logits.double(), _reference(llama_tensors(model), SHAPE, tokens), rtol=1e-4, atol=1e-4
    )


def test_it_agrees_with_transformers() -> None:
    transformers = pytest.importorskip("transformers", reason="an optional check against LlamaForCausalLM")
    config = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=40,
        rms_norm_eps=SHAPE.norm_eps, max_position_embeddings=16, tie_word_embeddings=False, rope_theta=SHAPE.rope_theta,
    )  # fmt: skip
    theirs = transformers.LlamaForCausalLM(config).eval()
    model = _loud(Transformer(SHAPE))
    theirs.load_state_dict(llama_tensors(model), strict=True)
    tokens = torch.arange(16)[None] * 3 % SHAPE.vocab
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), theirs(tokens).logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tied", [True, False])
def test_the_counted_parameters_are_the_real_ones(tied: bool) -> None:
    shape = ModelShape(layers=3, hidden=24, heads=3, kv_heads=1, ffn=40, vocab=50, tied=tied)
    assert sum(weight.numel() for weight in Transformer(shape).parameters()) == shape.total()


@pytest.mark.parametrize(
    ("preset", "published"),
    [("llama-2-7b", 6_738_415_616), ("llama-2-70b", 68_976_648_192), ("llama-3-8b", 8_030_261_248),
     ("llama-3.1-405b", 405_853_388_800), ("llama-3.2-1b", 1_235_814_400), ("mistral-7b", 7_241_732_096)],
)  # fmt: skip
def test_presets_have_the_published_number_of_parameters(preset: str, published: int) -> None:
    assert PRESETS[preset].total() == published


def test_sizes_are_what_their_names_say() -> None:
    for name, size in SIZES.items():
        total = ModelShape(**vars(size), vocab=512).total()
        assert abs(total / (float(name[:-1]) * 1e6) - 1) < 0.35, (name, total)


@pytest.mark.parametrize(
    "change", [{"heads": 5}, {"kv_heads": 3}, {"layers": 0}, {"hidden": 4, "heads": 4, "kv_heads": 4}]
)
def test_numbers_that_do_not_fit_are_named(change: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        ModelShape(**{"layers": 1, "hidden": 32, "heads": 4, "kv_heads": 4, "ffn": 8, "vocab": 9, **change})


def test_the_same_seed_gives_the_same_weights() -> None:
    one, same, other = Transformer(SHAPE, 3), Transformer(SHAPE, 3), Transformer(SHAPE, 4)
    assert torch.equal(one.blocks[1].attention.qkv.weight, same.blocks[1].attention.qkv.weight)
    assert not torch.equal(one.blocks[1].attention.qkv.weight, other.blocks[1].attention.qkv.weight)
