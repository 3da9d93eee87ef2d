"""The learning-rate schedules of published models: every number comes from ``resources/facts.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from simulator.errors import ConfigError
from simulator.facts import Fact, fact
from simulator.schedules.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A published schedule.

    Attributes:
        key: Its word in settings: ``llama-2-7b``.
        title: The model's name.
        schedule: The schedule in steps of that run.
        tokens: Tokens of the run; 0 where not published.
        batch_tokens: Tokens in a step (the largest, where the batch grew); 0 where not published.
        facts: The figures that it follows from, each with its source.
        note: What is simplified here, or "".
    """

    key: str
    title: str
    schedule: Schedule
    tokens: float = 0.0
    batch_tokens: float = 0.0
    facts: tuple[Fact, ...] = ()
    note: str = ""

    @property
    def source(self) -> str:
        """Who reported it."""
        return self.facts[0].source

    @property
    def warmup_share(self) -> float:
        """The warm-up as a share of the steps."""
        return self.schedule.warmup / self.schedule.steps

    def scaled(self, steps: int, peak: float) -> Schedule:
        """The same shape over another number of steps, with another peak: what the toy model can run."""
        old = self.schedule
        stretch = steps / old.steps
        warmup = max(round(old.warmup * stretch), min(old.warmup, 1))
        return old.replace(
            steps=steps, peak=peak, warmup=warmup, decay=round(old.decay * stretch),
            hold=round(old.hold * stretch), timescale=max(old.timescale * stretch, 1.0) if old.timescale else 0.0,
        )  # fmt: skip


@cache
def recipes() -> dict[str, Recipe]:
    """All recipes by key, oldest first."""
    found = (
        _transformer(), _bert(), *_gpt_3(), _chinchilla(), *_llama_1(), *_llama_2(), *_deepseek(),
        _llama_3(), _deepseek_v3(), _nanochat(),
    )  # fmt: skip
    return {recipe.key: recipe for recipe in found}


def find_recipe(key: str) -> Recipe:
    """Look a recipe up.

    Raises:
        ConfigError: if there is none.
    """
    known = recipes()
    if key not in known:
        raise ConfigError(
            "preset", f"There is no recipe '{key}'.", hint=f"Choose one of: {', '.join(known)}."
        )
    return known[key]


def _number(name: str) -> float:
    return fact(name).number


def _facts(*names: str) -> tuple[Fact, ...]:
    return tuple(fact(name) for name in names)


def _transformer() -> Recipe:
    warmup, steps = _number("transformer-warmup"), _number("transformer-steps")
    peak = _number("transformer-width") ** -0.5 * warmup**-0.5  # equation 3 at the end of the warm-up
    return Recipe(
        key="transformer-2017", title="Transformer (base)",
        schedule=Schedule(kind="inverse-sqrt", peak=peak, steps=int(steps), warmup=int(warmup)),
        facts=_facts("transformer-warmup", "transformer-steps", "transformer-width"),
    )  # fmt: skip


def _bert() -> Recipe:
    steps, batch = _number("bert-steps"), _number("bert-batch")
    return Recipe(
        key="bert", title="BERT",
        schedule=Schedule(kind="linear", peak=_number("bert-peak"), steps=int(steps),
                          warmup=int(_number("bert-warmup"))),
        tokens=steps * batch, batch_tokens=batch, facts=_facts("bert-peak", "bert-warmup", "bert-steps", "bert-batch"),
        note="Nine steps in ten had shorter sequences, so fewer tokens than the batch allows.",
    )  # fmt: skip


def _gpt_3() -> list[Recipe]:
    tokens = _number("gpt-3-tokens")
    shared = ("gpt-3-warmup", "gpt-3-decay", "gpt-3-final-ratio", "gpt-3-tokens")
    found = []
    for size, title in (("small", "GPT-3 125M"), ("large", "GPT-3 175B")):
        batch = _number(f"gpt-3-batch-{size}")
        schedule = Schedule(
            kind="cosine", peak=_number(f"gpt-3-peak-{size}"), steps=round(tokens / batch),
            warmup=round(_number("gpt-3-warmup") / batch), final_ratio=_number("gpt-3-final-ratio") / 100,
            hold=round((tokens - _number("gpt-3-decay")) / batch),
        )  # fmt: skip
        found.append(
            Recipe(key=title.lower().replace(" ", "-"), title=title, schedule=schedule, tokens=tokens,
                   batch_tokens=batch, facts=_facts(f"gpt-3-peak-{size}", f"gpt-3-batch-{size}", *shared),
                   note="The batch grew over the first tokens; here it is the full one throughout.")
        )  # fmt: skip
    return found


def _chinchilla() -> Recipe:
    tokens, batch = _number("chinchilla-tokens"), _number("chinchilla-batch")
    return Recipe(
        key="chinchilla", title="Chinchilla 70B",
        schedule=Schedule(kind="cosine", peak=_number("chinchilla-peak"), steps=round(tokens / batch),
                          final_ratio=_number("chinchilla-final-ratio") / 100),
        tokens=tokens, batch_tokens=batch,
        facts=_facts("chinchilla-peak", "chinchilla-final-ratio", "chinchilla-batch", "chinchilla-tokens"),
        note="The paper does not say how long it warmed up, so none is drawn; the batch doubled midway.",
    )  # fmt: skip


def _llama_1() -> list[Recipe]:
    return [_llama("llama-1", f"Llama 1 {name}", key, kind)
            for name, key, kind in (("7B", "7b", "small"), ("65B", "65b", "large"))]  # fmt: skip


def _llama_2() -> list[Recipe]:
    return [_llama("llama-2", f"Llama 2 {name}", key, kind)
            for name, key, kind in (("7B", "7b", "small"), ("70B", "70b", "large"))]  # fmt: skip


_LLAMA_TOKENS = {
    ("llama-1", "small"): "llama-1-tokens-small",
    ("llama-1", "large"): "llama-1-65b-tokens",
    ("llama-2", "small"): "llama-2-70b-tokens",
    ("llama-2", "large"): "llama-2-70b-tokens",
}


def _llama(family: str, title: str, size: str, kind: str) -> Recipe:
    count = _LLAMA_TOKENS[family, kind]
    tokens, batch = _number(count), _number(f"{family}-batch")
    return Recipe(
        key=f"{family}-{size}", title=title,
        schedule=Schedule(kind="cosine", peak=_number(f"{family}-peak-{kind}"), steps=round(tokens / batch),
                          warmup=int(_number(f"{family}-warmup")), final_ratio=_number(f"{family}-final-ratio") / 100),
        tokens=tokens, batch_tokens=batch,
        facts=_facts(f"{family}-peak-{kind}", f"{family}-warmup", f"{family}-final-ratio", f"{family}-batch",
                     count),
    )  # fmt: skip


def _llama_3() -> Recipe:
    peak, final = _number("llama-3-405b-peak"), _number("llama-3-405b-final")
    return Recipe(
        key="llama-3-405b", title="Llama 3 405B",
        schedule=Schedule(kind="cosine", peak=peak, steps=int(_number("llama-3-405b-steps")),
                          warmup=int(_number("llama-3-405b-warmup")), final_ratio=final / peak),
        tokens=_number("llama-3-405b-tokens"), batch_tokens=_number("llama-3-405b-batch"),
        facts=_facts("llama-3-405b-peak", "llama-3-405b-final", "llama-3-405b-warmup", "llama-3-405b-steps",
                     "llama-3-405b-batch", "llama-3-405b-tokens"),
        note="The batch grew in two steps; training ended with a linear fall to 0 over the last 40 million tokens.",
    )  # fmt: skip


def _deepseek() -> list[Recipe]:
    found = []
    tokens = _number("deepseek-llm-tokens")
    marks = tuple(share / 100 for share in fact("deepseek-llm-milestones").numbers)
    for size in ("7b", "67b"):
        batch = _number(f"deepseek-llm-{size}-batch") * _number("deepseek-llm-sequence")
        schedule = Schedule(
            kind="step", peak=_number(f"deepseek-llm-{size}-peak"), steps=round(tokens / batch),
            warmup=int(_number("deepseek-llm-warmup")), milestones=marks, gamma=_number("deepseek-llm-drop") / 100,
        )  # fmt: skip
        found.append(
            Recipe(key=f"deepseek-llm-{size}", title=f"DeepSeek LLM {size.upper()}", schedule=schedule, tokens=tokens,
                   batch_tokens=batch,
                   facts=_facts(f"deepseek-llm-{size}-peak", "deepseek-llm-milestones", "deepseek-llm-drop",
                                "deepseek-llm-warmup", f"deepseek-llm-{size}-batch", "deepseek-llm-sequence",
                                "deepseek-llm-tokens"))
        )  # fmt: skip
    return found


def _deepseek_v3() -> Recipe:
    tokens, stable, decay = (_number(f"deepseek-v3-{name}") for name in ("tokens", "stable", "decay"))
    batch = _number("deepseek-v3-batch") * _number("deepseek-v3-sequence")
    peak = _number("deepseek-v3-peak")
    schedule = Schedule(
        kind="wsd", peak=peak, steps=round(tokens / batch), warmup=int(_number("deepseek-v3-warmup")),
        decay=round(decay / batch), shape="cosine", hold=round((tokens - stable - decay) / batch),
        final_ratio=_number("deepseek-v3-final") / peak,
    )  # fmt: skip
    return Recipe(
        key="deepseek-v3", title="DeepSeek-V3", schedule=schedule, tokens=tokens, batch_tokens=batch,
        facts=_facts("deepseek-v3-peak", "deepseek-v3-final", "deepseek-v3-stable", "deepseek-v3-decay",
                     "deepseek-v3-warmup", "deepseek-v3-batch", "deepseek-v3-sequence", "deepseek-v3-tokens"),
        note="The last 167 billion tokens ran at 7.3e-6, which is left out; the batch grew at first.",
    )  # fmt: skip


def _nanochat() -> Recipe:
    steps = int(_number("nanochat-steps"))
    return Recipe(
        key="nanochat", title="nanochat d20",
        schedule=Schedule(kind="wsd", peak=_number("nanochat-peak"), steps=steps, eager=True,
                          decay=round(_number("nanochat-decay") / 100 * steps)),
        tokens=steps * _number("nanochat-batch"), batch_tokens=_number("nanochat-batch"),
        facts=_facts("nanochat-peak", "nanochat-decay", "nanochat-batch", "nanochat-steps"),
        note="Muon's rate for the matrices; other weights have rates of their own. No warm-up at all.",
    )  # fmt: skip
