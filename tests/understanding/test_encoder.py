import numpy as np
import pytest

from nmt_guide.errors import SetupError
from nmt_guide.settings import Settings
from nmt_guide.understanding import encoder


@pytest.fixture(scope="module")
def built():
    folder = Settings().var_dir / "encoder"
    if not encoder.is_built(folder):
        encoder.build(folder)
    return encoder.Encoder(folder)


def halves(vectors):
    return np.linalg.norm(vectors.reshape(len(vectors), 2, -1), axis=2)


def after_the_last_layer(vectors):
    return vectors[:, 384:]


def test_the_vector_after_each_layer_that_is_read_has_length_one(built):
    assert np.allclose(halves(built.encode(["hello", "how much is a session of massage"])), 1.0, atol=1e-5)


def test_the_same_meaning_is_closer_than_another(built):
    texts = ["what is the price", "how much does it cost", "is it safe with a blood thinner"]
    price, cost, blood = after_the_last_layer(built.encode(texts))

    assert price @ cost > 0.5 > price @ blood


def test_padding_changes_nothing_that_matters(built):
    alone = built.encode(["does it hurt"])
    beside_a_long_one = built.encode(["does it hurt", "a much longer message " * 8])[:1]

    for one, other in zip(alone.reshape(2, -1), beside_a_long_one.reshape(2, -1), strict=True):
        assert one @ other > 0.98


def test_many_are_encoded_in_the_order_given(built):
    texts = [f"message number {n} " + "word " * (n % 7) for n in range(70)]

    assert np.allclose(built.encode_many(texts)[33], built.encode([texts[33]])[0], atol=0.12)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(encoder, "_package_folder", lambda: tmp_path)

    with pytest.raises(SetupError, match="not the published ones"):
        encoder.build(tmp_path / "out")
    assert not encoder.is_built(tmp_path / "out")


def test_an_encoder_that_was_not_built_says_what_to_do(tmp_path):
    with pytest.raises(SetupError, match="nmt-guide build"):
        encoder.Encoder(tmp_path)


def test_a_remembered_vector_is_not_made_again(built, tmp_path, monkeypatch):
    file = tmp_path / encoder.REMEMBERED
    first = built.encode_remembered(["does it hurt", "how much is it"], file)
    monkeypatch.setattr(encoder.Encoder, "encode_many", lambda *_: pytest.fail("encoded again"))

    assert np.allclose(built.encode_remembered(["how much is it", "does it hurt"], file), first[::-1], atol=1e-3)


def test_a_damaged_file_of_vectors_counts_as_none(built, tmp_path):
    file = tmp_path / encoder.REMEMBERED
    file.write_bytes(b"PK\x03\x04 not an archive")

    assert np.allclose(built.encode_remembered(["does it hurt"], file), built.encode(["does it hurt"]), atol=1e-2)
    assert built.encode_remembered(["does it hurt"], file).shape == (1, 768)


def test_what_was_read_before_is_not_encoded_again(built, monkeypatch):
    first = built.encode_each(["does it hurt", "how much is it", "does it hurt"])
    parts = built.encode_each(["does it hurt", "how much is it"], "does it hurt and how much is it")
    monkeypatch.setattr(built, "_read", lambda text: pytest.fail(f"encoded again: {text}"))

    assert np.array_equal(built.encode_each(["how much is it", "does it hurt"]), first[[1, 0]])
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(
        built.encode_each(["how much is it", "does it hurt"], "does it hurt and how much is it"), parts[[1, 0]]
    )


MESSAGE = "My knee clicks when I walk. Does it hurt, and how much is a session?"


def test_the_parts_of_a_message_are_read_with_it(built, monkeypatch):
    parts = ["My knee clicks when I walk.", "Does it hurt", "how much is a session?"]
    built.encode_each([MESSAGE])
    with monkeypatch.context() as patched:
        patched.setattr(built, "_read", lambda text: pytest.fail(f"encoded again: {text}"))
        found = built.encode_each(parts, MESSAGE)
    meant = built.encode(["a clicking knee", "is it painful", "what does a session cost"])
    nearest = after_the_last_layer(found) @ after_the_last_layer(meant).T

    assert np.allclose(halves(found), 1.0, atol=1e-5)
    assert nearest.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_part_that_does_not_stand_in_the_message_so_is_read_by_itself(built):
    found = built.encode_each(["My knee clicks. Does it hurt"], MESSAGE)

    assert np.array_equal(found, built.encode_each(["My knee clicks. Does it hurt"]))


def test_a_part_behind_the_end_of_what_is_read_is_read_by_itself(built):
    message = "my back aches " * 100 + "how much is it"

    assert np.array_equal(built.encode_each(["how much is it"], message), built.encode_each(["how much is it"]))


def test_more_messages_than_are_kept_have_their_vectors_all_the_same(built):
    texts = [f"part number {n}" for n in range(100)]

    assert built.encode_each(texts).shape == (100, 768)
    assert np.allclose(built.encode_each(texts[:1])[0], built.encode(texts[:1])[0], atol=0.12)
