"""The encoder learns from examples: what it learnt is added to the published weights."""

from dataclasses import replace

import numpy as np
import pytest

from nmt_guide.errors import SetupError
from nmt_guide.understanding import adapter, adapting, encoder
from nmt_guide.understanding.graphs import session

SMALL = adapting.Options(rank=4, passes=40, batch=24, rate=3e-3, warming=2, first=24)
FEWER = replace(SMALL, layers=encoder.LAYERS, by_label=0.3, like_model=3.0, dropout=0.0)


@pytest.fixture(scope="module")
def published():
    return encoder.published()


def by_tensorflow(reader, texts):
    return adapting.vectors_of(reader, [each.ids for each in encoder.tokenizer().encode_batch(texts)])


def by_onnx(tensors, texts, layers=encoder.PUBLISHED_LAYERS):
    ids, mask = encoder.padded([each.ids for each in encoder.tokenizer().encode_batch(texts)])
    inputs = {"ids": ids, "mask": mask, "positions": np.arange(ids.shape[1])}
    return session(encoder.graph(tensors, layers).SerializeToString()).run(["vector"], inputs)[0]


TOPICS = ["my jaw", "a sore neck", "parking", "an hour", "the needle", "cupping"]
TEXTS = ["does it hurt", "How much is a session, and do you take insurance?"]


@pytest.mark.parametrize("options", [SMALL, FEWER])
def test_what_is_taught_is_what_is_run(published, tmp_path, options):
    reader = adapting.Reader(published, options)
    for variable in reader.variables:
        variable.assign_add(np.random.default_rng(1).normal(size=variable.shape).astype(np.float32) * 0.05)
    adapter.save(reader.additions(), tmp_path / "adapter.npz")
    tensors = adapter.adapted(published, tmp_path / "adapter.npz")

    assert np.allclose(by_tensorflow(reader, TEXTS), by_onnx(tensors, TEXTS, options.layers), atol=2e-3)
    assert not np.allclose(by_onnx(published, TEXTS), by_onnx(tensors, TEXTS), atol=0.05)

    for rank in (0, 4):
        begun = adapting.Reader(published, replace(options, rank=rank), adapter.load(tmp_path / "adapter.npz"))
        assert np.allclose(by_tensorflow(begun, TEXTS), by_tensorflow(reader, TEXTS), atol=2e-3)


def test_before_it_is_taught_it_says_what_the_published_one_says(published):
    assert np.allclose(by_tensorflow(adapting.Reader(published, SMALL), TEXTS), by_onnx(published, TEXTS), atol=1e-4)


def test_what_was_taught_lies_together(published, tmp_path):
    """Which side it is matters here, and which place does not: the published encoder was taught the opposite."""
    sides = {"faq/left": "my left {} hurts", "faq/right": "my right {} hurts"}
    places = ["knee", "hip", "foot", "hand", "ear", "elbow", "shoulder", "wrist", "thumb", "ankle", "calf", "shin"]
    texts, labels = zip(
        *((text.format(place), label) for label, text in sides.items() for place in places), strict=True
    )
    told: list[str] = []
    examples = adapting.Examples.of(texts * 5, labels * 5, [None] * 5 * len(texts))
    learnt = adapting.adapt(examples, told.append, SMALL)
    adapter.save(learnt, tmp_path / "adapter.npz")

    def nearest(tensors):
        asked, *others = by_onnx(tensors, ["my left jaw hurts", "my right jaw hurts", "my left neck hurts"])[:, -384:]
        return int(np.argmax([asked @ other for other in others]))

    assert nearest(published) == 0
    assert nearest(adapter.adapted(published, tmp_path / "adapter.npz")) == 1
    assert told[-1].startswith("200 steps")


def test_fewer_layers_learn_to_say_what_all_of_them_say(published):
    texts = [f"{ask} {thing}" for ask in ("does it help", "how much is", "why does", "can I have") for thing in TOPICS]
    examples = adapting.Examples.of(texts, ["faq/a", "faq/b"] * (len(texts) // 2), [None] * len(texts))
    model = by_tensorflow(adapting.Reader(published, SMALL), texts)
    steps = list(adapting.Lesson(examples, adapting.Reader(published, FEWER), FEWER, model).learn())

    before, after = (np.mean([apart for _, _, apart in some]) for some in (steps[:3], steps[-3:]))
    assert after < before / 2


def test_an_adapter_for_other_weights_is_refused(published, tmp_path):
    name = "encoder.layer.0.output.dense.weight"
    other = {name + adapter.DOWN: np.ones((7, 2)), name + adapter.UP: np.ones((2, 384))}
    adapter.save(other, tmp_path / "adapter.npz")

    with pytest.raises(SetupError, match=r"adapter.npz does not fit .* encoder.layer.0.output.dense.weight"):
        adapter.adapted(published, tmp_path / "adapter.npz")


def test_an_adapter_for_other_layers_is_not_built_with(tmp_path, monkeypatch):
    other = {f"encoder.layer.{layer}.output.LayerNorm.bias": np.zeros(384) for layer in encoder.PUBLISHED_LAYERS}
    adapter.save(other, tmp_path / "adapter.npz")
    taught = adapter.layers(tmp_path / "adapter.npz")
    monkeypatch.setattr(adapter, "layers", lambda: taught)

    with pytest.raises(SetupError, match=r"taught for the layers \[0, 1, 2, 3, 4, 5\], not \[0, 1, 2, 5\]"):
        encoder.build(tmp_path)


def test_an_adapter_that_is_missing_says_where_to_get_it(tmp_path):
    with pytest.raises(SetupError, match=r"get adapter.npz from the repository"):
        adapter.digest(tmp_path / "adapter.npz")
