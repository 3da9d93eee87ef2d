"""The ten stages in order: the one list that makes the tabs, the ribbon, the shortcuts and the notes' file names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of making a language model.

    Attributes:
        number: 1 to 10.
        key: Folder and file name, the same everywhere: ``s02_objective``.
        title: Heading of the tab.
        short: One word under the ribbon's circle.
        sentence: What it is about, one plain sentence.
        needs: What it takes in, in plain words.
        makes: What it hands on, in plain words.
        labs: Names of the labs that exist for it (see :mod:`simulator.labs`); empty while there are none.
    """

    number: int
    key: str
    title: str
    short: str
    sentence: str
    needs: str
    makes: str
    labs: tuple[str, ...] = ()

    @property
    def icon(self) -> str:
        """Name of its icon in resources/icons, without the ending."""
        return self.key


STAGES: tuple[Stage, ...] = (
    Stage(number=1, key="s01_data", title="Data pipeline", short="Data",
          sentence="Billions of raw pages go in, a clean stream of tokens comes out",
          needs="a web crawl or your own files", makes="training tokens and a tokenizer", labs=("data", "cleaning")),
    Stage(number=2, key="s02_objective", title="Pre-training objective", short="Objective",
          sentence="Guess the next token, millions of times, and knowledge settles in the weights",
          needs="training tokens", makes="a base model", labs=("pretrain", "objectives")),
    Stage(number=3, key="s03_distributed", title="Distributed training", short="Distributed",
          sentence="One model, many GPUs: who holds what, and what has to travel",
          needs="a model too big for one GPU", makes="the same model, sooner"),
    Stage(number=4, key="s04_precision", title="Mixed precision", short="Precision",
          sentence="The same number in fewer bits: what survives, and what training loses",
          needs="a training run", makes="the same run in less memory and time",
          labs=("precision",)),
    Stage(number=5, key="s05_schedule", title="Learning-rate schedules", short="Schedule",
          sentence="How big a step to take, and when: warm up, peak, taper",
          needs="a training run", makes="a run that neither stalls nor blows up",
          labs=("race", "range-test", "landscape")),
    Stage(number=6, key="s06_sft", title="Instruction tuning", short="SFT",
          sentence="A model that continues text learns to answer",
          needs="a base model", makes="an instructed model"),
    Stage(number=7, key="s07_rlhf", title="RLHF", short="RLHF",
          sentence="People compare answers, a reward model learns their taste, PPO follows it, on a leash",
          needs="an instructed model", makes="an aligned model and a reward model"),
    Stage(number=8, key="s08_preference", title="DPO and alternatives", short="DPO +",
          sentence="Learning from preferences without the four-model machinery",
          needs="an instructed model and preference pairs", makes="an aligned model"),
    Stage(number=9, key="s09_evaluation", title="Evaluation", short="Evaluation",
          sentence="What a score says, what it hides, and how it can lie",
          needs="any set of models", makes="scores with error bars"),
    Stage(number=10, key="s10_deployment", title="Quantization and deployment", short="Deploy",
          sentence="The same model in fewer bits, served to many people at once",
          needs="a finished model", makes="files and a server that others can run"),
)  # fmt: skip

BY_KEY: dict[str, Stage] = {stage.key: stage for stage in STAGES}
