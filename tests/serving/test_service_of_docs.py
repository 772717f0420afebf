import pytest
from tests.documents import ROOT, blocks
from tests.rank_files.made_models import made_model

from rankdistill import serving

pytest.importorskip("fastapi")
SERVING = ROOT / "docs" / "serving.md"


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Asks the service of docs/serving.md, which has a made-up model."""
    from fastapi.testclient import TestClient

    (tmp_path / "outputs").mkdir()
    serving.write(tmp_path / "outputs" / "shop.rank", made_model("history"))
    monkeypatch.chdir(tmp_path)
    (text,) = (block.text for block in blocks(SERVING) if "FastAPI()" in block.text)
    assert len([line for line in text.splitlines() if line]) <= 20
    written = {"__name__": "service"}
    exec(compile(text, "service", "exec"), written)
    return TestClient(written["app"])


def test_a_history_is_answered_with_the_list_that_numpy_gives(client):
    asked = {"history": ["item-0", "item-5"], "limit": 2, "exclude": ["item-1"]}
    answer = client.post("/recommend", json=asked)
    model = serving.load("outputs/shop.rank")
    expected = model.recommend(history=["item-0", "item-5"], limit=2, exclude=["item-1"])
    assert answer.status_code == 200
    assert [each["item"] for each in answer.json()["items"]] == [each.item for each in expected]
    assert answer.json()["by_popularity"] is False


def test_nothing_known_of_somebody_is_answered_with_what_is_popular(client):
    answer = client.post("/recommend", json={"history": []}).json()
    assert answer["by_popularity"] is True
    assert answer["items"][0]["item"] == "item-1"


def test_an_unknown_item_is_answered_with_the_nearest(client):
    answer = client.post("/recommend", json={"history": ["item-7"]})
    assert answer.status_code == 422
    assert "the nearest is 'item-" in answer.json()["detail"]


@pytest.mark.parametrize("asked", [{"history": [], "limit": 0}, {"history": "item-1"}])
def test_what_is_no_question_is_refused_before_the_model_is_asked(client, asked):
    assert client.post("/recommend", json=asked).status_code == 422
