from __future__ import annotations

import json

import pytest

from simulator.errors import ConfigError
from simulator.s01_data.calculators import ChinchillaConfig, MinhashConfig, chinchilla, minhash_probabilities
from simulator.s01_data.minhash import match_probability
from widgets.launch import main


def _run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["calc", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_minhash_json(capsys):
    code, out, _ = _run(
        capsys, "minhash", "--bands", "20", "--rows", "5", "--similarity", "0.5", "0.8", "1", "--json"
    )
    assert code == 0
    values = json.loads(out)
    assert values["probability"] == pytest.approx([0.470050715, 0.999643942, 1.0])
    assert values["similarity"] == [0.5, 0.8, 1.0]


def test_minhash_table_and_defaults(capsys):
    code, out, _ = _run(capsys, "minhash")
    assert code == 0
    assert f"{match_probability(0.75, 14, 8):.4%}" in out
    assert "0.6847" in out


def test_chinchilla_json(capsys):
    code, out, _ = _run(capsys, "chinchilla", "--flops", "5.76e23", "--json")
    values = json.loads(out)
    assert code == 0
    assert {"params", "tokens", "flops", "loss"} <= values.keys()
    assert values["params"] == pytest.approx(6.928e10, rel=1e-3)
    assert values["flops"] == pytest.approx(5.76e23)
    third = json.loads(_run(capsys, "chinchilla", "--params", "70B", "--approach", "3", "--json")[1])
    assert third["params"] == 70e9
    assert third["tokens"] > 5 * values["tokens"]


def test_chinchilla_table_compares_the_approaches(capsys):
    code, out, _ = _run(capsys, "chinchilla", "--tokens", "1.4T", "--approach", "3", "--fit", "refit")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 6
    assert [line for line in lines if line.startswith(">")] == [lines[-1]]
    assert lines[-1].startswith("> 3, refit")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["minhash", "--similarity", "1.5"], "'1.5' is not a similarity"),
        (["minhash", "--similarity", "nan"], "'nan' is not a similarity"),
        (["minhash", "--similarity", "0.5", "x"], "'x' is not a similarity"),
        (["minhash", "--similarity", " "], "0 similarities"),
        (["minhash", "--bands", "0"], "--bands"),
        (["minhash", "--rows", "1e9"], "--rows"),
        (["chinchilla"], "None is given"),
        (["chinchilla", "--params", "1B", "--flops", "1e20"], "2 are given"),
        (["chinchilla", "--params", "0.5"], "too small"),
        (["chinchilla", "--params", "-1"], "out of range"),
        (["chinchilla", "--flops", "1e40"], "out of range"),
        (["chinchilla", "--tokens", "inf"], "--tokens"),
        (["chinchilla", "--flops", "1e20", "--approach", "4"], "--approach"),
    ],
)
def test_what_cannot_be_worked_out_is_one_line_and_status_2(capsys, words, said):
    code, out, err = _run(capsys, *words)
    assert code == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_configs_check_themselves():
    with pytest.raises(ConfigError, match="similarity"):
        MinhashConfig(similarity="2")
    assert MinhashConfig(similarity="0.1,0.2").similarities() == [0.1, 0.2]
    assert len(minhash_probabilities(MinhashConfig(similarity="0.5 " * 50))["probability"]) == 50
    extremes = [
        ChinchillaConfig(params=1.0),
        ChinchillaConfig(flops=1e36),
        ChinchillaConfig(tokens=1e21, approach="3"),
    ]
    for config in extremes:
        values = chinchilla(config)
        assert all(0 < values[name] < 1e80 for name in ("params", "tokens", "flops", "loss"))
